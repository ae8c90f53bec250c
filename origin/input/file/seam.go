package file

import (
	"math"
	"time"

	"podium.tv/podium/packager/media"
)

// seam has media times go on where a film begins again. Pictures begin one picture after the last. Frames of sound are counted
// on, from the frame that is nearest to where the pictures are, so that no sample of sound is missing or too many and both
// stay within half a frame. The zero value is for the first round.
type seam struct {
	tracks []media.Track
	lead   int
	times  []trackTimes
	rounds int
	shift  int64 // of the leading track's times in this round
	limit  int64 // of the leading track's times: what other tracks have behind it is cut off
	broken bool  // times in the film jump, or pictures need those before: rounds begin with a jump as well
}

// trackTimes are a track's in its timescale.
type trackTimes struct {
	seen      bool  // in this round
	first     int64 // DTS in the film
	begins    int64 // PTS of the first
	last      int64 // DTS in the film
	step      int64 // from one sample to the next
	out       int64 // DTS as it went on
	any       bool  // out is set
	shift     int64 // for tracks that do not lead
	delivered bool
}

// describe takes tracks on, which may be the ones there were.
func (s *seam) describe(tracks []media.Track, lead int) {
	same := len(tracks) == len(s.tracks) && lead == s.lead
	for i := range tracks {
		same = same && tracks[i].Timescale == s.tracks[i].Timescale
	}
	s.tracks, s.lead = tracks, lead
	if same {
		return
	}
	s.times = make([]trackTimes, len(tracks))
	s.rounds, s.shift, s.limit = 0, 0, math.MaxInt64
}

// maxStep is how far apart samples of a whole film are.
const maxStep = 10 * time.Second

// place gives a sample its time in the stream. It is false for one that has no place.
func (s *seam) place(track int, in media.Sample) (out media.Sample, at time.Duration, ok bool) {
	if track >= len(s.times) {
		return in, 0, false
	}
	t := &s.times[track]
	scale := s.tracks[track].Timescale
	if !t.seen {
		t.seen, t.first, t.begins = true, in.DTS, in.PTS
		s.broken = s.broken || track == s.lead && open(s.tracks[track].Codec, in.Units)
	} else {
		if step := in.DTS - t.last; step > 0 {
			t.step = step
		}
		if step := media.Duration(in.DTS-t.last, scale); track == s.lead && (step < 0 || step > maxStep) {
			s.broken = true
		}
	}
	t.last = in.DTS
	shift := s.shift
	if track != s.lead {
		if !s.follow(t, in.DTS, scale) {
			return in, 0, false
		}
		shift = t.shift
	}
	in.DTS += shift
	in.PTS += shift
	t.out, t.any, t.delivered = in.DTS, true, true
	return in, media.Duration(in.DTS, scale), true
}

// open says that a picture may be followed by some that need those before it: any random access point of H.265 but an IDR
// picture (H.265 §7.4.2.2). Decoders that come to it in the middle of a stream do not know that a film begins.
func open(codec media.Codec, units [][]byte) bool {
	if _, is := codec.(*media.H265); !is {
		return false
	}
	for _, unit := range units {
		if len(unit) == 0 {
			continue
		}
		if kind := unit[0] >> 1 & 0x3f; kind < 32 {
			return kind != 19 && kind != 20
		}
	}
	return false
}

// follow finds what to add to a track's times in this round, and says whether a sample is to go on.
func (s *seam) follow(t *trackTimes, dts int64, scale int) bool {
	lead := s.tracks[s.lead].Timescale
	if s.limit != math.MaxInt64 && dts >= media.Ticks(s.limit, lead, scale) {
		return false
	}
	if t.delivered {
		return true
	}
	t.shift = media.Ticks(s.shift, lead, scale)
	if s.rounds == 0 || !t.any {
		return true
	}
	want, next := dts+t.shift, t.out+t.step
	if want < next-t.step/2 {
		return false // It was heard at the end of the round before.
	}
	if want <= next+t.step {
		t.shift = next - dts
	}
	return true
}

// finish says that the leading track has ended: how long a round is, is known.
func (s *seam) finish() {
	if s.lead >= len(s.times) {
		return
	}
	if t := &s.times[s.lead]; t.seen && s.rounds == 0 {
		s.limit = t.begins + t.last + max(t.step, 1) - t.first
	}
}

// again begins another round.
func (s *seam) again() {
	if s.lead >= len(s.times) {
		return
	}
	t := &s.times[s.lead]
	if s.broken || !t.seen {
		tracks := s.tracks
		*s = seam{}
		s.describe(tracks, (&media.Init{Tracks: tracks}).Leading())
		return
	}
	s.shift += t.last + max(t.step, 1) - t.first
	s.rounds++
	for i := range s.times {
		s.times[i].seen, s.times[i].delivered = false, false
	}
}
