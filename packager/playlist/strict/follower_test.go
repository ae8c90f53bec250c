package strict_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/playlist/strict"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// air is a channel of four-second segments whose playlist can be taken at any moment.
type air []playlist.Segment

func (a *air) segment(edit ...func(*playlist.Segment)) {
	n := len(*a)
	s := playlist.Segment{URI: fmt.Sprintf("%d.m4s", n), Duration: 4 * time.Second, ProgramDateTime: noon, Map: "init.mp4"}
	if n > 0 {
		last := (*a)[n-1]
		s.ProgramDateTime, s.Map = last.ProgramDateTime.Add(last.Duration), last.Map
	}
	for _, f := range edit {
		f(&s)
	}
	*a = append(*a, s)
}

// window is the playlist of the segments from first up to end.
func (a air) window(first, end int) *playlist.Media {
	m := &playlist.Media{TargetDuration: 5 * time.Second, Sequence: uint64(first), Segments: append(air(nil), a[first:end]...)}
	for _, s := range a[:first] {
		if s.Discontinuity {
			m.DiscontinuitySequence++
		}
	}
	return m
}

// plain is twelve segments, with a discontinuity and another init at the sixth, and one more at the ninth.
func plain() air {
	var a air
	for n := range 12 {
		a.segment(func(s *playlist.Segment) {
			switch n {
			case 5:
				s.Discontinuity, s.Map = true, "init2.mp4"
				s.ProgramDateTime = s.ProgramDateTime.Add(3 * time.Second)
			case 8:
				s.Discontinuity = true
			}
		})
	}
	return a
}

func text(t testing.TB, m *playlist.Media) []byte {
	b, err := m.Append(nil)
	require.NoError(t, err)
	return b
}

func TestFollowerIsContentWithAGoodChannel(t *testing.T) {
	a := plain()
	f := strict.Follower{Live: true, Interval: true}
	at := noon
	for end := 1; end <= len(a); end++ {
		for range 3 {
			require.Empty(t, f.Add(at, text(t, a.window(max(0, end-5), end))))
			at = at.Add(1300 * time.Millisecond)
		}
	}
	last := a.window(7, 12)
	last.Closed = true
	ended := strict.Follower{}
	require.Empty(t, ended.Add(at, text(t, last)))
	require.Empty(t, ended.Add(at.Add(time.Hour), text(t, last)))
	require.EqualValues(t, 7, f.Last().MediaSequence)
}

// TestFollowerIsContentWithAnyGoodChannel slides windows of random size over random channels.
func TestFollowerIsContentWithAnyGoodChannel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var a air
		for range rapid.IntRange(10, 60).Draw(rt, "segments") {
			a.segment(func(s *playlist.Segment) {
				s.Duration = time.Duration(rapid.Int64Range(1e9, 5.4e9).Draw(rt, "duration"))
				s.Discontinuity = rapid.IntRange(0, 4).Draw(rt, "kind") == 0
				if s.Discontinuity {
					s.ProgramDateTime = s.ProgramDateTime.Add(time.Duration(rapid.Int64Range(2e6, 1e12).Draw(rt, "hole")))
				}
			})
		}
		f := strict.Follower{Live: true}
		first, end := 0, 1
		for end < len(a) {
			require.Empty(rt, f.Add(noon, text(t, a.window(first, end))))
			end = min(len(a), end+rapid.IntRange(0, 3).Draw(rt, "added"))
			first = max(first, end-rapid.IntRange(15, 20).Draw(rt, "window"))
		}
	})
}

