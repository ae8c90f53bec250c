package segment_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// epoch is the wall clock at media time zero.
var epoch = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// cutter runs a segmenter and reads back what it made, with the reader of stored fragments.
type cutter struct {
	t        require.TestingT
	s        segment.Segmenter
	init     *media.Init
	segments []*segment.Segment
	samples  [][][]segment.StoredSample // by segment, then track
	faults   []error
}

func newCutter(t require.TestingT, tracks ...media.Track) *cutter {
	c := &cutter{t: t, init: &media.Init{Tracks: tracks}}
	c.s = segment.Segmenter{
		Init:      c.init,
		Wall:      epoch.Add,
		OnFault:   func(err error) { c.faults = append(c.faults, err) },
		OnSegment: c.take,
	}
	return c
}

func (c *cutter) take(seg *segment.Segment) {
	require.Same(c.t, c.init, seg.Init)
	require.Len(c.t, seg.Tracks, len(c.init.Tracks))
	var of [][]segment.StoredSample
	var end int64
	for _, r := range seg.Tracks {
		require.Equal(c.t, end, r.Offset, "ranges follow each other")
		end = r.End()
		samples, err := collect(seg.Media[r.Offset:r.End()])
		require.NoError(c.t, err)
		of = append(of, samples)
	}
	require.EqualValues(c.t, len(seg.Media), end, "ranges cover the media")
	c.segments = append(c.segments, seg)
	c.samples = append(c.samples, of)
}

// check holds what is true of every epoch: durations add up to the media time, each segment starts where the one before
// ended, and each track's samples come out once, in order, as they went in.
func (c *cutter) check(written [][]media.Sample) {
	t := c.t
	for n, seg := range c.segments {
		require.Equal(t, n == 0, seg.Discontinuity)
		require.Positive(t, seg.Duration)
		require.NotEmpty(t, c.samples[n][c.init.Leading()])
		require.Equal(t, c.samples[n][c.init.Leading()][0].Sync, seg.Independent)
		if n > 0 {
			before := c.segments[n-1]
			require.WithinDuration(t, before.Start.Add(before.Duration), seg.Start, time.Microsecond)
		}
	}
	for track := range c.init.Tracks {
		var got []segment.StoredSample
		for n := range c.samples {
			got = append(got, c.samples[n][track]...)
		}
		require.Len(t, got, len(written[track]), "track %d", track)
		for i, s := range got {
			w := written[track][i]
			require.Equal(t, w.DTS, s.DTS)
			require.Equal(t, w.PTS-w.DTS, int64(s.Offset))
			require.Equal(t, w.Units[0], s.Data[len(s.Data)-len(w.Units[0]):])
			if i > 0 {
				require.Greater(t, s.DTS, got[i-1].DTS)
				require.LessOrEqual(t, got[i-1].DTS+int64(got[i-1].Duration), s.DTS, "no overlap")
			}
		}
	}
}

func (c *cutter) durations() []time.Duration {
	var out []time.Duration
	for _, s := range c.segments {
		out = append(out, s.Duration)
	}
	return out
}

const sec = 90000

// frame is a video sample at DTS; every frame's content differs.
func frame(dts, offset int64, sync bool) media.Sample {
	return media.Sample{DTS: dts, PTS: dts + offset, Sync: sync, Units: [][]byte{fmt.Appendf(nil, "%d", dts)}}
}

func sound(dts int64) media.Sample {
	return media.Sample{DTS: dts, PTS: dts, Sync: true, Units: [][]byte{fmt.Appendf(nil, "a%d", dts)}}
}

func seconds(s ...float64) []time.Duration {
	out := make([]time.Duration, len(s))
	for i := range s {
		out[i] = time.Duration(s[i] * float64(time.Second))
	}
	return out
}

