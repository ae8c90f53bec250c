package segment

import (
	"time"

	"podium.tv/podium/packager/media"
)

// note takes down the instant at which a segment of a picture begins, once for all of its sizes.
func (g *Grid) note(at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at.Sub(g.cut).Abs() > maxClockError {
		g.cut = at
	}
}

// noted is the newest instant that was noted.
func (g *Grid) noted() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cut
}

// soundGrid is the grid that sound alone is cut by, with the instant at which the pictures beside it were cut last; nil where there
// is none, or no picture has come for a while.
func (s *Segmenter) soundGrid(sample *media.Sample) (at time.Time, ok bool) {
	grid := s.grid()
	if grid == nil || !s.isAudio() {
		return at, false
	}
	at = grid.noted()
	return at, !at.IsZero() && s.Clock(s.duration(sample.DTS)).Sub(at) < 2*s.Target
}

// leadSound takes a sample of sound that stands beside pictures in feeds of their own, as the size for those who only listen: it
// is cut at the frame nearest to where they are.
func (s *Segmenter) leadSound(sample media.Sample, at time.Time) {
	s.push(s.leading, sample)
	t := &s.tracks[s.leading]
	last := len(t.pieces) - 1
	if at.Sub(s.Clock(s.duration(s.start))) < s.Target/8 {
		// They are in the segment that began then as well.
		if s.duration(sample.DTS-s.start) > 2*s.Target-s.Target/8 || s.bytes > s.MaxBytes {
			s.cutSound(last)
		}
		return
	}
	for i := max(1, t.done); i <= last; i++ {
		begin, half := t.pieces[i].DTS, int64(t.usual(&s.Init.Tracks[s.leading]))/2
		if !s.Clock(s.duration(begin + half)).Before(at) {
			s.cutSound(i)
			return
		}
	}
}

func (s *Segmenter) cutSound(index int) {
	if index < 1 {
		return
	}
	p := &s.tracks[s.leading].pieces[index]
	begin := media.Sample{DTS: p.DTS, PTS: p.DTS + int64(p.Offset), Sync: true}
	s.cutAt(index, &begin, s.presentation(&begin))
}