func TestFollowerReports(t *testing.T) {
	type version struct {
		first, end int
		edit       func(*playlist.Media)
	}
	segment := func(i int, edit func(*playlist.Segment)) func(*playlist.Media) {
		return func(m *playlist.Media) { edit(&m.Segments[i]) }
	}
	for name, c := range map[string]struct {
		one, two version
		want     []strict.Rule
	}{
		"nothing":                          {version{0, 5, nil}, version{1, 6, nil}, nil},
		"nothing over a jump":              {version{0, 4, nil}, version{7, 11, nil}, nil},
		"nothing where segments only join": {version{0, 5, nil}, version{5, 9, nil}, nil},
		"a segment too long": {version{0, 5, nil}, version{1, 6, func(m *playlist.Media) {
			m.Segments[4].Duration = 5500 * time.Millisecond
		}}, []strict.Rule{strict.RuleDuration}},
		"a segment just not too long": {version{0, 5, nil}, version{1, 6, func(m *playlist.Media) {
			m.Segments[4].Duration = 5499 * time.Millisecond
		}}, nil},
		"the target raised": {version{0, 5, nil}, version{1, 6, func(m *playlist.Media) {
			m.TargetDuration = 6 * time.Second
		}}, []strict.Rule{strict.RuleTarget}},
		"the sequence begun again": {version{5, 9, nil}, version{0, 5, nil}, []strict.Rule{strict.RuleSequence}},
		"the sequence begun again behind discontinuities": {
			version{6, 10, nil},
			version{0, 5, nil},
			[]strict.Rule{strict.RuleDiscontinuity, strict.RuleSequence},
		},
		"a segment taken back":    {version{0, 6, nil}, version{0, 5, nil}, []strict.Rule{strict.RuleAppendOnly}},
		"another URI":             {version{0, 5, nil}, version{1, 6, segment(1, func(s *playlist.Segment) { s.URI = "x" })}, []strict.Rule{strict.RuleAppendOnly}},
		"another duration":        {version{0, 5, nil}, version{0, 5, segment(4, func(s *playlist.Segment) { s.Duration += time.Millisecond })}, []strict.Rule{strict.RuleAppendOnly}},
		"another date":            {version{0, 5, nil}, version{0, 6, segment(0, func(s *playlist.Segment) { s.ProgramDateTime = noon.Add(time.Millisecond) })}, []strict.Rule{strict.RuleAppendOnly}},
		"another map":             {version{0, 5, nil}, version{0, 5, segment(4, func(s *playlist.Segment) { s.Map = "x" })}, []strict.Rule{strict.RuleAppendOnly}},
		"a gap later":             {version{0, 5, nil}, version{0, 5, segment(4, func(s *playlist.Segment) { s.Gap = true })}, []strict.Rule{strict.RuleAppendOnly}},
		"a discontinuity dropped": {version{0, 6, nil}, version{5, 9, segment(0, func(s *playlist.Segment) { s.Discontinuity = false })}, []strict.Rule{strict.RuleAppendOnly, strict.RuleDiscontinuity}},
		"a discontinuity removed and not counted": {version{5, 8, nil}, version{6, 9, func(m *playlist.Media) {
			m.DiscontinuitySequence = 0
		}}, []strict.Rule{strict.RuleDiscontinuity}},
		"a discontinuity counted too early": {version{4, 8, nil}, version{5, 9, func(m *playlist.Media) {
			m.DiscontinuitySequence = 1
		}}, []strict.Rule{strict.RuleDiscontinuity}},
		"discontinuities forgotten over a jump": {version{0, 6, nil}, version{8, 12, func(m *playlist.Media) {
			m.DiscontinuitySequence = 0
			m.Segments[0].Discontinuity = false
		}}, []strict.Rule{strict.RuleDiscontinuity}},
		"the discontinuity sequence taken back": {version{6, 10, nil}, version{7, 11, func(m *playlist.Media) {
			m.DiscontinuitySequence = 0
		}}, []strict.Rule{strict.RuleDiscontinuity, strict.RuleDiscontinuity}},
		"a date off by 3 ms": {version{0, 4, nil}, version{0, 5, segment(4, func(s *playlist.Segment) {
			s.ProgramDateTime = s.ProgramDateTime.Add(3 * time.Millisecond)
		})}, []strict.Rule{strict.RuleDateTime}},
		"a date off by 2 ms": {version{0, 4, nil}, version{0, 5, segment(4, func(s *playlist.Segment) {
			s.ProgramDateTime = s.ProgramDateTime.Add(-2 * time.Millisecond)
		})}, nil},
		"a date off at the seam": {version{0, 4, nil}, version{4, 5, segment(0, func(s *playlist.Segment) {
			s.ProgramDateTime = s.ProgramDateTime.Add(time.Second)
		})}, []strict.Rule{strict.RuleShort, strict.RuleDateTime}},
		"two segments for one date": {version{0, 5, nil}, version{1, 6, segment(4, func(s *playlist.Segment) {
			s.ProgramDateTime = s.ProgramDateTime.Add(-4 * time.Second)
		})}, []strict.Rule{strict.RuleDateTime}},
		"a segment without a date": {version{0, 4, nil}, version{0, 5, segment(4, func(s *playlist.Segment) {
			s.ProgramDateTime = time.Time{}
		})}, []strict.Rule{strict.RuleDateTime}},
		"a short window":               {version{0, 5, nil}, version{3, 6, nil}, []strict.Rule{strict.RuleShort}},
		"a window that was not long":   {version{0, 3, nil}, version{1, 4, nil}, nil},
		"a short window at the end":    {version{0, 5, nil}, version{3, 6, func(m *playlist.Media) { m.Closed = true }}, []strict.Rule{strict.RuleType, strict.RuleType}},
		"a type":                       {version{0, 5, func(m *playlist.Media) { m.Event = true }}, version{0, 6, func(m *playlist.Media) { m.Event = true }}, []strict.Rule{strict.RuleType}},
		"an event that loses its head": {version{0, 5, func(m *playlist.Media) { m.Event = true }}, version{1, 6, func(m *playlist.Media) { m.Event = true }}, []strict.Rule{strict.RuleType, strict.RuleType}},
	} {
		t.Run(name, func(t *testing.T) {
			a := plain()
			f := strict.Follower{Live: true}
			var rules []strict.Rule
			for i, v := range []version{c.one, c.two} {
				m := a.window(v.first, v.end)
				if v.edit != nil {
					v.edit(m)
				}
				found := f.Add(noon.Add(time.Minute), text(t, m))
				if i == 0 {
					continue // What the first has wrong in itself is in the second as well.
				}
				for _, violation := range found {
					rules = append(rules, violation.Rule)
					require.Contains(t, violation.String(), "04:01:00.000 rule "+string(violation.Rule))
				}
			}
			require.Equal(t, c.want, rules)
		})
	}
}