func TestSegmenterCutsByGOP(t *testing.T) {
	for _, ca := range []struct {
		gop, seconds float64
		want         []time.Duration
		independent  []bool
	}{
		{1, 12, seconds(4, 4, 4), nil},
		{2, 16, seconds(4, 4, 4, 4), nil},
		{3, 15, seconds(3, 3, 3, 3, 3), nil},
		{4, 12, seconds(4, 4, 4), nil},
		{5, 15, seconds(5, 5, 5), nil},
		{8, 24, seconds(8, 8, 8), nil},
		{0.4, 12, seconds(4, 4, 4), nil},
		// Farther apart than twice the target: one forced cut in each GOP, once their distance is known in the middle.
		{10, 40, seconds(8, 2, 5.64, 4.36, 5.64, 4.36, 5.64, 4.36), []bool{true, false, true, false, true, false, true, false}},
	} {
		t.Run(fmt.Sprint(ca.gop), func(t *testing.T) {
			c := newCutter(t, videoTrack)
			var written []media.Sample
			every := int64(ca.gop * 25)
			for i := range int64(ca.seconds * 25) {
				s := frame(10*sec+i*3600, 0, i%every == 0)
				written = append(written, s)
				c.s.Write(0, s)
			}
			c.s.Flush()
			require.Equal(t, ca.want, c.durations())
			c.check([][]media.Sample{written})
			for n, seg := range c.segments {
				require.Equal(t, len(ca.independent) == 0 || ca.independent[n], seg.Independent)
			}
			for _, err := range c.faults {
				require.ErrorIs(t, err, segment.ErrForcedCut)
			}
			require.Equal(t, len(ca.independent) == 0, len(c.faults) == 0)
		})
	}
}

func TestSegmenterWithoutIDR(t *testing.T) {
	c := newCutter(t, videoTrack, audioTrack)
	for i := range int64(35 * 25) {
		c.s.Write(0, frame(i*3600, 0, false))
		c.s.Write(1, sound(i*1920))
	}
	c.s.Flush()
	require.Empty(t, c.segments)
	require.Len(t, c.faults, 3)
	for _, err := range c.faults {
		require.ErrorIs(t, err, segment.ErrNoSync)
	}
	// It goes on as soon as there is one, and counts anew after the source's clock has stepped back.
	c.s.Write(0, frame(0, 0, false))
	c.s.Write(0, frame(11*sec, 0, false))
	require.Len(t, c.faults, 4)
	c.s.Write(0, frame(11*sec+3600, 0, true))
	c.s.Flush()
	require.Len(t, c.segments, 1)
}

func TestSegmenterLosesIDR(t *testing.T) {
	for _, reorder := range []int64{0, 7200} {
		c := newCutter(t, videoTrack)
		var written []media.Sample
		for i := range int64(60 * 25) {
			// As gortsplib's DTS extractor makes it: the first picture is decoded when it is shown.
			offset := reorder
			if i == 0 {
				offset = 0
			}
			s := frame(10*sec+i*3600, offset, i%50 == 0 && i < 250)
			written = append(written, s)
			c.s.Write(0, s)
		}
		c.s.Flush()
		c.check([][]media.Sample{written})
		forced := 0
		for n, seg := range c.segments {
			require.LessOrEqual(t, seg.Duration, 8*time.Second)
			if n > 2 {
				require.False(t, seg.Independent)
				forced++
			}
		}
		require.Equal(t, 6, forced)
		require.Len(t, c.faults, 6)
		for _, err := range c.faults {
			require.ErrorIs(t, err, segment.ErrForcedCut)
		}
	}
}

// TestSegmenterFirstOffset: where the first picture is shown earlier after its decoding than the others, the first
// segment lasts, as it is shown, from picture to picture.
func TestSegmenterFirstOffset(t *testing.T) {
	c := newCutter(t, videoTrack)
	for i := range int64(12 * 25) {
		offset := int64(7200)
		if i == 0 {
			offset = 0
		}
		c.s.Write(0, frame(10*sec+i*3600, offset, i%50 == 0))
	}
	c.s.Flush()
	require.Equal(t, seconds(4.08, 4, 4), c.durations())
	require.Equal(t, epoch.Add(10*time.Second), c.segments[0].Start)
	require.Equal(t, epoch.Add(14080*time.Millisecond), c.segments[1].Start)
}

