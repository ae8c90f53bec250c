package console_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/console"
	"podium.tv/podium/storage/catalogue"
)

const today = "/channels/edu1/programmes?date=2026-11-23"

// programme is one of the day, by the station's clock.
func programme(title, start, end string) console.Programme {
	return console.Programme{Title: title, Start: "2026-11-23T" + start + ":00+08:00", End: "2026-11-23T" + end + ":00+08:00"}
}

type body struct {
	Programmes []console.Programme `json:"programmes"`
}

func TestDay(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	status, header, text := b.do("GET", today, nil, nil)
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"channel":"edu1","date":"2026-11-23","zone":"Asia/Shanghai","from":"2026-11-22T16:00:00Z","to":"2026-11-23T16:00:00Z",
		"before":null,"programmes":[]}`, text)
	empty := header.Get("ETag")
	require.Regexp(t, `^"[\w-]{16}"$`, empty)

	late := programme("夜间重播", "23:00", "23:30")
	late.End = "2026-11-24T01:00:00+08:00" // It ends after midnight.
	late.Repeat = true
	first := programme(" 乡村振兴 ", "08:00", "09:00")
	first.Lecturer, first.Category, first.Description = "王教授", "政策法规", "第一讲\n第二讲"
	status, header, text = b.do("PUT", today, body{[]console.Programme{late, first}}, map[string]string{"If-Match": empty})
	require.Equal(t, 200, status, text)
	full := header.Get("ETag")
	require.NotEqual(t, empty, full)
	day := parse[console.Day](t, text)
	require.Len(t, day.Programmes, 2)
	require.Equal(t, "乡村振兴", day.Programmes[0].Title, "in order, without space around")
	require.Equal(t, "2026-11-23T00:00:00Z", day.Programmes[0].Start)
	require.Equal(t, "王教授", day.Programmes[0].Lecturer)
	require.Equal(t, "第一讲\n第二讲", day.Programmes[0].Description)
	require.True(t, day.Programmes[1].Repeat)
	require.NotEmpty(t, day.Programmes[0].ID)

	_, again, text := b.do("GET", "/channels/edu1/programmes", nil, nil)
	require.Equal(t, full, again.Get("ETag"), "today is the day that is meant")
	require.Equal(t, day, parse[console.Day](t, text))
	status, again, text = b.do("PUT", today, body{day.Programmes}, map[string]string{"If-Match": full})
	require.Equal(t, 200, status, text)
	require.Equal(t, full, again.Get("ETag"), "what is sent back as it came changes nothing")

	_, _, text = b.do("GET", "/channels/edu1/programmes?date=2026-11-24", nil, nil)
	tomorrow := parse[console.Day](t, text)
	require.Empty(t, tomorrow.Programmes)
	require.Equal(t, "夜间重播", tomorrow.Before.Title)

	require.Contains(t, r.log.String(), `"msg":"programmes replaced","account":"editor1"`)
}

func TestDayIsNotOverwritten(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	_, header, _ := b.do("GET", today, nil, nil)
	tag := header.Get("ETag")

	var won atomic.Int32
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			status, _, _ := b.do("PUT", today, body{[]console.Programme{programme(fmt.Sprint("讲座", i), "08:00", "09:00")}},
				map[string]string{"If-Match": tag})
			switch status {
			case 200:
				won.Add(1)
			case 412:
			default:
				t.Errorf("status %d", status)
			}
		})
	}
	group.Wait()
	require.Equal(t, int32(1), won.Load())

	day := body{[]console.Programme{programme("讲座", "08:00", "09:00")}}
	for condition, expected := range map[string]int{`"other"`: 412, "W/" + tag: 412, tag: 412, `"a", *`: 412, "*": 200, "": 200} {
		status, _, _ := b.do("PUT", today, day, map[string]string{"If-Match": condition})
		require.Equal(t, expected, status, condition)
	}
}

// A page that does not know all fields does not empty them.
func TestWhatIsLeftOutStays(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	full := programme("讲座", "08:00", "09:00")
	full.Series, full.Repeat, full.Description = "党史", true, "第一讲"
	_, _, text := b.do("PUT", today, body{[]console.Programme{full}}, nil)
	kept := parse[console.Day](t, text).Programmes[0]

	_, _, text = b.do("PUT", today, `{"programmes":[{"id":"`+kept.ID+`","title":"新讲座","description":""}]}`, nil)
	changed := parse[console.Day](t, text).Programmes[0]
	expected := kept
	expected.Title, expected.Description = "新讲座", ""
	require.Equal(t, expected, changed)

	status, _, text := b.do("PUT", today, `{"programmes":[{"id":"unknown","title":"新讲座"}]}`, nil)
	require.Equal(t, 422, status, "a new one has nothing to keep: "+text)
	require.Equal(t, "programmes[0].start", parse[refusal](t, text).Field)
}

func TestDayIsRefused(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	_, err := r.store.ReplaceProgrammes(t.Context(), "edu2", noon, noon.Add(time.Hour),
		[]catalogue.Programme{{ID: "elsewhere", Title: "另一频道", Start: noon, End: noon.Add(time.Minute)}})
	require.NoError(t, err)
	tomorrow := noon.Add(12 * time.Hour)
	_, err = r.store.ReplaceProgrammes(t.Context(), "edu1", tomorrow, tomorrow.Add(time.Hour),
		[]catalogue.Programme{{Title: "早间新闻", Start: tomorrow, End: tomorrow.Add(time.Hour)}})
	require.NoError(t, err)

	good := programme("讲座", "08:00", "09:00")
	change := func(edit func(p *console.Programme)) []console.Programme {
		changed := good
		edit(&changed)
		return []console.Programme{programme("先", "06:00", "07:00"), changed}
	}
	many := make([]console.Programme, 481)
	for name, test := range map[string]struct {
		programmes []console.Programme
		status     int
		field      string
		detail     string
	}{
		"no title":          {change(func(p *console.Programme) { p.Title = " \t" }), 422, "programmes[1].title", "1 to 200"},
		"long title":        {change(func(p *console.Programme) { p.Title = strings.Repeat("长", 201) }), 422, "programmes[1].title", "1 to 200"},
		"control in title":  {change(func(p *console.Programme) { p.Title = "a\nb" }), 422, "programmes[1].title", "control"},
		"turned title":      {change(func(p *console.Programme) { p.Title = "a\u202eb" }), 422, "programmes[1].title", "control"},
		"long description":  {change(func(p *console.Programme) { p.Description = strings.Repeat("长", 4001) }), 422, "programmes[1].description", "4000"},
		"long lecturer":     {change(func(p *console.Programme) { p.Lecturer = strings.Repeat("长", 101) }), 422, "programmes[1].lecturer", "100"},
		"no start":          {change(func(p *console.Programme) { p.Start = "" }), 422, "programmes[1].start", "cannot be read"},
		"start without day": {change(func(p *console.Programme) { p.Start = "08:00" }), 422, "programmes[1].start", "cannot be read"},
		"odd end":           {change(func(p *console.Programme) { p.End = "2026-11-23T25:00:00Z" }), 422, "programmes[1].end", "cannot be read"},
		"ends first":        {change(func(p *console.Programme) { p.End = good.Start }), 422, "programmes[1].end", "讲座"},
		"too long":          {change(func(p *console.Programme) { p.End = "2026-11-24T08:00:01+08:00" }), 422, "programmes[1].end", "24 hours"},
		"the day before":    {change(func(p *console.Programme) { p.Start = "2026-11-22T23:59:59+08:00" }), 422, "programmes[1].start", "2026-11-23"},
		"the day after":     {change(func(p *console.Programme) { p.Start = "2026-11-24T00:00:00+08:00" }), 422, "programmes[1].start", "2026-11-23"},
		"another channel":   {change(func(p *console.Programme) { p.Channel = "edu2" }), 422, "programmes[1].channel", "another channel"},
		"odd id":            {change(func(p *console.Programme) { p.ID = "../x" }), 422, "programmes[1].id", "id"},
		"one id twice":      {[]console.Programme{{ID: "a", Title: "a", Start: good.Start, End: good.End}, {ID: "a", Title: "b", Start: good.End, End: "2026-11-23T10:00:00+08:00"}}, 422, "programmes[1].id", "id"},
		"an id of another":  {change(func(p *console.Programme) { p.ID = "elsewhere" }), 409, "programmes", "in use"},
		"too many":          {many, 422, "programmes", "480"},
		"none sent":         {nil, 422, "programmes", "missing"},
		"two at one time": {
			[]console.Programme{programme("晚", "09:00", "10:00"), programme("早", "08:00", "09:30")},
			422, "programmes[0].start", "“早” (until 09:30) overlaps “晚” (from 09:00)",
		},
		"into the day after": {
			change(func(p *console.Programme) {
				p.Start, p.End = "2026-11-23T23:00:00+08:00", "2026-11-24T00:30:00+08:00"
			}), 422, "programmes[1].start", "“讲座” (until 00:30) overlaps “早间新闻” (from 00:00)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, text := b.do("PUT", today, body{test.programmes}, map[string]string{"If-Match": "*"})
			require.Equal(t, test.status, status, text)
			got := parse[refusal](t, text)
			require.Equal(t, test.field, got.Field)
			require.Contains(t, got.Detail, test.detail)
		})
	}
	_, _, text := b.do("GET", today, nil, nil)
	require.Empty(t, parse[console.Day](t, text).Programmes, "nothing of a refused day is kept")

	for date, expected := range map[string]int{
		"2026-13-01": 400, "yesterday": 400, "2026-11-23T00:00:00Z": 400, "0000-01-01": 400, "9999-12-31": 400, strings.Repeat("9", 5000): 400,
	} {
		status, _, _ := b.do("GET", "/channels/edu1/programmes?date="+date, nil, nil)
		require.Equal(t, expected, status, date)
	}
	for _, channel := range []string{"edu9", "%2e%2e", "%00", "EDU1"} {
		status, _, _ := b.do("GET", "/channels/"+channel+"/programmes", nil, nil)
		require.Equal(t, 404, status, channel)
		status, _, _ = b.do("PUT", "/channels/"+channel+"/programmes", body{[]console.Programme{}}, map[string]string{"If-Match": "*"})
		require.Equal(t, 404, status, channel)
	}
	huge, err := json.Marshal(strings.Repeat("a", 2<<20))
	require.NoError(t, err)
	status, _, _ := b.do("PUT", today, `{"programmes":[{"title":`+string(huge)+`}]}`, map[string]string{"If-Match": "*"})
	require.Equal(t, 413, status)
}

// Where clocks change a day has 23 or 25 hours.
func TestDayWithAChangeOfClocks(t *testing.T) {
	r := newRig(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	r.Zone = func() *time.Location { return berlin }
	b := r.signedIn(t, "editor1", access.Editor)
	_, _, text := b.do("GET", "/channels/edu1/programmes?date=2026-10-25", nil, nil)
	day := parse[console.Day](t, text)
	require.Equal(t, 25*time.Hour, day.To.Sub(day.From))
	status, _, text := b.do("PUT", "/channels/edu1/programmes?date=2026-10-25", body{[]console.Programme{
		{Title: "late", Start: "2026-10-25T23:59:00+01:00", End: "2026-10-26T00:30:00+01:00"},
		{Title: "twice", Start: "2026-10-25T02:30:00+02:00", End: "2026-10-25T02:30:00+01:00"},
	}}, map[string]string{"If-Match": "*"})
	require.Equal(t, 200, status, text)
}
