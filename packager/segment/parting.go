package segment

import (
	"time"

	"podium.tv/podium/packager/media"
)

// parting is where a track's parts stand within the segment in the making.
type parting struct {
	parts []Part
	done  int   // how many samples are in them
	from  int64 // where the next begins, in the track's timescale
	off   bool  // no part can be made any more before the next segment
}

// part makes what parts can be made, and tells of them. A track's samples go into parts as soon as it is sure in which
// segment they are: the leading track decides that, and its newest frame may yet begin the next one.
func (s *Segmenter) part() {
	if !s.parts() {
		return
	}
	made := false
	edge := s.tracks[s.leading].last
	for n := range s.tracks {
		if s.isText(n) {
			continue // A text is whole or nothing.
		}
		t := &s.tracks[n]
		until := media.Ticks(edge, s.timescale(s.leading), s.timescale(n))
		count := t.done
		for count < len(t.pieces)-1 && t.pieces[count].DTS < until {
			count++
		}
		made = s.partTrack(n, count) || made
	}
	if !made || s.OnPart == nil {
		return
	}
	s.date()
	m := &Making{
		Init: s.Init, Start: s.wall, Time: s.duration(s.time), Discontinuity: s.disc, Independent: s.sync,
		Parts: Parts{Target: s.partTarget, Tracks: make([][]Part, len(s.tracks))},
	}
	for n := range s.tracks {
		m.Parts.Tracks[n] = s.tracks[n].parts
	}
	s.OnPart(m)
}

// parts says whether parts are made of this segment, and settles how long they are.
func (s *Segmenter) parts() bool {
	if s.Pace == nil || s.hasOthers() || s.isAudio() && s.grid() != nil {
		// Where several pictures are cut is known only when all have come there, and so for sound on a grid. A player that is
		// close behind live in one of them would find nothing there in the next, so that there are parts of none.
		return false
	}
	if s.partTarget == 0 {
		if s.disc && s.duration(s.tracks[s.leading].last-s.start) < s.HoldParts {
			return false
		}
		s.partTarget = s.Pace.length()
	}
	return s.partTarget > 0
}

// date settles the wall clock of the segment: what was said of it once, when its first parts were put out, stays.
func (s *Segmenter) date() {
	if !s.dated && s.Wall != nil {
		s.wall = s.Wall(s.duration(s.time))
	}
	s.dated = true
}

// partTrack makes parts of a track's first samples, of that count, and says whether there are more than before. A part is
// as many samples as fit; it is at least 85 % of the target (RFC 8216bis §4.4.4.9) unless it begins with a random access
// point. Where a single frame is so long that both cannot be kept, the part is said to end within that frame.
func (s *Segmenter) partTrack(n, count int) bool {
	t := &s.tracks[n]
	if t.off || t.done >= count {
		return false
	}
	before := len(t.parts)
	target := media.FromDuration(s.partTarget, s.timescale(n))
	least := (target*85 + 99) / 100
	if len(t.parts) == 0 && t.done == 0 {
		t.from = t.pieces[0].DTS
	}
	for i := t.done; i < count; i++ {
		p := &t.pieces[i]
		end := p.DTS + int64(p.Duration)
		if p.DTS-t.from > target {
			t.off = true // Silence for longer than a part may last.
			return len(t.parts) > before
		}
		if end-t.from > target && i > t.done && (p.DTS-t.from >= least || t.pieces[t.done].Sync) {
			s.closePart(n, i, p.DTS)
		}
		switch length := end - t.from; {
		case length > target:
			s.closePart(n, i+1, t.from+target)
		case length >= least && length+int64(t.recent[0]) > target:
			s.closePart(n, i+1, end) // The next would not fit: no need to wait for it.
		}
	}
	return len(t.parts) > before
}

// lastParts makes parts of all samples of the segment that ends.
func (s *Segmenter) lastParts(n, count int) {
	t := &s.tracks[n]
	s.partTrack(n, count)
	if t.off || t.done >= count {
		return
	}
	last := &t.pieces[count-1]
	s.closePart(n, count, last.DTS+int64(last.Duration))
}

// closePart ends a part before a sample, at a time.
func (s *Segmenter) closePart(n, count int, end int64) {
	t := &s.tracks[n]
	length := media.Duration(end, s.timescale(n)) - media.Duration(t.from, s.timescale(n))
	s.partSequence++
	t.parts = append(t.parts, newPart(s.partSequence, &s.Init.Tracks[n], t.pieces[t.done:count], min(length, s.partTarget)))
	t.done, t.from = count, end
}

// fill says that parts last about as long as their segment: those of a track that fell silent in it do not, and players
// reckon with their sum.
func fill(parts []Part, segment time.Duration) bool {
	for i := range parts {
		segment -= parts[i].Duration
	}
	return len(parts) > 0 && segment.Abs() < time.Second
}

// takeParts are the parts of the segment that ends; a track's that are not all are not worth keeping.
func (s *Segmenter) takeParts(n, count int) []Part {
	t := &s.tracks[n]
	var parts []Part
	if s.partTarget > 0 {
		s.lastParts(n, count)
		if !t.off {
			parts = t.parts
		}
	}
	t.parting = parting{}
	return parts
}
