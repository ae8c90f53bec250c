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
	// maxSlew is how fast the mapping may be corrected: 0.1 ms a second.
	maxSlew = 1e-4
	// maxCorrection bounds one segment's correction. With what rounding to milliseconds adds, a date stays within
	// 2 ms of the date before it plus EXTINF, which players take for continuous.
	maxCorrection = 400 * time.Microsecond
	// slewWindow is how long observations are gathered for one correction.
	slewWindow = 4 * time.Second
	// maxError is the error of a date past which slewing would take hours: it takes a new epoch.
	maxError = 2 * time.Second
)

// wallClock maps an epoch's media times to wall-clock time. Until the first segment asks for its date it takes the best
// observation; from then on it is slewed, so that PROGRAM-DATE-TIME never steps inside an epoch.
type wallClock struct {
	source WallClock
	warn   func(error)
	// distrust says that the sender's clock was found wrong and reported. It outlives the epoch.
	distrust *bool

	observed bool
	anchor   time.Time // wall clock of media time 0, as segments are dated by
	goal     time.Time // what it should be
	sent     bool      // the goal is by the sender's clock
	dated    bool      // a segment has been dated
	last     time.Duration

	// best is the earliest wall clock of media time 0 that was observed in this window: of all samples, the one
	// that was delayed least.
	best  time.Time
	since time.Duration
}

// begin dates a media time by a date that is known.
func (c *wallClock) begin(at time.Duration, date time.Time) {
	c.anchor = date.Add(-at).Round(0)
	c.goal, c.observed, c.dated, c.last, c.since = c.anchor, true, true, at, at
}

// observe takes note of a sample with media time at, which came in now and was made at sent by the sender's clock, if
// that is known.
func (c *wallClock) observe(at time.Duration, now, sent time.Time) {
	zero, bySender := now.Add(-at).Round(0), false // Without the monotonic reading, so that a step of the system's clock is noticed.
	if c.source == Sender && !sent.IsZero() && c.trust(sent.Sub(now)) {
		zero, bySender = sent.Add(-at).Round(0), true
	}
	switch {
	case !c.observed, !c.dated && bySender && !c.sent:
		// The first report of a sender may come after the first pictures.
		c.observed, c.sent, c.since = true, bySender, at
		c.goal, c.best, c.anchor = zero, zero, zero
		return
	case !c.dated && c.sent && !bySender:
		return
	}
	if c.best.IsZero() || zero.Before(c.best) {
		c.best = zero
	}
	if !c.dated {
		// A server that sends what it has buffered sends it late, and the first picture the latest.
		c.goal, c.anchor = c.best, c.best
	}
	if at-c.since >= slewWindow {
		c.goal = c.best
		c.best, c.since = time.Time{}, at
	}
}

// trust says whether a sender's clock that is off ours by so much is to be believed.
func (c *wallClock) trust(off time.Duration) bool {
	if off.Abs() <= maxSenderError {
		return true
	}
	if c.distrust != nil && !*c.distrust {
		*c.distrust = true
		c.warn(fmt.Errorf("sender's clock is %s off ours: pictures are dated by our clock; set the encoder's NTP",
			off.Round(time.Second)))
	}
	return false
}

// at is the date of the segment that begins at a media time. Each call takes one step towards the goal.
func (c *wallClock) at(media time.Duration) time.Time {
	if c.dated {
		limit := min(time.Duration(float64(media-c.last)*maxSlew), maxCorrection)
		c.anchor = c.anchor.Add(min(max(c.goal.Sub(c.anchor), -limit), limit))
	}
	c.dated, c.last = true, media
	return c.anchor.Add(media)
}

// read is the date of a media time, without a step.
func (c *wallClock) read(media time.Duration) time.Time { return c.anchor.Add(media) }

// error is how far dates are from what they should be.
func (c *wallClock) error() time.Duration {
	if !c.dated {
		return 0
	}
	return c.goal.Sub(c.anchor)
}
