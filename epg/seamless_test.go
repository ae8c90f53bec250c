package epg_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/epg"
	"podium.tv/podium/storage/catalogue"
)

var (
	shanghai = time.FixedZone("CST", 8*60*60)
	dawn     = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	edu1     = catalogue.Channel{ID: "edu1", Number: 1, Name: "党员教育电视频道", ArchiveHours: 168, Enabled: true}
)

func at(minutes int) time.Time { return dawn.Add(time.Duration(minutes) * time.Minute) }

func programme(id string, start, end int) catalogue.Programme {
	return catalogue.Programme{ID: id, Channel: "edu1", Title: id, Start: at(start), End: at(end)}
}

// brief writes a guide as one line a programme, in minutes from dawn.
func brief(ps []epg.Programme) (out []string) {
	for _, p := range ps {
		out = append(out, fmt.Sprintf("%s %v-%v", p.Title, p.Start.Sub(dawn).Minutes(), p.End.Sub(dawn).Minutes()))
	}
	return out
}

func TestCut(t *testing.T) {
	for name, test := range map[string]struct {
		in   []catalogue.Programme
		want []string
	}{
		"in order":         {[]catalogue.Programme{programme("b", 10, 20), programme("a", 0, 10)}, []string{"a 0-10", "b 10-20"}},
		"runs into next":   {[]catalogue.Programme{programme("a", 0, 15), programme("b", 10, 20)}, []string{"a 0-10", "b 10-20"}},
		"one inside":       {[]catalogue.Programme{programme("a", 0, 60), programme("b", 10, 20)}, []string{"a 0-10", "b 10-20"}},
		"same start":       {[]catalogue.Programme{programme("a", 0, 10), programme("b", 0, 20)}, []string{"b 0-20"}},
		"same in all":      {[]catalogue.Programme{programme("b", 0, 10), programme("a", 0, 10)}, []string{"a 0-10"}},
		"ends before":      {[]catalogue.Programme{programme("a", 10, 0)}, nil},
		"within a second":  {[]catalogue.Programme{{Title: "a", Start: dawn, End: dawn.Add(900 * time.Millisecond)}}, nil},
		"nothing to begin": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []epg.Programme
			for _, p := range epg.Cut(test.in) {
				got = append(got, epg.Programme{Programme: p})
			}
			require.Equal(t, test.want, brief(got))
		})
	}
}

func TestFill(t *testing.T) {
	const name = "党员教育电视频道"
	// Midnight in Shanghai is 16:00 UTC: minute 960 from dawn, and minute -480 before it.
	ps := epg.Cut([]catalogue.Programme{programme("a", 60, 90), programme("b", 90, 120), programme("c", 900, 1000)})
	for title, test := range map[string]struct {
		from, to int
		want     []string
	}{
		"inside a programme":      {70, 71, []string{"a 60-90"}},
		"two that touch":          {70, 91, []string{"a 60-90", "b 90-120"}},
		"an end is not in it":     {60, 90, []string{"a 60-90"}},
		"a hole before the first": {0, 61, []string{name + " -480-60", "a 60-90"}},
		"a hole between":          {119, 901, []string{"b 90-120", name + " 120-900", "c 900-1000"}},
		"over midnight":           {959, 1001, []string{"c 900-1000", name + " 1000-2400"}},
		"fillers end at midnight": {2399, 2401, []string{name + " 1000-2400", name + " 2400-3840"}},
		"empty":                   {10, 10, nil},
		"backwards":               {10, 5, nil},
	} {
		t.Run(title, func(t *testing.T) {
			require.Equal(t, test.want, brief(epg.Fill(&edu1, ps, at(test.from), at(test.to), shanghai)))
		})
	}
}

func zones(t interface{ Fatalf(string, ...any) }) []*time.Location {
	var out []*time.Location
	// Santiago and Beirut begin summer time at midnight; Lord Howe by half an hour; Apia once left out a day.
	for _, name := range []string{"Asia/Shanghai", "UTC", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatalf("load %s: %v", name, err)
		}
		out = append(out, zone)
	}
	return out
}

func TestSeamlessAlways(t *testing.T) {
	all := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(all).Draw(t, "zone")
		base := time.Date(2011, 12, 28, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 24*365*15).Draw(t, "hour")) * time.Hour)
		instant := func(label string) time.Time {
			return base.Add(time.Duration(rapid.Int64Range(0, 6*24*3600*1000).Draw(t, label)) * time.Millisecond)
		}
		var ps []catalogue.Programme
		for i := range rapid.IntRange(0, 30).Draw(t, "n") {
			start := instant("start")
			length := time.Duration(rapid.Int64Range(-1000, 24*3600*1000).Draw(t, "length")) * time.Millisecond
			ps = append(ps, catalogue.Programme{ID: fmt.Sprint(i), Title: "t", Start: start, End: start.Add(length)})
		}
		cut := epg.Cut(ps)
		from := instant("from")
		to := from.Add(time.Duration(rapid.Int64Range(1, 4*24*3600*1000).Draw(t, "window")) * time.Millisecond)
		guide := epg.Fill(&edu1, cut, from, to, zone)

		require.NotEmpty(t, guide)
		require.False(t, guide[0].Start.After(from), "it begins at or before the window")
		require.True(t, guide[0].End.After(from), "with what is on then")
		require.False(t, guide[len(guide)-1].End.Before(to), "it reaches the window's end")
		require.True(t, guide[len(guide)-1].Start.Before(to), "and not further than needed")
		for i, p := range guide {
			require.True(t, p.End.After(p.Start))
			require.Equal(t, time.UTC, p.Start.Location())
			require.Zero(t, p.Start.Nanosecond())
			if i > 0 {
				require.Equal(t, guide[i-1].End, p.Start, "no overlap, no hole")
			}
			if p.Filler {
				require.Equal(t, edu1.Name, p.Title)
				require.LessOrEqual(t, p.End.Sub(p.Start), 25*time.Hour, "a filler is at most a local day")
				y, m, d := p.Start.In(zone).Date()
				y2, m2, d2 := p.End.Add(-time.Nanosecond).In(zone).Date()
				require.Equal(t, []int{y, int(m), d}, []int{y2, int(m2), d2}, "a filler stays in one local day")
			}
		}

		// What is on at an instant is the same seen through any window.
		probe := guide[rapid.IntRange(0, len(guide)-1).Draw(t, "probe")]
		again := epg.Fill(&edu1, cut, probe.Start, probe.Start.Add(time.Second), zone)
		require.Equal(t, []epg.Programme{probe}, again)

		// Order of input does not matter.
		shuffled := rapid.Permutation(ps).Draw(t, "shuffled")
		require.Equal(t, cut, epg.Cut(shuffled))
	})
}

func TestDay(t *testing.T) {
	from, to := epg.Day(2026, 11, 23, shanghai)
	require.Equal(t, time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC), from)
	require.Equal(t, from.Add(24*time.Hour), to)
}
