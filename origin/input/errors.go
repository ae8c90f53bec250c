package input

import (
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
)

// What ends a connection of any kind, or keeps it from starting.
var (
	// ErrNoTracks means that the stream has nothing in it that a channel can carry.
	ErrNoTracks = errors.New("the stream has no track that can be carried: H.264 or H.265 video, AAC, Opus or MPEG audio is expected")
	// ErrNoParameters means that neither the description nor the stream told a track's parameter sets in time.
	ErrNoParameters = errors.New("no parameter sets in the description nor in the stream")
	// ErrNoKeyframe means that a video track went on without a picture to start from.
	ErrNoKeyframe = errors.New("no key frame (IDR picture)")
	// ErrSilent means that the connection is up but nothing usable arrives.
	ErrSilent = errors.New("no usable frame arrives")
	// ErrTooMuch means that the input brought more bits or tracks than one may. It is also the cause of a context that ends such an
	// input.
	ErrTooMuch = errors.New("the input brings more than it may")
)

// Waited wraps one of the errors above with how long was waited and what would help.
func Waited(err error, d time.Duration, advice string) error {
	return fmt.Errorf("%w within %s: %s", err, d, advice)
}

// UnsupportedTrackError names a track that was dropped, and what to do about it.
type UnsupportedTrackError struct {
	Codec  string     // lower-case name, such as g711
	Kind   media.Kind // zero for tracks that are neither watched nor heard
	Advice string     // such as "set the encoder to AAC"
}

// Error implements error.
func (e *UnsupportedTrackError) Error() string {
	what := e.Codec + " track"
	if e.Kind != 0 {
		what = e.Codec + " " + e.Kind.String()
	}
	return fmt.Sprintf("%s cannot be carried in HLS: %s", what, e.Advice)
}

// LossError sums up what went wrong with the packets of a connection in one second.
type LossError struct {
	Packets string // what packets are called there, such as "RTP packets"; "packets" where empty
	Lost    uint64 // packets that never arrived
	Dropped uint64 // packets dropped because the feed was too slow to take them
	Broken  uint64 // packets or access units that could not be read
	Last    error  // why the last of Broken could not be read
}

// Any says that something went wrong.
func (e *LossError) Any() bool { return e.Lost > 0 || e.Dropped > 0 || e.Broken > 0 }

// Error implements error.
func (e *LossError) Error() string {
	packets := e.Packets
	if packets == "" {
		packets = "packets"
	}
	s := ""
	add := func(n uint64, what string) {
		if n == 0 {
			return
		}
		if s != "" {
			s += ", "
		}
		s += fmt.Sprintf("%d %s", n, what)
	}
	add(e.Lost, packets+" lost")
	add(e.Dropped, packets+" dropped because the feed is too slow")
	add(e.Broken, "packets or frames unreadable")
	if e.Last != nil {
		s += fmt.Sprintf(" (last: %v)", e.Last)
	}
	return s + " in the last second"
}

// Unwrap gives the last decoding error.
func (e *LossError) Unwrap() error { return e.Last }
