package feed

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"podium.tv/podium/origin/feed/eyes"
	"podium.tv/podium/origin/feed/health"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// line is one of a feed's sources at work: it keeps its input connected while it is let, measures what comes in, and passes it on while
// it is on the air.
type line struct {
	Source
	feed    *Feed
	rank    int // 0 is the best
	leash   leash
	board   board
	monitor health.Monitor

	// permit lets it go on the air with its next random access point; live says that it is there. The air sets both.
	permit, live atomic.Bool

	// Of the connection, used by the input's goroutine.
	init     *media.Init
	leading  int
	keyed    bool // a random access point came
	unkeyed  unkeyed
	faults   reminder
	distrust bool // of the sender's clock, reported once a connection

	outages reminder  // used by the line's goroutine
	eye     *eyes.Eye // opened and closed by it
}

func newLine(f *Feed, rank int) *line {
	l := &line{Source: f.Sources[rank], feed: f, rank: rank}
	l.monitor.Meter, _ = l.Input.(input.Meter)
	l.board.begin(l)
	return l
}

// run keeps the line connected whenever it is let, until ctx is done.
func (l *line) run(ctx context.Context) {
	p := &l.feed.Failover
	l.eye = l.feed.Eyes.Open(l.feed.ID, l.Name, p.Frozen > 0 || p.Black > 0, l.monitor.Look)
	defer l.eye.Close()
	for {
		run, ok := l.leash.wait(ctx)
		if !ok {
			return
		}
		l.connect(run)
		if ctx.Err() == nil {
			l.board.idle(l.feed.Now())
			l.feed.nudge()
		}
	}
}

// connect runs the input again and again until ctx is done.
func (l *line) connect(ctx context.Context) {
	f := l.feed
	pause := f.ReconnectMin
	for ctx.Err() == nil {
		began := f.Now()
		pictures, err := l.connection(ctx, began)
		if ctx.Err() != nil {
			l.monitor.End(nil, f.Now())
			return
		}
		if pictures > 0 {
			pause = f.ReconnectMin
			l.outages.forget()
		}
		wait := pause/2 + rand.N(pause) //nolint:gosec // jitter needs no secrecy
		now := f.Now()
		l.monitor.End(err, now)
		l.board.offline(err, now)
		f.nudge()
		f.Metrics.restarts.WithLabelValues(f.ID).Inc()
		l.outages.tell(f.Log, "input ended, will try again", err, now, "input", l.Name,
			"after", now.Sub(began).Round(time.Millisecond), "pictures", pictures, "retry_in", wait.Round(time.Millisecond))
		pause = min(pause*2, f.ReconnectMax)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// connection runs the input once, and says how many pictures came of it that can be shown.
func (l *line) connection(ctx context.Context, now time.Time) (pictures int, err error) {
	l.init, l.keyed, l.unkeyed, l.distrust = nil, false, unkeyed{}, false
	l.monitor.Begin(now)
	l.board.waiting(now)
	err = l.Input.Run(ctx, l)
	l.feed.air.leave(l)
	l.eye.Blink()
	return l.board.over(), err
}
