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

// pictures are the samples of a picture of 25 frames a second, in the order of decoding, with a key frame each gop.
func pictures(count, gop, phase int, reorder time.Duration) []media.Sample {
	out := make([]media.Sample, count)
	for i := range out {
		dts := media.FromDuration(10*time.Second+time.Duration(i)*picture-reorder, 90000)
		out[i] = media.Sample{
			DTS: dts, PTS: dts + media.FromDuration(reorder, 90000), Sync: (i+phase)%gop == 0, Units: [][]byte{{byte(i)}},
		}
	}
	return out
}

// arriving is a track's sample and when it comes in.
type arriving struct {
	track  int
	at     time.Duration
	sample media.Sample
}

func arrive(track int, samples []media.Sample, late time.Duration) []arriving {
	out := make([]arriving, len(samples))
	for i, s := range samples {
		out[i] = arriving{track, time.Duration(i)*picture + late, s}
	}
	return out
}

// TestPicturesOfOneSource: where encoders are aligned each segment of every picture begins with the same key frame, whatever
// order their frames come in and are shown in; and nothing is lost.
func TestPicturesOfOneSource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gop := rapid.IntRange(10, 75).Draw(t, "gop")
		reorder := func(name string) time.Duration { return time.Duration(rapid.IntRange(0, 4).Draw(t, name)) * picture }
		late := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 100).Draw(t, name)) * time.Millisecond
		}
		one, two := pictures(400, gop, 0, reorder("reorder 1")), pictures(400, gop, 0, reorder("reorder 2"))
		all := slices.Concat(arrive(0, one, late("late 1")), arrive(1, two, late("late 2")))
		slices.SortStableFunc(all, func(a, b arriving) int { return int(a.at - b.at) })

		second := videoTrack
		second.ID = 2
		c := newCutter(t, videoTrack, second)
		var written [2]int
		for _, a := range all {
			c.s.Write(a.track, a.sample)
			// The second picture begins with its first key frame after the first one's first frame.
			if a.track == 0 || written[0] > 0 && (written[1] > 0 || a.sample.Sync) {
				written[a.track]++
			}
		}
		c.s.Flush()
		require.Empty(t, c.faults)
		var read [2]int
		for n, seg := range c.segments {
			require.True(t, seg.Independent)
			for track, samples := range c.samples[n] {
				read[track] += len(samples)
				if len(samples) == 0 {
					require.Zero(t, n, "only before the second picture's first key frame")
					continue
				}
				require.True(t, samples[0].Sync, "segment %d of track %d", n, track)
				if n > 0 {
					require.Equal(t, c.samples[n][0][0].DTS+int64(c.samples[n][0][0].Offset), samples[0].DTS+int64(samples[0].Offset))
				}
			}
		}
		require.Equal(t, written, read)
	})
}

// TestPicturesApart tells of encoders that are not aligned, and cuts all the same.
func TestPicturesApart(t *testing.T) {
	second := videoTrack
	second.ID = 2
	c := newCutter(t, videoTrack, second)
	one, two := pictures(1000, 50, 0, 0), pictures(1000, 50, 25, 0)
	for i := range one {
		c.s.Write(0, one[i])
		c.s.Write(1, two[i])
	}
	c.s.Flush()
	require.NotEmpty(t, c.faults)
	require.ErrorIs(t, c.faults[0], segment.ErrUnaligned)
	require.Len(t, c.segments, 10)
	for n, seg := range c.segments[1:] {
		require.Equal(t, 4*time.Second, seg.Duration)
		require.False(t, seg.Independent)
		require.NotEmpty(t, c.samples[n+1][1])
	}
}

// TestSecondPictureStops does not hold up the first.
func TestSecondPictureStops(t *testing.T) {
	second := videoTrack
	second.ID = 2
	c := newCutter(t, videoTrack, second)
	one := pictures(1000, 50, 0, 0)
	cuts := 0
	for i := range one {
		c.s.Write(0, one[i])
		if i < 200 {
			c.s.Write(1, one[i])
		}
		if len(c.segments) > cuts && cuts > 3 {
			require.Zero(t, i%100, "cut as soon as its key frame is there")
		}
		cuts = len(c.segments)
	}
	require.Len(t, c.segments, 9)
	require.Empty(t, c.faults)
}
