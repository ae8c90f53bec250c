package segment

import (
	"math"

	"podium.tv/podium/packager/media"
)

// pendingTrack holds the samples of one track that are not yet in a segment. The last of them has no
// duration until its successor is here.
type pendingTrack struct {
	pieces []Piece
	seen   bool
	last   int64       // DTS of the newest sample
	recent [2]uint32   // the last two durations
	cues   []media.Cue // of a text track: those to be shown, with media times
	parting
}

// push appends a sample to its track and gives the one before it its duration.
func (s *Segmenter) push(track int, sample media.Sample) {
	t := &s.tracks[track]
	if t.seen && sample.DTS <= t.last {
		return
	}
	if n := len(t.pieces); n > 0 {
		t.pieces[n-1].Duration = duration32(sample.DTS - t.last)
	}
	if t.seen {
		t.recent = [2]uint32{duration32(sample.DTS - t.last), t.recent[0]}
		if s.Pace != nil && track == s.leading {
			s.Pace.observe(t.recent[0], s.timescale(track))
		}
	}
	t.seen, t.last = true, sample.DTS
	p := Piece{
		DTS: sample.DTS, Offset: int32(max(min(sample.PTS-sample.DTS, 1<<30), -1<<30)),
		Sync: sample.Sync || s.Init.Tracks[track].Kind() == media.Audio, Units: sample.Units,
	}
	s.bytes += p.size(0)
	t.pieces = append(t.pieces, p)
}

// before counts the samples that come before a DTS and whose duration is known. The last one's is not, unless the
// track has stopped or lags: then it is taken to be the usual one, so that the sample does not turn up far
// behind its time.
func (t *pendingTrack) before(dts int64, track *media.Track) int {
	n := 0
	for n < len(t.pieces)-1 && t.pieces[n].DTS < dts {
		n++
	}
	if n == len(t.pieces)-1 && t.last+int64(t.usual(track))+int64(track.Timescale) <= dts {
		t.finish(track)
		n++
	}
	return n
}

// finish gives the last sample the usual duration.
func (t *pendingTrack) finish(track *media.Track) {
	if n := len(t.pieces); n > 0 {
		t.pieces[n-1].Duration = t.usual(track)
	}
}

// usual is the smaller of the last two durations, lest a pause is taken for the usual; where there are none, what
// most sources of the kind have.
func (t *pendingTrack) usual(track *media.Track) uint32 {
	switch {
	case t.recent[1] != 0:
		return min(t.recent[0], t.recent[1])
	case t.recent[0] != 0:
		return t.recent[0]
	case track.Kind() == media.Audio:
		return 1024 // A frame of AAC; the timescale is the sampling rate.
	}
	return duration32(int64(track.Timescale) / 25)
}

// drop forgets the first samples.
func (t *pendingTrack) drop(count int) {
	rest := copy(t.pieces, t.pieces[count:])
	clear(t.pieces[rest:])
	t.pieces = t.pieces[:rest]
}

// size is the payload of the samples in bytes.
func (t *pendingTrack) size() int {
	n := 0
	for i := range t.pieces {
		n += t.pieces[i].size(0)
	}
	return n
}

// duration32 is a duration as it is stored; none is zero.
func duration32(d int64) uint32 { return uint32(min(max(d, 1), math.MaxUint32)) }