func TestSegmenterSoundOnly(t *testing.T) {
	c := newCutter(t, audioTrack)
	var written []media.Sample
	const frames = 3600 * 48000 / 1024
	for i := range int64(frames) {
		s := sound(480000 + i*1024)
		s.Sync = i%2 == 0 // All sound is a random access point, whatever the input says of it.
		written = append(written, s)
		c.s.Write(0, s)
	}
	c.s.Flush()
	require.Empty(t, c.faults)
	require.Len(t, c.segments, 900)
	c.check([][]media.Sample{written})
	half := 512 * time.Second / 48000
	for n, seg := range c.segments {
		want := epoch.Add(10*time.Second + time.Duration(n)*4*time.Second)
		require.LessOrEqual(t, seg.Start.Sub(want).Abs(), half+time.Microsecond, "segment %d", n)
		require.True(t, seg.Independent)
	}
}

// TestSegmenterSoundBeside is about sound that comes earlier or later than the picture of its time.
func TestSegmenterSoundBeside(t *testing.T) {
	for name, ca := range map[string]struct {
		lead  int64 // by how many frames of 40 ms the sound is ahead of the picture
		until int64 // frame at which the sound stops
	}{
		"together":             {0, 500},
		"a second ahead":       {25, 500},
		"five ahead":           {125, 500},
		"half a second behind": {-12, 500},
		"three seconds behind": {-75, 500},
		"nine seconds behind":  {-225, 500},
		"stops":                {0, 120},
		"stops, behind":        {-30, 120},
		"one frame":            {0, 1},
		"never":                {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCutter(t, videoTrack, audioTrack)
			written := make([][]media.Sample, 2)
			for i := int64(-200); i < 800; i++ {
				if i >= 0 && i < 500 {
					s := frame(10*sec+i*3600, 0, i%50 == 0)
					written[0] = append(written[0], s)
					c.s.Write(0, s)
				}
				if n := i + ca.lead; n >= 0 && n < ca.until && i < 500 {
					s := sound(480000 + n*1920)
					c.s.Write(1, s)
					if i >= 0 {
						written[1] = append(written[1], s)
					}
				}
			}
			c.s.Flush()
			require.Empty(t, c.faults)
			require.Equal(t, seconds(4, 4, 4, 4, 4), c.durations())
			c.check(written)
			for n := range c.samples {
				for _, s := range c.samples[n][1] {
					at := media.Duration(s.DTS, 48000)
					end := 10*time.Second + time.Duration(n+1)*4*time.Second
					require.LessOrEqual(t, at, end, "no sound from behind the segment")
					late := max(-time.Duration(ca.lead)*40*time.Millisecond, 0)
					require.GreaterOrEqual(t, at, end-4*time.Second-late-1100*time.Millisecond, "no sound from long before it")
				}
			}
		})
	}
}

func TestSegmenterSoundBeforeThePicture(t *testing.T) {
	c := newCutter(t, videoTrack, audioTrack)
	c.s.Write(0, frame(10*sec, 0, true))
	c.s.Write(1, sound(470000))
	c.s.Write(1, sound(480000))
	c.s.Write(1, sound(481024))
	c.s.Flush()
	require.Len(t, c.samples[0][1], 2)
	require.EqualValues(t, 480000, c.samples[0][1][0].DTS)
}

func TestSegmenterSlowAndUnevenFrames(t *testing.T) {
	for name, ca := range map[string]struct {
		steps []float64 // seconds from frame to frame
		sync  func(i int) bool
		want  []time.Duration
	}{
		"1 fps":                {repeat(1, 12), func(i int) bool { return i%2 == 0 }, seconds(4, 4, 4)},
		"1 fps, no more IDR":   {repeat(1, 20), func(i int) bool { return i == 0 }, seconds(8, 8, 4)},
		"0.3 fps, no more IDR": {repeat(3, 6), func(i int) bool { return i == 0 }, seconds(6, 6, 6)},
		"a frame of 20 s":      {[]float64{1, 1, 20, 1, 1}, func(i int) bool { return i == 0 }, seconds(2, 20, 2)},
		"a pause, then an IDR": {[]float64{1, 1, 5, 1, 1}, func(i int) bool { return i%3 == 0 }, seconds(7, 2)},
		"a late pause":         {[]float64{3.5, 3.5, 3.5, 1, 1}, func(i int) bool { return i == 0 }, seconds(7, 5.5)},
		"a slow IDR":           {[]float64{4, 4.5, 4}, func(i int) bool { return i%2 == 0 }, seconds(4, 4.5, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCutter(t, videoTrack)
			at := 10.0
			var written []media.Sample
			for i, step := range ca.steps {
				s := frame(int64(at*sec), 0, ca.sync(i))
				written = append(written, s)
				c.s.Write(0, s)
				at += step
			}
			c.s.Flush()
			require.Equal(t, ca.want, c.durations())
			c.check([][]media.Sample{written})
		})
	}
}

