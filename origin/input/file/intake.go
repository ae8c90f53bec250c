package file

import (
	"slices"
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

func (e *event) isSample() bool { return e.tracks == nil && e.warn == nil }

// intake puts what is read in the order of its times: multiplexes have one track ahead of the other.
type intake struct {
	tracks []media.Track
	events []event
	bytes  int
}

var _ input.Receiver = (*intake)(nil)

// Describe implements input.Receiver.
func (in *intake) Describe(tracks []media.Track) error {
	in.tracks = tracks
	in.events = append(in.events, event{tracks: tracks})
	return nil
}

// Sample implements input.Receiver.
func (in *intake) Sample(track int, s media.Sample) {
	e := event{track: track, sample: s, at: media.Duration(s.DTS, in.tracks[track].Timescale)}
	n := len(in.events)
	for n > 0 && in.events[n-1].isSample() && in.events[n-1].at > e.at && e.at > in.events[n-1].at-maxInterleave {
		n--
	}
	in.events = slices.Insert(in.events, n, e)
	in.bytes += s.Size()
}

// Warn implements input.Receiver.
func (in *intake) Warn(err error) { in.events = append(in.events, event{warn: err}) }

const (
	// maxInterleave is how far a multiplex has one track ahead of another.
	maxInterleave = 1500 * time.Millisecond
	// maxBytes is what is held at most for that.
	maxBytes = 32 << 20
)

// next takes the first event off, once nothing that comes may stand before it; at the end, all of them.
func (in *intake) next(ended bool) (event, bool) {
	if len(in.events) == 0 {
		return event{}, false
	}
	first := in.events[0]
	last := in.events[len(in.events)-1]
	if !ended && first.isSample() && in.bytes < maxBytes && last.isSample() && (last.at-first.at).Abs() < maxInterleave {
		return event{}, false
	}
	in.events[0] = event{}
	in.events = in.events[1:]
	in.bytes -= first.sample.Size()
	return first, true
}

// has says whether a sample of a track waits.
func (in *intake) has(track int) bool {
	for i := range in.events {
		if in.events[i].isSample() && in.events[i].track == track {
			return true
		}
	}
	return false
}
