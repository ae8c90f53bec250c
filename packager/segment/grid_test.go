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

// size is one size of a picture that aligned encoders make: its key frames are everybody's, its clocks its own.
type size struct {
	s    segment.Segmenter
	from int           // the first picture that it is given
	base time.Duration // its media time of picture 0
	off  time.Duration // of its wall clock
	late time.Duration // with which its pictures come in
	next int
	cuts []int // the pictures that its segments begin with
	last []time.Duration
}

const picture = 40 * time.Millisecond

func newSize(target time.Duration, grid *segment.Grid, from int, base, off, late time.Duration) *size {
	z := &size{from: from, base: base, off: off, late: late, next: from}
	clock := func(at time.Duration) time.Time { return epoch.Add(at - base + off) }
	z.s = segment.Segmenter{
		Init: &media.Init{Tracks: []media.Track{videoTrack}}, Target: target, Wall: clock, Clock: clock,
		Grid: func() *segment.Grid { return grid },
		OnSegment: func(seg *segment.Segment) {
			z.cuts = append(z.cuts, int((seg.Time-base+picture/2)/picture))
			z.last = append(z.last, seg.Duration)
		},
	}
	return z
}

// due is when the next picture comes in.
func (z *size) due() time.Duration { return time.Duration(z.next)*picture + z.late }

func (z *size) take(phase, gop int) {
	at := media.FromDuration(z.base+time.Duration(z.next)*picture, 90000)
	z.s.Write(0, media.Sample{DTS: at, PTS: at, Sync: (z.next+phase)%gop == 0, Units: [][]byte{{1}}})
	z.next++
}

// run gives each size its pictures as they come in.
func run(phase, gop, pictures int, sizes ...*size) {
	for left := slices.Clone(sizes); len(left) > 0; {
		first := slices.MinFunc(left, func(a, b *size) int { return int(a.due() - b.due()) })
		first.take(phase, gop)
		left = slices.DeleteFunc(left, func(z *size) bool { return z.next >= pictures })
	}
	for _, z := range sizes {
		z.s.Flush()
	}
}

// from drops the cuts before a picture.
func from(cuts []int, first int) []int {
	return slices.DeleteFunc(slices.Clone(cuts), func(n int) bool { return n < first })
}

type ladder struct {
	target     time.Duration
	gop, phase int
	one, two   *size
}

func drawLadder(t *rapid.T) ladder {
	ms := func(from, to int, name string) time.Duration {
		return time.Duration(rapid.IntRange(from, to).Draw(t, name)) * time.Millisecond
	}
	l := ladder{target: time.Duration(rapid.IntRange(1, 8).Draw(t, "target")) * time.Second}
	l.gop = rapid.IntRange(16, min(100, int(l.target/picture))).Draw(t, "gop") // From 0.64 s on.
	l.phase = rapid.IntRange(0, l.gop-1).Draw(t, "phase")
	grid := new(segment.Grid)
	l.one = newSize(l.target, grid, rapid.IntRange(0, 500).Draw(t, "begins 1"), ms(10_000, 1e6, "base 1"), ms(-75, 75, "off 1"), ms(0, 200, "late 1"))
	l.two = newSize(l.target, grid, rapid.IntRange(0, 500).Draw(t, "begins 2"), ms(10_000, 1e6, "base 2"), ms(-75, 75, "off 2"), ms(0, 200, "late 2"))
	run(l.phase, l.gop, 4000, l.one, l.two)
	return l
}

// begun is a picture by which both sizes had ended the segment that they began with.
func (l *ladder) begun() int {
	return max(l.one.from, l.two.from) + l.gop + 2*int(l.target/picture)
}

// TestGrid: two sizes of a picture are cut at the same pictures, whoever was there first, and though their clocks differ.
func TestGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLadder(t)
		require.Equal(t, from(l.one.cuts, l.begun()), from(l.two.cuts, l.begun()))
		for _, z := range []*size{l.one, l.two} {
			for _, d := range z.last[1 : len(z.last)-1] {
				require.LessOrEqual(t, d, 2*l.target)
			}
			n := len(from(z.cuts, l.begun()))
			mean := time.Duration(4000-l.begun()) * picture / time.Duration(n)
			// Where GOPs are nearly as long as the target, half of it is as near as it may come.
			require.InDelta(t, l.target.Seconds(), mean.Seconds(), l.target.Seconds()/2, "on average about the target")
		}
	})
}

// TestGridAndClockThatFails still ends segments at random access points.
func TestGridAndClockThatFails(t *testing.T) {
	grid := new(segment.Grid)
	z := newSize(4*time.Second, grid, 0, 10*time.Second, 0, 0)
	z.s.Clock = func(at time.Duration) time.Time { return epoch.Add(-2 * at) }
	z.s.OnFault = func(err error) { t.Error(err) }
	run(0, 50, 1000, z)
	for _, d := range z.last[:len(z.last)-1] {
		require.LessOrEqual(t, d, 6*time.Second)
	}
}
