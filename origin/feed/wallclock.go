package feed

import (
	"fmt"
	"time"
)

// WallClock says whose clock dates the pictures.
type WallClock string

// The clocks a feed can be dated by.
const (
	// Arrival dates pictures by this machine's clock when they come in.
	Arrival WallClock = "arrival"
	// Sender dates pictures by the sender's clock, where it is within maxSenderError of ours.
	Sender WallClock = "sender"
)

const (
	// maxSenderError is how wrong a sender's clock may be before it is not believed.
	maxSenderError = 10 * time.Second
	// maxSlew is how fast the mapping may be corrected: 0.1 ms a second, so that PROGRAM-DATE-TIME never steps
	// inside an epoch and a player sees no drift.
	maxSlew = 1e-4
	// slewWindow is how long observations are gathered for one correction.
	slewWindow = 4 * time.Second
)

// wallClock maps an epoch's media times to wall-clock time: anchored once, then slewed.
type wallClock struct {
	source WallClock
	warn   func(error)

	anchored bool
	anchor   time.Time // wall clock of media time 0
	// best is the earliest wall clock of media time 0 that was observed in this window: of all samples, the one
	// that was delayed least.
	best     time.Time
	since    time.Duration
	distrust bool
}

// observe takes note of a sample with media time at, which came in now and was made at sent by the sender's clock, if
// that is known.
func (c *wallClock) observe(at time.Duration, now, sent time.Time) {
	zero := now.Add(-at).Round(0) // Without the monotonic reading, so that a step of the system's clock is noticed.
	if c.source == Sender && !sent.IsZero() {
		if off := sent.Sub(now); off.Abs() > maxSenderError {
			if !c.distrust && c.warn != nil {
				c.warn(fmt.Errorf("sender's clock is %s off ours: pictures are dated by our clock; set the encoder's NTP",
					off.Round(time.Second)))
			}
			c.distrust = true
		} else {
			zero = sent.Add(-at).Round(0)
		}
	}
	if !c.anchored {
		c.anchored, c.anchor, c.best, c.since = true, zero, zero, at
		return
	}
	if zero.Before(c.best) || c.best.IsZero() {
		c.best = zero
	}
	if span := at - c.since; span >= slewWindow {
		limit := time.Duration(float64(span) * maxSlew)
		c.anchor = c.anchor.Add(min(max(c.best.Sub(c.anchor), -limit), limit))
		c.best, c.since = time.Time{}, at
	}
}

// at is the wall clock of a media time.
func (c *wallClock) at(media time.Duration) time.Time { return c.anchor.Add(media) }