func TestFollowerReportsTheEnd(t *testing.T) {
	a := plain()
	ended := a.window(0, 5)
	ended.Closed = true
	f := strict.Follower{}
	require.Empty(t, f.Add(noon, text(t, ended)))
	open := a.window(0, 6)
	found := f.Add(noon, text(t, open))
	require.Len(t, found, 2)
	require.Equal(t, strict.RuleEnded, found[0].Rule)
	require.Equal(t, strict.RuleType, found[1].Rule)
}

func TestFollowerReportsSilenceOnce(t *testing.T) {
	a := plain()
	f := strict.Follower{Interval: true}
	require.Empty(t, f.Add(noon, text(t, a.window(0, 5))))
	require.Empty(t, f.Add(noon.Add(7500*time.Millisecond), text(t, a.window(0, 5))))
	found := f.Add(noon.Add(7501*time.Millisecond), text(t, a.window(0, 5)))
	require.Len(t, found, 1)
	require.Equal(t, strict.RuleInterval, found[0].Rule)
	require.Empty(t, f.Add(noon.Add(time.Minute), text(t, a.window(0, 5))))
	require.Empty(t, f.Add(noon.Add(time.Hour), text(t, a.window(0, 6))), "the next version begins anew")

	quiet := strict.Follower{}
	require.Empty(t, quiet.Add(noon, text(t, a.window(0, 5))))
	require.Empty(t, quiet.Add(noon.Add(time.Hour), text(t, a.window(0, 5))), "it is not asked for")
}

func TestFollowerReportsWhatItCannotRead(t *testing.T) {
	a := plain()
	f := strict.Follower{}
	require.Empty(t, f.Add(noon, text(t, a.window(0, 5))))
	found := f.Add(noon, []byte("<html>"))
	require.Len(t, found, 1)
	require.Equal(t, strict.RuleSyntax, found[0].Rule)
	require.Contains(t, found[0].Reason, "line 1")
	require.Empty(t, f.Add(noon, text(t, a.window(1, 6))), "and goes on from the last good one")
}

func TestCheckOfVideoOnDemand(t *testing.T) {
	p, err := strict.ParseMedia([]byte("#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n"))
	require.NoError(t, err)
	found := strict.Check(p)
	require.Len(t, found, 1)
	require.Equal(t, "rule 6.2.2-M12: type VOD without EXT-X-ENDLIST", found[0].String())
}
