package dash_test

import (
	"encoding/xml"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/dash"
	"podium.tv/podium/packager/dash/strict"
)

var (
	epoch = time.Unix(0, 0)
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("CST", 8*3600))
)

func template(timescale int, offset int64, number uint64, durations ...int64) *dash.Template {
	t := &dash.Template{
		Timescale: timescale, Offset: offset, Number: number, Media: "seg-n$Number$-$RepresentationID$.m4s", Init: "init.mp4",
	}
	at := offset
	for _, d := range durations {
		t.Add(at, d)
		at += d
	}
	return t
}

func picture(id string, times *dash.Template, more ...dash.Representation) dash.Set {
	times.Init = "init-0123456789abcdef-" + id + ".mp4"
	own := dash.Representation{
		ID: id, Bandwidth: 2_400_000, Codecs: "avc1.64001f", Width: 1280, Height: 720, FrameRate: 25, Template: times,
	}
	return dash.Set{
		ID: 1, Kind: dash.Video, Role: "main", Independent: true,
		Representations: append([]dash.Representation{own}, more...),
	}
}

func sound(times *dash.Template, language string) dash.Set {
	times.Init = "init-0123456789abcdef-2.mp4"
	return dash.Set{
		ID: 2, Kind: dash.Audio, Language: language, Role: "main", Independent: true,
		Representations: []dash.Representation{{
			ID: "2", Bandwidth: 130_000, Codecs: "mp4a.40.2", SamplingRate: 48000, ChannelConfiguration: 2, Template: times,
		}},
	}
}

func live(periods ...dash.Period) dash.MPD {
	return dash.MPD{
		AvailabilityStart: epoch, Published: noon, UpdatePeriod: 2 * time.Second, TimeShift: 40 * time.Second, Delay: 12 * time.Second,
		MinBuffer: 4 * time.Second, MaxSegment: 8 * time.Second, TimeURL: "/api/v1/time", Periods: periods,
	}
}

// presentations are manifests of each kind, by the name of the file that holds their text.
func presentations() map[string]dash.MPD {
	at := noon.Sub(epoch)
	lower := dash.Representation{
		ID: "480p.1", Bandwidth: 800_000, Codecs: "avc1.4d401e", Width: 854, Height: 480, FrameRate: 30000.0 / 1001,
		Template: template(90000, 900_000, 12, 360000),
	}
	lower.Template.Init = "init-fedcba9876543210-1.mp4"
	later := template(90000, 9_000_000, 17, 360000)
	behind := lower
	behind.Template = template(90000, 18_000_000, 17, 360000)
	behind.Template.Init = lower.Template.Init
	goesOn := picture("1", template(90000, 1_800_000, 19, 360000))
	goesOn.Continues, goesOn.Continuous = "p17", true
	another := sound(template(48000, 4_800_000, 17, 192000), "zho")
	another.Continues = "p7"
	hostile := picture("1", template(90000, 0, 1, 360000))
	hostile.Language, hostile.Representations[0].Template.Media = `"><S t="1`, `a&b<c>'d'/$Number$.m4s`
	hostile.Representations[0].Codecs = `'&"<>` + "党员"
	return map[string]dash.MPD{
		"live": live(dash.Period{ID: "p7", Start: at, Sets: []dash.Set{
			picture("1", template(90000, 900_000, 12, 360000, 360000, 360000, 356400, 363600)),
			sound(template(48000, 480_000, 12, 192000, 192000, 192000, 190080, 193920), "zho"),
		}}),
		"ladder": live(dash.Period{ID: "p7", Start: at, Sets: []dash.Set{picture("1", template(90000, 900_000, 12, 360000), lower)}}),
		"ladder-other-times": live(dash.Period{ID: "p7", Start: at, Sets: []dash.Set{
			picture("1", later, behind), sound(template(48000, 4_800_000, 17, 192000), ""),
		}}),
		"periods": live(
			dash.Period{ID: "p7", Start: at, Duration: 8 * time.Second, Sets: []dash.Set{
				picture("1", template(90000, 900_000, 12, 360000, 360000)), sound(template(48000, 480_000, 12, 192000, 192000), "zho"),
			}},
			dash.Period{ID: "p17", Start: at + time.Minute, Sets: []dash.Set{
				picture("1", template(90000, 1_440_000, 17, 360000)), another,
			}},
			dash.Period{ID: "p19", Start: at + time.Minute + 4*time.Second, Sets: []dash.Set{goesOn}},
		),
		"static": {
			Static: true, Duration: 9500 * time.Millisecond, MinBuffer: 4 * time.Second, MaxSegment: 8 * time.Second, TimeURL: "/api/v1/time",
			Periods: []dash.Period{{ID: "p0", Sets: []dash.Set{
				picture("1", template(90000, 45_000, 0, 360000, 360000, 135000+45000)),
				{
					ID: 2, Kind: dash.Text, Language: "zh", Role: "subtitle", File: "text-1.vtt",
					Representations: []dash.Representation{{ID: "t1", Bandwidth: 256}},
				},
				{
					ID: 3, Kind: dash.Text, Language: "en", Role: "subtitle",
					Representations: []dash.Representation{{
						ID: "3", Bandwidth: 1000, Codecs: "wvtt", Template: template(1000, 500, 0, 4000, 4000, 2000),
					}},
				},
			}}},
		},
		"escaped": live(dash.Period{ID: "p&<7>", Start: at, Sets: []dash.Set{hostile}}),
	}
}

