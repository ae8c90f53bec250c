package play

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"podium.tv/podium/packager/timeline"
)

// Demand is when viewers last asked for what a channel shows now, for feeds that are fetched only while somebody watches. It has no lock:
// every playlist that is asked for is noted.
type Demand struct {
	// Wake is called when somebody asks after nobody had for two seconds. It must not block.
	Wake func()

	last atomic.Int64 // Unix nanoseconds
	woke atomic.Uint64
}

const (
	// demandGrain is how exactly it is known when somebody asked: viewers of one channel would fight for the memory otherwise.
	demandGrain = 250 * time.Millisecond
	// demandFor is for how long somebody who asked counts as asking.
	demandFor = 2 * time.Second
	// wakePatience is how long the first who asks for a sleeping channel waits for it.
	wakePatience = 10 * time.Second
)

// ask notes that somebody asks.
func (d *Demand) ask(now time.Time) {
	at, was := now.UnixNano(), d.last.Load()
	since := time.Duration(at - was)
	if since < demandGrain || !d.last.CompareAndSwap(was, at) || since < demandFor {
		return
	}
	d.woke.Add(1)
	if d.Wake != nil {
		d.Wake()
	}
}

// Asked says whether somebody asked within the last two seconds.
func (d *Demand) Asked(now time.Time) bool {
	return time.Duration(now.UnixNano()-d.last.Load()) < demandFor
}

// Woken is how often somebody asked after nobody had.
func (d *Demand) Woken() uint64 { return d.woke.Load() }

// isNow says that a name is asked for by somebody who watches what comes from now on, not only what was.
func (n *name) isNow() bool {
	return (n.plays() || n.kind == masterPlaylist) && n.view.mode != archive && n.view.mode != absolute
}

// awake notes that somebody asks for what is on now, and says whether there is something on.
func (c *Channel) awake(now time.Time) bool {
	if c.Demand == nil {
		return true
	}
	c.Demand.ask(now)
	return c.OnAir(now)
}

// rouse has a sleeping channel's feed fetched, and waits until it puts out a segment. An old tail in its place would begin a film that
// stands still.
func (s *Service) rouse(ctx context.Context, c *Channel, n *name) error {
	if c.Demand == nil || !n.isNow() || !c.ready() || c.awake(s.now()) {
		return nil
	}
	patience := s.WakePatience
	if patience <= 0 {
		patience = wakePatience
	}
	next := c.Timeline.Tail().Next
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := s.waitFor(waiting, c, func(e *timeline.Edge) bool { return e.Tail.Next > next })
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errWaited)) {
		return errAsleep
	}
	return err
}

// liveRun is what the live view shows: the window. Of a channel that slept for longer than that, only what was put out since.
func (c *Channel) liveRun(t *timeline.Tail) []timeline.Entry {
	run := t.Live(c.window())
	if c.Demand == nil {
		return run
	}
	for i := len(run) - 1; i > 0; i-- {
		if run[i].Start.Sub(run[i-1].End()) > c.window() {
			return run[i:]
		}
	}
	return run
}
