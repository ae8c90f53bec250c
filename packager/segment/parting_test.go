package segment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

const partTarget = 200 * time.Millisecond

// partCutter is a cutter whose segments are put out in parts as well.
type partCutter struct {
	*cutter
	shown []*segment.Making
}

func newPartCutter(t require.TestingT, pace *segment.Pace, tracks ...media.Track) *partCutter {
	c := &partCutter{cutter: newCutter(t, tracks...)}
	c.s.Pace, c.s.HoldParts = pace, time.Second
	c.s.OnPart = func(m *segment.Making) { c.shown = append(c.shown, m) }
	return c
}

// checkParts holds what is true of all parts: they are as long as RFC 8216bis §4.4.4.9 says, their bytes hold the
// segment's samples, and what was shown of a segment is what it became.
func (c *partCutter) checkParts() {
	t := c.t
	for n, seg := range c.segments {
		for track := range seg.Parts.Tracks {
			parts := seg.Parts.Tracks[track]
			if len(parts) == 0 {
				continue
			}
			at := seg.Tracks[track]
			fragment := seg.Media[at.Offset:at.End()]
			settled := segment.Settle(parts, fragment)
			require.Len(t, settled, len(parts))
			var total time.Duration
			var samples []segment.StoredSample
			for i := range parts {
				checkPart(t, parts, i, seg.Parts.Target)
				total += parts[i].Duration
				body := parts[i].Append(nil)
				require.Len(t, body, parts[i].Size())
				require.Equal(t, body, settled[i].Append(nil))
				of, err := collect(body)
				require.NoError(t, err)
				require.NotEmpty(t, of)
				require.Equal(t, of[0].Sync, parts[i].Independent)
				samples = append(samples, of...)
			}
			require.Equal(t, c.samples[n][track], samples)
		}
	}
	for _, m := range c.shown {
		for _, seg := range c.segments {
			if seg.Time != m.Time {
				continue
			}
			require.Equal(t, seg.Start, m.Start)
			require.Equal(t, seg.Discontinuity, m.Discontinuity)
			require.Equal(t, seg.Independent, m.Independent)
			require.Equal(t, seg.Parts.Target, m.Parts.Target)
			for track, parts := range m.Parts.Tracks {
				if whole := seg.Parts.Tracks[track]; whole != nil && len(parts) > 0 {
					require.Equal(t, whole[:len(parts)], parts)
				}
			}
		}
	}
}

func checkPart(t require.TestingT, parts []segment.Part, i int, target time.Duration) {
	p := &parts[i]
	require.Positive(t, p.Duration)
	require.LessOrEqual(t, p.Duration, target)
	if i < len(parts)-1 && !p.Independent {
		require.GreaterOrEqual(t, p.Duration, target*85/100)
	}
}

func cameraTrack() media.Track { return media.Track{ID: 1, Timescale: sec, Codec: &media.H264{}} }

func TestPartsSuitTheFrames(t *testing.T) {
	for _, ca := range []struct {
		name   string
		frame  func(n int) int64 // DTS
		rate   int               // of sound
		target time.Duration
		frames int // in a part
	}{
		{"25", func(n int) int64 { return int64(n) * 3600 }, 48000, 200 * time.Millisecond, 5},
		{"29.97", func(n int) int64 { return int64(n) * 3003 }, 48000, 205 * time.Millisecond, 6},
		{"30", func(n int) int64 { return int64(n) * 3000 }, 44100, 200 * time.Millisecond, 6},
		{"30 in milliseconds", func(n int) int64 { return int64(n) * 1000 / 30 * 90 }, 44100, 205 * time.Millisecond, 6},
		{"50", func(n int) int64 { return int64(n) * 1800 }, 48000, 200 * time.Millisecond, 10},
		{"12.5", func(n int) int64 { return int64(n) * 7200 }, 44100, 240 * time.Millisecond, 3},
		{"15", func(n int) int64 { return int64(n) * 6000 }, 32000, 200 * time.Millisecond, 3},
		{"25 with jitter", func(n int) int64 { return int64(n)*3600 + int64(n*7919%7)*90 }, 48000, 210 * time.Millisecond, 5},
		{"2", func(n int) int64 { return int64(n) * 45000 }, 48000, 500 * time.Millisecond, 1},
	} {
		t.Run(ca.name, func(t *testing.T) {
			pace := &segment.Pace{Target: partTarget}
			c := newPartCutter(t, pace, cameraTrack(), media.Track{ID: 2, Timescale: ca.rate, Codec: &media.AAC{}})
			perGOP := 0
			for ca.frame(perGOP) < 2*sec {
				perGOP++
			}
			written := make([][]media.Sample, 2)
			for n := 0; ca.frame(n) < 30*sec; n++ {
				s := frame(10*sec+ca.frame(n), 0, n%perGOP == 0)
				written[0] = append(written[0], s)
				c.s.Write(0, s)
				for len(written[1]) == 0 || written[1][len(written[1])-1].DTS < (s.DTS-8*900)*int64(ca.rate)/sec {
					a := sound(int64(10*ca.rate + 1024*len(written[1])))
					written[1] = append(written[1], a)
					c.s.Write(1, a)
				}
			}
			c.s.Flush()
			c.check(written)
			c.checkParts()
			require.Greater(t, len(c.segments), 6)
			for n, seg := range c.segments {
				require.Equal(t, ca.target, seg.Parts.Target, "segment %d", n)
				require.Len(t, seg.Parts.Tracks, 2)
				require.NotEmpty(t, seg.Parts.Tracks[0])
				require.NotEmpty(t, seg.Parts.Tracks[1])
				require.Equal(t, ca.frames, (len(c.samples[n][0])+len(seg.Parts.Tracks[0])-1)/len(seg.Parts.Tracks[0]), "frames in a part")
				require.True(t, seg.Parts.Tracks[0][0].Independent)
			}
			require.Greater(t, len(c.shown), 60, "parts are shown as they come")
		})
	}
}