func TestGolden(t *testing.T) {
	for name, m := range presentations() {
		t.Run(name, func(t *testing.T) {
			text, err := m.Append(nil)
			require.NoError(t, err)
			file := filepath.Join("testdata", name+".mpd")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(file, text, 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), string(text))

			again, err := m.Append([]byte("before "))
			require.NoError(t, err)
			require.Equal(t, "before "+string(want), string(again))

			read, err := strict.Parse(text)
			require.NoError(t, err)
			require.Empty(t, strict.Check(read))
		})
	}
}

// What was written is read back: no text of a source changes the structure around it.
func TestEscaped(t *testing.T) {
	m := presentations()["escaped"]
	text, err := m.Append(nil)
	require.NoError(t, err)
	read, err := strict.Parse(text)
	require.NoError(t, err)
	require.Equal(t, "p&<7>", read.Periods[0].ID)
	require.Equal(t, `"><S t="1`, read.Periods[0].Sets[0].Language)
	r := read.Periods[0].Sets[0].Representations[0]
	require.Equal(t, `'&"<>`+"党员", r.Codecs)
	require.Equal(t, `a&b<c>'d'/1.m4s`, r.Segments[0].URI)
}

func TestRefused(t *testing.T) {
	for name, spoil := range map[string]func(m *dash.MPD){
		"no period":            func(m *dash.MPD) { m.Periods = nil },
		"no availability":      func(m *dash.MPD) { m.AvailabilityStart = time.Time{} },
		"no update period":     func(m *dash.MPD) { m.UpdatePeriod = 0 },
		"static, no duration":  func(m *dash.MPD) { m.Static = true },
		"no buffer":            func(m *dash.MPD) { m.MinBuffer = 0 },
		"no id":                func(m *dash.MPD) { m.Periods[0].ID = "" },
		"id with a space":      func(m *dash.MPD) { m.Periods[0].ID = "a b" },
		"negative start":       func(m *dash.MPD) { m.Periods[0].Start = -1 },
		"no set":               func(m *dash.MPD) { m.Periods[0].Sets = nil },
		"no representation":    func(m *dash.MPD) { m.Periods[0].Sets[0].Representations = nil },
		"nothing to play":      func(m *dash.MPD) { m.Periods[0].Sets[0].Representations[0].Template = nil },
		"no segment":           func(m *dash.MPD) { m.Periods[0].Sets[0].Representations[0].Template.Segments = nil },
		"no bandwidth":         func(m *dash.MPD) { m.Periods[0].Sets[0].Representations[0].Bandwidth = 0 },
		"no duration":          func(m *dash.MPD) { m.Periods[0].Sets[0].Representations[0].Template.Segments[0].Duration = 0 },
		"overlap":              func(m *dash.MPD) { m.Periods[0].Sets[0].Representations[0].Template.Segments[1].Time-- },
		"control character":    func(m *dash.MPD) { m.Periods[0].Sets[0].Language = "a\x00" },
		"line end":             func(m *dash.MPD) { m.Periods[0].Sets[0].Representations[0].Template.Media = "a\nb" },
		"not UTF-8":            func(m *dash.MPD) { m.Periods[0].Sets[0].Representations[0].Codecs = "\xff" },
		"bad representation":   func(m *dash.MPD) { m.Periods[0].Sets[0].Representations[0].ID = "a b" },
		"bad address of clock": func(m *dash.MPD) { m.TimeURL = "\x1b" },
	} {
		t.Run(name, func(t *testing.T) {
			m := presentations()["live"]
			spoil(&m)
			text, err := m.Append([]byte("x"))
			require.ErrorIs(t, err, dash.ErrInvalid)
			require.Equal(t, "x", string(text))
		})
	}
}

