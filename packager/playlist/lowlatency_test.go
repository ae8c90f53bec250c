package playlist_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/playlist/strict"
)

// lowWindow is a window of four segments whose last two are listed in parts.
func lowWindow(edit func(m *playlist.Media)) *playlist.Media {
	m := window(7, 4, fmp4)
	m.TargetDuration = 8 * time.Second
	m.LowLatency = &playlist.LowLatency{
		PartTarget: time.Second,
		Making: &playlist.Segment{
			ProgramDateTime: noon.Add(16 * time.Second), Map: "init-a.mp4", Parts: lowParts(11, 2),
		},
		Hint:    "part-11-2.m4s",
		Reports: []playlist.Report{{URI: "2.m3u8", Sequence: 11, Part: 1}, {URI: "3.m3u8", Sequence: 10, Part: -1}},
	}
	for i := 2; i < 4; i++ {
		m.Segments[i].Parts = lowParts(7+i, 4)
	}
	if edit != nil {
		edit(m)
	}
	return m
}

func lowParts(segment, n int) []playlist.Part {
	out := make([]playlist.Part, n)
	for i := range out {
		out[i] = playlist.Part{URI: fmt.Sprintf("part-%d-%d.m4s", segment, i), Duration: time.Second, Independent: i == 0}
	}
	return out
}

func TestLowLatencyMedia(t *testing.T) {
	for name, m := range map[string]*playlist.Media{
		"low-latency": lowWindow(nil),
		"low-latency-discontinuity": lowWindow(func(m *playlist.Media) {
			m.LowLatency.Making.Discontinuity, m.LowLatency.Making.Map = true, "init-b.mp4"
		}),
		"low-latency-between": lowWindow(func(m *playlist.Media) {
			m.LowLatency.Making, m.LowLatency.Hint = nil, "part-11-0.m4s"
		}),
		"low-latency-delta": lowWindow(func(m *playlist.Media) { m.Segments, m.LowLatency.Skipped = m.Segments[2:], 2 }),
		"low-latency-no-parts": lowWindow(func(m *playlist.Media) {
			m.LowLatency = &playlist.LowLatency{}
			m.Segments[2].Parts, m.Segments[3].Parts = nil, nil
		}),
		"low-latency-closed": lowWindow(func(m *playlist.Media) { m.Closed, m.LowLatency.Making = true, nil }),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := m.Append(nil)
			require.NoError(t, err)
			golden(t, name+".m3u8", got)
			p, err := strict.ParseUpdate(got)
			require.NoError(t, err)
			require.Empty(t, strict.Check(p))
		})
	}
}

func TestLowLatencyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(m *playlist.Media)
		want string
	}{
		"a part without a name":   {func(m *playlist.Media) { m.Segments[3].Parts[1].URI = "" }, "segment 10: part 1"},
		"a part of no length":     {func(m *playlist.Media) { m.LowLatency.Making.Parts[0].Duration = 0 }, "in the making: part 0"},
		"a hint of two lines":     {func(m *playlist.Media) { m.LowLatency.Hint = "a\nb" }, "hint"},
		"a report with a quote":   {func(m *playlist.Media) { m.LowLatency.Reports[1].URI = "\"" }, "rendition report 1"},
		"a hold-back too short":   {func(m *playlist.Media) { m.LowLatency.PartHoldBack = 1900 * time.Millisecond }, "twice the target"},
		"fewer than none skipped": {func(m *playlist.Media) { m.LowLatency.Skipped = -1 }, "skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := lowWindow(c.edit).Append(nil)
			require.ErrorContains(t, err, c.want)
		})
	}
}