// A lost frame and a pause leave the parts within their bounds; silence ends them until the next segment.
func TestPartsOverLostFrames(t *testing.T) {
	for _, ca := range []struct {
		name  string
		lost  int // frames, in the third segment
		parts bool
	}{{"one", 1, true}, {"a pause", 5, true}, {"silence", 20, false}} {
		t.Run(ca.name, func(t *testing.T) {
			c := newPartCutter(t, &segment.Pace{Target: partTarget}, cameraTrack())
			written := make([][]media.Sample, 1)
			for n := range 25 * 20 {
				if n >= 210 && n < 210+ca.lost {
					continue
				}
				s := frame(10*sec+int64(n)*3600, 0, n%50 == 0)
				written[0] = append(written[0], s)
				c.s.Write(0, s)
			}
			c.s.Flush()
			c.check(written)
			c.checkParts()
			require.Equal(t, ca.parts, c.segments[2].Parts.Tracks[0] != nil)
			require.NotNil(t, c.segments[3].Parts.Tracks[0])
			require.Equal(t, partTarget, c.segments[3].Parts.Target)
		})
	}
}

// Sound runs ahead of the picture that ends the segment: its parts wait until it is sure where they belong.
func TestPartsOfSoundWaitForThePicture(t *testing.T) {
	c := newPartCutter(t, &segment.Pace{Target: partTarget}, cameraTrack(), media.Track{ID: 2, Timescale: 48000, Codec: &media.AAC{}})
	written := make([][]media.Sample, 2)
	for n := range 25 * 20 {
		dts := 10*sec + int64(n)*3600
		s := frame(dts, 0, n%50 == 0)
		written[0] = append(written[0], s)
		c.s.Write(0, s)
		for at := int64(10*48000 + 1024*len(written[1])); at < (dts+sec)*48000/sec; at += 1024 {
			a := sound(at)
			written[1] = append(written[1], a)
			c.s.Write(1, a)
		}
	}
	c.s.Flush()
	c.check(written)
	c.checkParts()
	for _, seg := range c.segments {
		require.NotEmpty(t, seg.Parts.Tracks[1])
	}
}

func TestPartsProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pace := &segment.Pace{Target: partTarget}
		for range rapid.IntRange(1, 2).Draw(rt, "epochs") {
			c := newPartCutter(rt, pace, cameraTrack(), media.Track{ID: 2, Timescale: 48000, Codec: &media.AAC{}})
			step := rapid.Int64Range(1000, 30000).Draw(rt, "frame")
			gop := rapid.IntRange(1, 100).Draw(rt, "gop")
			written := make([][]media.Sample, 2)
			at, heard := int64(10*sec), int64(10*48000)
			lead := rapid.Int64Range(-sec, sec).Draw(rt, "lead of the sound")
			for n := range rapid.IntRange(1, 600).Draw(rt, "frames") {
				s := frame(at, rapid.Int64Range(0, 2).Draw(rt, "offset")*3600, n%gop == 0)
				written[0] = append(written[0], s)
				c.s.Write(0, s)
				at += step + rapid.Int64Range(0, step/4).Draw(rt, "jitter")
				if rapid.IntRange(0, 60).Draw(rt, "loss") == 0 {
					at += rapid.Int64Range(1, 2*sec).Draw(rt, "pause")
				}
				for ; heard < (at+lead)*48000/sec; heard += 1024 {
					a := sound(heard)
					written[1] = append(written[1], a)
					c.s.Write(1, a)
				}
			}
			c.s.Flush()
			c.checkParts()
		}
	})
}
