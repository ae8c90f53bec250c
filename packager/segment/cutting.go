package segment

import (
	"podium.tv/podium/packager/media"
)

// lead takes a sample of the leading track and decides whether a segment ends before it.
func (s *Segmenter) lead(sample media.Sample) {
	t := &s.tracks[s.leading]
	if t.seen && sample.DTS <= t.last {
		return
	}
	if len(t.pieces) == 0 {
		s.push(s.leading, sample)
		return
	}
	if at, ok := s.soundGrid(&sample); ok {
		s.leadSound(sample, at)
		return
	}
	if s.isSync(&sample) {
		s.gop = sample.DTS - s.lastSync
		s.lastSync = sample.DTS
	}
	if s.presentation(&sample)-s.time > 2*s.ticks(s.Target) {
		s.release(true)
	}
	if last := len(t.pieces) - 1; last > 0 && s.presentation(&sample)-s.time > 2*s.ticks(s.Target) {
		// How long a frame lasts is known when the next is here. With the last frame the segment would be too long: it
		// ends before it.
		if !s.isAudio() {
			s.fault(ErrForcedCut)
		}
		p := &t.pieces[last]
		begin := media.Sample{DTS: p.DTS, PTS: p.DTS + int64(p.Offset), Sync: p.Sync}
		s.cutAt(last, &begin, s.presentation(&begin))
	}
	if s.held == nil && s.shouldCut(&sample) {
		s.endBefore(&sample)
	}
	s.push(s.leading, sample)
	s.release(false)
}

// presentation is the presentation time of a segment that would begin with a sample. What follows a random access
// point in decoding order may be shown before others: where a cut has to be made without one, the time is reckoned
// from the DTS.
func (s *Segmenter) presentation(sample *media.Sample) int64 {
	reorder := s.reorder
	if s.isSync(sample) {
		reorder = s.reorderOf(sample)
	}
	return max(sample.DTS+reorder, s.time+1)
}

// reorderOf is how long after its DTS a random access point is shown. More than half a segment is a fault of the
// source's stamps, which durations must not follow.
func (s *Segmenter) reorderOf(sample *media.Sample) int64 {
	return min(max(sample.PTS-sample.DTS, 0), s.ticks(s.Target)/2)
}

// shouldCut says whether a segment begins with the sample.
func (s *Segmenter) shouldCut(sample *media.Sample) bool {
	t := &s.tracks[s.leading]
	target := s.ticks(s.Target)
	elapsed := sample.DTS - s.start
	if s.bytes > s.MaxBytes {
		s.tooLarge("after " + s.duration(elapsed).String())
		return true
	}
	if s.isAudio() {
		// The multiple of the target nearest to this frame's start: k counts from the epoch's first sample,
		// so that rounding does not add up.
		k := (s.start - s.epochBase + target/2) / target
		return sample.DTS-s.epochBase+(sample.DTS-t.last)/2 >= (k+1)*target || elapsed > 2*target
	}
	if sample.Sync && s.isDue(sample, elapsed, target) {
		return true
	}
	if s.presentation(sample)-s.time > s.bound() {
		s.fault(ErrForcedCut)
		return true
	}
	return false
}

// isDue says whether a segment may end before a random access point.
func (s *Segmenter) isDue(sample *media.Sample, elapsed, target int64) bool {
	grid := s.grid()
	if grid == nil {
		return elapsed >= max(target-s.gop/2, target/8)
	}
	if elapsed >= target/8 && s.onGrid(grid, sample) {
		return true
	}
	if elapsed <= target+target/8+s.gop/4 {
		return false
	}
	s.slotted = false // A clock that went back must not keep the segment from ending: with a sane one it is never that long.
	return true
}

// bound is how long a segment may get without a random access point: twice the target. Where those are known to be
// farther apart than that, the time between them is parted evenly, with some room for their jitter, so that no
// scrap is left before the next.
func (s *Segmenter) bound() int64 {
	limit := 2 * s.ticks(s.Target)
	if s.gop <= limit {
		return limit
	}
	part := s.gop / ((s.gop + limit - 1) / limit)
	return min(part+part/8, limit)
}

// cutAt ends the segment before a sample of the leading track, that of that index, and begins the next with it.
func (s *Segmenter) cutAt(index int, sample *media.Sample, presentation int64) {
	s.cut(index, sample.DTS, presentation, false)
	if s.sync = s.isSync(sample); !s.sync {
		s.slotted = false
	}
	s.start, s.time = sample.DTS, presentation
	if grid := s.grid(); grid != nil && s.sync && !s.isAudio() {
		grid.note(s.Clock(s.duration(presentation)))
	}
	if s.sync {
		s.reorder = s.reorderOf(sample)
	}
}

// cut makes a segment of the leading track's first samples, of that count, and of all other samples before end, a DTS
// of the leading track at which the presentation has come to until. DTS decides, not presentation, because the
// tracks are muxed in its order. Where not all is cut, the last sample of a track that does not lead stays,
// since its duration is not known yet.
func (s *Segmenter) cut(count int, end, until int64, all bool) {
	seg := &Segment{
		Init: s.Init,
		Time: s.duration(s.time),
		// Differences of rounded times, so that the rounding does not add up.
		Duration:      s.duration(until) - s.duration(s.time),
		Discontinuity: s.disc,
		Independent:   s.sync && s.othersBegin(),
		Tracks:        make([]media.Range, len(s.tracks)),
	}
	s.date()
	seg.Start = s.wall
	if s.partTarget > 0 {
		seg.Parts = Parts{Target: s.partTarget, Tracks: make([][]Part, len(s.tracks))}
	}
	s.sequence++
	whole := s.buffer()
	seg.Media = whole[recordRoom:]
	s.bytes = 0
	for n := range s.tracks {
		t := &s.tracks[n]
		if s.isText(n) {
			offset := int64(len(seg.Media))
			seg.Media = AppendFragment(seg.Media, s.sequence, &s.Init.Tracks[n], s.cutText(n, until))
			seg.Tracks[n] = media.Range{Offset: offset, Length: int64(len(seg.Media)) - offset}
			continue
		}
		take := count
		switch {
		case all:
			take = len(t.pieces)
		case n != s.leading:
			take = t.before(media.Ticks(end, s.timescale(s.leading), s.timescale(n)), &s.Init.Tracks[n])
			if s.isOther(n) {
				take = s.takeOther(n, take, until)
			}
		}
		offset := int64(len(seg.Media))
		seg.Media = AppendFragment(seg.Media, s.sequence, &s.Init.Tracks[n], t.pieces[:take])
		seg.Tracks[n] = media.Range{Offset: offset, Length: int64(len(seg.Media)) - offset}
		if parts := s.takeParts(n, take); fill(parts, seg.Duration) {
			seg.Parts.Tracks[n] = parts
		}
		t.drop(take)
		s.bytes += t.size()
	}
	seg.whole = whole[:min(recordRoom+len(seg.Media), cap(whole))] // Media may have outgrown it, which Object finds.
	s.disc, s.full = false, false
	s.partTarget, s.dated = 0, false
	if s.OnSegment != nil {
		s.OnSegment(seg)
	}
}
