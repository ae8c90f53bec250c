package segment

import (
	"sync"
	"time"

	"podium.tv/podium/packager/media"
)

// Grid is what the segmenters of one picture in several sizes have in common: the instants on the wall clock, a target
// apart, at which they cut, so that aligned encoders are cut at the same random access points whichever was there first.
// Each cuts at the first one from half a GOP before an instant of the grid on. Their clocks differ by some milliseconds:
// where a random access point comes so near to that edge that they might not agree, the first of them who meets it
// decides for all, by moving the grid. The zero value begins at whole multiples of the target.
type Grid struct {
	mu     sync.Mutex
	offset time.Duration
	cut    time.Time // where the newest segment of a picture begins
}

// maxClockError is how far apart two clocks may read for one picture, where its key frames are not closer than four times that.
const maxClockError = 300 * time.Millisecond

// slot numbers the instant of the grid that a random access point belongs to. Where it is to be cut at, it must not be
// near an edge.
func (g *Grid) slot(at time.Time, target, gop time.Duration, cutting bool) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	// Within the range of int64 until the year 2262; what is beyond wraps, and does no more harm than a wrong clock.
	since := time.Duration(at.UnixNano()) + gop/2 - g.offset
	if near := min(gop/4, maxClockError); cutting {
		switch past := modulo(since, target); {
		case past < near:
			g.offset -= gop / 4
			since += gop / 4
		case target-past <= near:
			g.offset += gop / 4
			since -= gop / 4
		}
	}
	return int64((since - modulo(since, target)) / target)
}

func modulo(d, by time.Duration) time.Duration {
	if d %= by; d < 0 {
		d += by
	}
	return d
}

// onGrid says whether a random access point is the first that belongs to an instant of the grid.
func (s *Segmenter) onGrid(grid *Grid, sample *media.Sample) bool {
	gop := s.duration(min(s.gop, s.ticks(s.Target)))
	at := grid.slot(s.Clock(s.duration(s.presentation(sample))), s.Target, gop, true)
	from := s.slot
	if !s.slotted {
		from = grid.slot(s.Clock(s.duration(s.time)), s.Target, gop, false)
	}
	if at <= from {
		return false
	}
	s.slot, s.slotted = at, true
	return true
}

// grid is the grid in force, nil where there is none.
func (s *Segmenter) grid() *Grid {
	if s.Grid == nil || s.Clock == nil {
		return nil
	}
	return s.Grid()
}
