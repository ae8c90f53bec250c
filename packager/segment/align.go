package segment

import (
	"errors"
	"time"

	"podium.tv/podium/packager/media"
)

// ErrUnaligned says that the pictures of one source, which are to be sizes of one, cannot be changed between.
var ErrUnaligned = errors.New(
	"pictures of one source have their keyframes apart: make the encoder put them at the same instants, without scene cuts")

const (
	// pictureTolerance is how far apart one picture may be stamped in two tracks.
	pictureTolerance = 150 * time.Millisecond
	// picturePatience is how long a cut waits for the other pictures' random access points.
	picturePatience = 500 * time.Millisecond
)

// heldCut is a cut of the leading picture's that waits for the others to come to it. A source's tracks come one after another,
// each with a reordering of its own.
type heldCut struct {
	index        int // of the leading track's pieces, the first of the next segment
	sample       media.Sample
	presentation int64
}

// isOther says whether a track is a further picture beside the leading one.
func (s *Segmenter) isOther(n int) bool {
	return n != s.leading && !s.isAudio() && s.Init.Tracks[n].Kind() == media.Video
}

func (s *Segmenter) hasOthers() bool {
	for n := range s.tracks {
		if s.isOther(n) {
			return true
		}
	}
	return false
}

// endBefore ends the segment before a sample of the leading track, which is the newest; with other pictures, once those have
// come so far.
func (s *Segmenter) endBefore(sample *media.Sample) {
	t := &s.tracks[s.leading]
	t.pieces[len(t.pieces)-1].Duration = duration32(sample.DTS - t.last)
	if !s.isSync(sample) || !s.hasOthers() {
		s.cutAt(len(t.pieces), sample, s.presentation(sample))
		return
	}
	s.held = &heldCut{
		index: len(t.pieces), sample: media.Sample{DTS: sample.DTS, PTS: sample.PTS, Sync: true},
		presentation: s.presentation(sample),
	}
}

// release makes the cut that is held, if there is nothing to wait for any more.
func (s *Segmenter) release(now bool) {
	h := s.held
	if h == nil || !now && s.tracks[s.leading].last-h.sample.DTS < s.ticks(picturePatience) && !s.othersAt(h) {
		return
	}
	s.held = nil
	s.cutAt(h.index, &h.sample, h.presentation)
}

// othersAt says whether all other pictures have come to a cut. One that has stopped is not waited for.
func (s *Segmenter) othersAt(h *heldCut) bool {
	for n := range s.tracks {
		t := &s.tracks[n]
		if !s.isOther(n) || !t.seen || s.keyAt(n, h.presentation) >= 0 {
			continue
		}
		scale := s.timescale(n)
		at := media.Duration(t.last, scale)
		if at < s.duration(h.presentation)+pictureTolerance && at+time.Second > s.duration(h.sample.DTS) {
			return false
		}
	}
	return true
}

// keyAt is the index of another picture's random access point that is shown when the leading one's is, or -1.
func (s *Segmenter) keyAt(n int, presentation int64) int {
	t, at := &s.tracks[n], s.duration(presentation)
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.Sync && (media.Duration(p.DTS+int64(p.Offset), s.timescale(n))-at).Abs() <= pictureTolerance {
			return i
		}
	}
	return -1
}

// opens says whether another picture can begin with a sample.
func (s *Segmenter) opens(n int, sample *media.Sample) bool {
	return sample.Sync && media.Duration(sample.PTS, s.timescale(n)) >= s.duration(s.time)-pictureTolerance
}

// takeOther is how many of another picture's pieces belong to the segment that ends: those before its random access point, all
// where it has stopped, else usual.
func (s *Segmenter) takeOther(n, usual int, presentation int64) int {
	t := &s.tracks[n]
	if key := s.keyAt(n, presentation); key >= 0 {
		return key
	}
	if media.Duration(t.last, s.timescale(n)) < s.duration(presentation) {
		t.finish(&s.Init.Tracks[n])
		return len(t.pieces)
	}
	return usual
}

// othersBegin says whether each other picture that is there begins with a random access point as well.
func (s *Segmenter) othersBegin() bool {
	for n := range s.tracks {
		if s.isOther(n) && len(s.tracks[n].pieces) > 0 && !s.tracks[n].pieces[0].Sync {
			s.fault(ErrUnaligned)
			return false
		}
	}
	return true
}