func repeat(step float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = step
	}
	return out
}

func TestSegmenterHugeFrames(t *testing.T) {
	c := newCutter(t, videoTrack, audioTrack)
	c.s.MaxBytes = 1 << 20
	for i := range int64(100) {
		s := frame(10*sec+i*3600, 0, i == 0)
		s.Units = [][]byte{make([]byte, 100_000)}
		c.s.Write(0, s)
	}
	c.s.Flush()
	require.Len(t, c.segments, 10)
	for _, seg := range c.segments[:9] {
		require.InDelta(t, 1_100_000, len(seg.Media), 2000)
	}
	require.Len(t, c.faults, 9)
	for _, err := range c.faults {
		require.ErrorIs(t, err, segment.ErrTooLarge)
	}

	// The picture stops and the sound goes on: memory has a bound, and the log one line.
	c = newCutter(t, videoTrack, audioTrack)
	c.s.MaxBytes = 10_000
	c.s.Write(0, frame(10*sec, 0, true))
	for i := range int64(1000) {
		s := sound(480000 + i*1024)
		s.Units = [][]byte{make([]byte, 400)}
		c.s.Write(1, s)
	}
	require.Len(t, c.faults, 1)
	require.ErrorIs(t, c.faults[0], segment.ErrTooLarge)
	c.s.Flush()
	require.Less(t, len(c.segments[0].Media), 12_000)
}

func TestSegmenterFlush(t *testing.T) {
	c := newCutter(t, videoTrack, audioTrack)
	c.s.Flush() // before anything
	c.s.Write(1, sound(480000))
	c.s.Flush()
	require.Empty(t, c.segments)

	c.s.Write(0, frame(10*sec, 0, true))
	c.s.Write(1, sound(480000))
	c.s.Flush()
	c.s.Flush() // once more
	require.Equal(t, seconds(0.04), c.durations(), "one picture lasts as long as most")
	require.EqualValues(t, 1024, c.samples[0][1][0].Duration)

	// What follows is another epoch, whose times may begin anywhere.
	c.s.Write(0, frame(5*sec, 0, false))
	c.s.Write(0, frame(5*sec+3600, 0, true))
	c.s.Write(1, sound(0))
	c.s.Write(1, sound(260_000))
	c.s.Flush()
	require.Len(t, c.segments, 2)
	require.True(t, c.segments[1].Discontinuity)
	require.Len(t, c.samples[1][1], 1)
}

// TestSegmenterFlushAfterPause: the last sample does not inherit the length of a pause before it.
func TestSegmenterFlushAfterPause(t *testing.T) {
	c := newCutter(t, videoTrack)
	for _, at := range []int64{0, 3600, 7200, 7200 + 2*sec} {
		c.s.Write(0, frame(10*sec+at, 0, at == 0))
	}
	c.s.Flush()
	require.Equal(t, seconds(2.12), c.durations())
}

func TestSegmenterStampsThatDoNotRise(t *testing.T) {
	c := newCutter(t, videoTrack, audioTrack)
	for i := range int64(25 * 9) {
		c.s.Write(0, frame(10*sec+i*3600, 0, i%50 == 0))
		c.s.Write(0, frame(10*sec+i*3600, 0, true))
		c.s.Write(0, frame(10*sec+i*3600-9*sec, 0, true))
		c.s.Write(1, sound(480000+i*1920))
		c.s.Write(1, sound(480000+i*1920))
		c.s.Write(1, sound(480000+i*1920-1920))
		c.s.Write(2, sound(0))
		c.s.Write(-1, sound(0))
	}
	c.s.Flush()
	require.Equal(t, seconds(4, 4, 1), c.durations())
	require.Empty(t, c.faults)
}

