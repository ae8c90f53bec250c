package hls

import (
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// event is something for the receiver: a description, a sample or a warning.
type event struct {
	tracks []media.Track
	track  int
	sample media.Sample
	at     time.Duration // of the sample, by its DTS
	warn   error
}

// isSample says that it is neither a description nor a warning.
func (e *event) isSample() bool { return e.tracks == nil && e.warn == nil }

// before says that an event is to be handed out before one of another playlist: what is no sample at once.
func (e *event) before(other *event) bool {
	return !e.isSample() || other.isSample() && e.at < other.at
}

// intake gathers what one playlist's segments bring.
type intake struct {
	tracks []media.Track
	events []event
	wall   time.Time // of the segment's first sample
	first  bool      // the segment's first sample is to come
	begin  time.Duration
	shift  time.Duration
	align  func(at time.Duration) time.Duration // what to add to times, once, at the first of them
}

var _ input.Receiver = (*intake)(nil)

// segment sets out for a segment that begins at some date, or at none that is known.
func (in *intake) segment(wall time.Time) { in.wall, in.first = wall, true }

// Describe implements input.Receiver.
func (in *intake) Describe(tracks []media.Track) error {
	same := len(tracks) == len(in.tracks)
	for i := range tracks {
		same = same && tracks[i].Timescale == in.tracks[i].Timescale && tracks[i].Language == in.tracks[i].Language &&
			media.Equal(tracks[i].Codec, in.tracks[i].Codec)
	}
	if same {
		return nil
	}
	in.tracks = tracks
	in.events = append(in.events, event{tracks: tracks})
	return nil
}

// Sample implements input.Receiver.
func (in *intake) Sample(track int, s media.Sample) {
	if track < 0 || track >= len(in.tracks) {
		return
	}
	scale := in.tracks[track].Timescale
	at := media.Duration(s.DTS, scale)
	if in.align != nil {
		in.shift = in.align(at)
		in.align = nil
	}
	if in.shift != 0 {
		ticks := media.FromDuration(in.shift, scale)
		s.DTS += ticks
		s.PTS += ticks
		at += in.shift
	}
	if in.first {
		in.first, in.begin = false, media.Duration(s.PTS, scale)
	}
	if !in.wall.IsZero() && s.Wall.IsZero() {
		s.Wall = in.wall.Add(media.Duration(s.PTS, scale) - in.begin)
	}
	in.events = append(in.events, event{track: track, sample: s, at: at})
}

// Warn implements input.Receiver.
func (in *intake) Warn(err error) { in.events = append(in.events, event{warn: err}) }

// take gives what was gathered.
func (in *intake) take() []event {
	out := in.events
	in.events = nil
	return out
}
