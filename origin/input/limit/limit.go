// Package limit ends an input that brings more than a feed may take, so that one gone mad does not take the others' share of the
// machine.
package limit

import (
	"context"
	"fmt"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// Input is another input that is held to limits.
type Input struct {
	input.Input
	// Bitrate is how many bits a second it may bring, for longer than five seconds. At 0 there is no limit.
	Bitrate int64
	// Tracks is how many tracks it may have. At 0 there is no limit.
	Tracks int
	// Now defaults to time.Now.
	Now func() time.Time
}

var (
	_ input.Input = (*Input)(nil)
	_ input.Meter = (*Input)(nil)
)

// Run implements input.Input.
func (l *Input) Run(ctx context.Context, r input.Receiver) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	w := &watch{Receiver: r, limits: l, now: l.Now, end: end}
	if w.now == nil {
		w.now = time.Now
	}
	err := l.Input.Run(ctx, w)
	if w.over != nil {
		return w.over
	}
	return err
}

// Network implements input.Meter, where the input does.
func (l *Input) Network() (n input.Network, ok bool) {
	if m, is := l.Input.(input.Meter); is {
		return m.Network()
	}
	return n, false
}

// The rate is measured over a second at least, and so many in a row have to be over the limit: a key frame of a film's scene, and what
// was held up in the network, are not meant.
const (
	window  = time.Second
	strikes = 5
)

// watch counts what comes.
type watch struct {
	input.Receiver
	limits *Input
	now    func() time.Time
	end    context.CancelCauseFunc

	since   time.Time
	bits    int64
	strikes int
	over    error
}

// Describe implements input.Receiver.
func (w *watch) Describe(tracks []media.Track) error {
	if n := len(tracks); w.limits.Tracks > 0 && n > w.limits.Tracks {
		w.over = fmt.Errorf("%w: %d tracks, at most %d are allowed: have the encoder send fewer, or raise inputs.max_tracks",
			input.ErrTooMuch, n, w.limits.Tracks)
		return w.over
	}
	return w.Receiver.Describe(tracks)
}

// Sample implements input.Receiver.
func (w *watch) Sample(track int, s media.Sample) {
	if w.over != nil {
		return
	}
	if w.limits.Bitrate > 0 && !w.within(int64(s.Size())*8) {
		w.end(w.over)
		return
	}
	w.Receiver.Sample(track, s)
}

// within counts bits, and says whether the input may go on.
func (w *watch) within(bits int64) bool {
	now := w.now()
	if w.since.IsZero() {
		w.since = now
	}
	if took := now.Sub(w.since); took >= window {
		rate := float64(w.bits) / took.Seconds()
		w.since, w.bits = now, 0
		if rate <= float64(w.limits.Bitrate) {
			w.strikes = 0
		} else {
			w.strikes++
		}
		if w.strikes >= strikes {
			w.over = fmt.Errorf("%w: %.1f Mb/s for %d seconds, at most %.1f Mb/s are allowed: lower the encoder's bit rate, "+
				"or raise inputs.max_bitrate", input.ErrTooMuch, rate/1e6, strikes, float64(w.limits.Bitrate)/1e6)
			return false
		}
	}
	w.bits += bits
	return true
}