func TestFrameRates(t *testing.T) {
	for rate, want := range map[float64]string{
		25: "25", 50: "50", 30000.0 / 1001: "30000/1001", 59.94: "60000/1001", 23.976: "24000/1001", 12.5: "12500/1000", 0: "", -1: "",
		math.Inf(1): "", math.NaN(): "", 24.9999: "25",
	} {
		m := presentations()["live"]
		m.Periods[0].Sets[0].Representations[0].FrameRate = rate
		text, err := m.Append(nil)
		require.NoError(t, err)
		read, err := strict.Parse(text)
		require.NoError(t, err)
		require.Equal(t, want, read.Periods[0].Sets[0].Representations[0].FrameRate, "%v", rate)
	}
}

// Whatever the segments are, they are read back as they were put in.
func TestTimelines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Uint64Range(0, 1<<50).Draw(t, "number")
		at := rapid.Int64Range(0, 1<<50).Draw(t, "offset")
		times := &dash.Template{Timescale: rapid.IntRange(1, 1e9).Draw(t, "timescale"), Offset: at, Number: number, Media: "$Number$"}
		var want []strict.Segment
		for range rapid.IntRange(1, 40).Draw(t, "segments") {
			d := rapid.SampledFrom([]int64{1, 360000, 360001, 1 << 40}).Draw(t, "duration")
			want = append(want, strict.Segment{Number: number, Time: at, Duration: d})
			times.Add(at, d)
			at += d
			number++
		}
		require.Equal(t, len(want), times.Count())
		m := live(dash.Period{ID: "p", Sets: []dash.Set{picture("1", times)}})
		text, err := m.Append(nil)
		require.NoError(t, err)
		require.NoError(t, xml.Unmarshal(text, new(struct{})))
		read, err := strict.Parse(text)
		require.NoError(t, err)
		got := read.Periods[0].Sets[0].Representations[0].Segments
		for i := range got {
			got[i].URI = ""
		}
		require.Equal(t, want, got)
	})
}

// BenchmarkAppend writes a week of segments that are all of one length but for a break each hour.
func BenchmarkAppend(b *testing.B) {
	m := live()
	for hour := range 24 * 7 {
		times := template(90000, 900_000, uint64(hour*900))
		for i := range 900 {
			times.Add(900_000+int64(i)*360000+int64(i%2), 360000+1-2*int64(i%2))
		}
		m.Periods = append(m.Periods, dash.Period{
			ID: "p" + strings.Repeat("1", hour+1), Start: time.Duration(hour) * time.Hour, Sets: []dash.Set{picture("1", times), sound(times, "zho")},
		})
	}
	for b.Loop() {
		text, err := m.Append(nil)
		require.NoError(b, err)
		b.SetBytes(int64(len(text)))
	}
}