// TestSegmenterWildOffsets: a PTS far from its DTS must not make durations that the playlist did not promise.
func TestSegmenterWildOffsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCutter(t, videoTrack)
		offset := rapid.Int64Range(-1<<40, 1<<40)
		for i := range int64(25 * 30) {
			c.s.Write(0, frame(1000*sec+i*3600, offset.Draw(t, "offset"), i%50 == 0))
		}
		c.s.Flush()
		for _, seg := range c.segments {
			require.Positive(t, seg.Duration)
			require.LessOrEqual(t, seg.Duration, 8*time.Second)
		}
	})
}

// TestSegmenterProperty runs any mixture of frame rates, GOPs, B-frames, pauses and sound, in any order of arrival.
func TestSegmenterProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := time.Duration(rapid.IntRange(1, 10).Draw(t, "target")) * time.Second
		c := newCutter(t, videoTrack, audioTrack, media.Track{ID: 3, Timescale: 44100, Codec: &media.MP2{}})
		c.s.Target = target
		c.s.MaxBytes = rapid.SampledFrom([]int{0, 5000}).Draw(t, "max bytes")
		written := make([][]media.Sample, 3)
		tick := rapid.SampledFrom([]int64{1500, 3000, 3003, 3600, 90000}).Draw(t, "tick")
		gop := rapid.IntRange(1, 400).Draw(t, "gop")
		uneven := rapid.Bool().Draw(t, "uneven")
		first := rapid.Int64Range(0, 10).Draw(t, "first offset")
		dts := int64(10 * sec)
		next := []int64{0, 480000, 441000}
		longest := tick
		for i := range rapid.IntRange(1, 1500).Draw(t, "frames") {
			offset := tick * rapid.Int64Range(0, 2).Draw(t, "offset")
			sync := i%gop == 0
			if sync {
				offset = min(tick*2, 90000)
			}
			if i == 0 {
				offset = min(first*tick, 45000)
			}
			s := frame(dts, offset, sync)
			written[0] = append(written[0], s)
			c.s.Write(0, s)
			step := tick
			if uneven {
				step = rapid.Int64Range(1, 2*tick).Draw(t, "step")
				longest = max(longest, step)
			}
			dts += step
			for track := 1; track <= 2; track++ {
				scale := int64(c.init.Tracks[track].Timescale)
				for n := rapid.IntRange(0, 3).Draw(t, "sound"); n > 0 && c.s.MaxBytes == 0; n-- {
					a := sound(next[track])
					written[track] = append(written[track], a)
					c.s.Write(track, a)
					next[track] += 1024
					if uneven && rapid.IntRange(0, 200).Draw(t, "pause") == 0 {
						next[track] += scale
					}
				}
			}
		}
		c.s.Flush()
		c.check(written)
		var sum time.Duration
		for n, seg := range c.segments {
			sum += seg.Duration
			if n < len(c.segments)-1 {
				require.LessOrEqual(t, seg.Duration, max(2*target, media.Duration(longest, sec)))
			}
		}
		all := c.samples[len(c.samples)-1][0]
		last := all[len(all)-1]
		offset := written[0][0].PTS - written[0][0].DTS
		require.InDelta(t, media.Duration(last.DTS+int64(last.Duration)-10*sec-min(offset, int64(target/time.Second)*sec/2), sec), sum,
			float64(target/2+2*time.Second), "media time")
		for _, err := range c.faults {
			require.True(t, errors.Is(err, segment.ErrForcedCut) || errors.Is(err, segment.ErrTooLarge), err)
		}
	})
}

func BenchmarkSegmenter(b *testing.B) {
	s := segment.Segmenter{Init: &media.Init{Tracks: []media.Track{videoTrack, audioTrack}}}
	picture, voice := [][]byte{make([]byte, 13_000)}, [][]byte{make([]byte, 200)}
	b.ReportAllocs()
	var i int64
	for b.Loop() {
		s.Write(0, media.Sample{DTS: i * 3600, PTS: i * 3600, Sync: i%50 == 0, Units: picture})
		s.Write(1, media.Sample{DTS: i * 1920, PTS: i * 1920, Sync: true, Units: voice})
		i++
	}
}
