package segment_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// TestSoundOnTheGrid: sound alone is cut within a frame of where the picture beside it is, whichever of them comes first; and goes
// on by itself when the picture is gone.
func TestSoundOnTheGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := time.Duration(rapid.IntRange(1, 6).Draw(t, "target")) * time.Second
		gop := rapid.IntRange(16, min(100, int(target/picture))).Draw(t, "gop")
		ms := func(from, to int, name string) time.Duration {
			return time.Duration(rapid.IntRange(from, to).Draw(t, name)) * time.Millisecond
		}
		grid := new(segment.Grid)
		pic := newSize(target, grid, 0, 20*time.Second, 0, ms(0, 150, "picture comes"))
		comes := ms(0, 150, "sound comes")
		const base, frame = 70 * time.Second, time.Second * 1024 / 48000
		clock := func(at time.Duration) time.Time { return epoch.Add(at - base) }
		var cuts, lengths []time.Duration
		sound := segment.Segmenter{
			Init: &media.Init{Tracks: []media.Track{{ID: 1, Timescale: 48000, Codec: &media.AAC{}}}}, Target: target,
			Wall: clock, Clock: clock, Grid: func() *segment.Grid { return grid },
			OnSegment: func(seg *segment.Segment) {
				cuts, lengths = append(cuts, seg.Time-base), append(lengths, seg.Duration)
			},
		}
		const end, gone = 80 * time.Second, 50 * time.Second
		for n := int64(0); media.Duration(n*1024, 48000) < end; n++ {
			now := media.Duration(n*1024, 48000) + comes
			for pic.due() <= min(now, gone) {
				pic.take(0, gop)
			}
			dts := n*1024 + media.FromDuration(base, 48000)
			sound.Write(0, media.Sample{DTS: dts, PTS: dts, Units: [][]byte{{1}}})
		}
		sound.Flush()
		// Before the picture's first cut is known, the sound was on its own.
		for _, n := range pic.cuts[2:] {
			at := time.Duration(n) * picture
			i := slices.IndexFunc(cuts, func(c time.Duration) bool { return (c - at).Abs() <= frame })
			require.GreaterOrEqual(t, i, 0, "picture cut at %s, sound at %v", at, cuts)
		}
		for _, d := range lengths {
			require.LessOrEqual(t, d, 2*target+frame)
		}
	})
}
