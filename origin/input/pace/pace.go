// Package pace hands stored media out at the pace at which it is watched.
package pace

import (
	"context"
	"time"
)

// Clock waits for media times to come. The first one it is asked for is due at once, and the ones behind it as much later
// as they are. The zero value is ready. One goroutine owns it.
type Clock struct {
	// Now is the wall clock. It defaults to time.Now.
	Now func() time.Time
	// Step is the largest step of media times that is waited for; past it, and where times go back by more than
	// a second, they begin anew from the moment they would have gone on at. It defaults to 10 seconds.
	Step time.Duration
	// Late is how late a media time may be handed out before all that follow are put off by as much. What is less late is
	// caught up with. It defaults to a second.
	Late time.Duration

	begun  bool
	anew   bool          // the next media time does not go on from the last
	anchor time.Time     // when media time base is due
	base   time.Duration // where the times that hold now begin
	last   time.Duration
	rate   float64 // how much faster than the wall clock media runs, 1e-4 for 100 ppm
}

// maxBack is how far media times may go back without beginning anew: tracks are interleaved by that much.
const maxBack = time.Second

// Wait returns when a media time is due, at once where it is late, and tells how late it was put off. Its error is the
// context's.
func (c *Clock) Wait(ctx context.Context, at time.Duration) (putOff time.Duration, err error) {
	now := c.now()
	due := c.due(at, now)
	late := now.Sub(due)
	limit := c.Late
	if limit <= 0 {
		limit = time.Second
	}
	switch {
	case late > limit:
		c.anchor = c.anchor.Add(late)
		return late, ctx.Err()
	case late >= 0:
		return 0, ctx.Err()
	}
	return 0, Sleep(ctx, -late)
}

// due is when a media time is to be handed out.
func (c *Clock) due(at time.Duration, now time.Time) time.Time {
	step := c.Step
	if step <= 0 {
		step = 10 * time.Second
	}
	switch d := at - c.last; {
	case !c.begun:
		c.begun, c.anchor, c.base = true, now, at
	case c.anew || d < -maxBack || d > step:
		c.anchor, c.base = c.when(c.last), at
	}
	c.last, c.anew = at, false
	return c.when(at)
}

func (c *Clock) when(at time.Duration) time.Time {
	d := at - c.base
	return c.anchor.Add(d - time.Duration(float64(d)*c.rate))
}

// Jump says that the next media time begins anew, however close to the last it is.
func (c *Clock) Jump() { c.anew = true }

// Slew has media run faster than the wall clock by a rate from now on, or slower by a negative one: 1e-4 is 100 ppm, as
// fast as a feed's dates follow.
func (c *Clock) Slew(rate float64) {
	if c.begun && rate != c.rate {
		c.anchor, c.base = c.when(c.last), c.last
	}
	c.rate = rate
}

func (c *Clock) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// Sleep waits for some time, or until ctx is done.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
