// Package feed runs one live feed: it takes the best of its sources, makes its timestamps sane, cuts it into segments and
// records them in the feed's timeline, over reconnections, changes of source and restarts.
package feed

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"podium.tv/podium/origin/feed/eyes"
	"podium.tv/podium/origin/feed/slate"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// Feed is one live input with its timeline. It is ingested once, whatever number of channels follow it.
type Feed struct {
	// ID names the feed in URLs and in the object store; Name is for people.
	ID, Name string
	// Sources are where the pictures come from, in order of priority.
	Sources []Source
	// Failover says when a source is left for another.
	Failover Failover
	// Demand, if set, says when somebody watches: only then is anything fetched. Idle, which defaults to 30 s, is how long
	// after that the feed still runs.
	Demand Demand
	Idle   time.Duration
	// Slate, if set, is what viewers see while no source is good.
	Slate *slate.Loop
	// Eyes, if set, look at what the sources show.
	Eyes *eyes.Eyes
	// OnEvent, if set, is told what happens, in order. It should return soon.
	OnEvent func(Event)
	// Timeline records the feed; the feed opens and closes it.
	Timeline *timeline.Timeline
	// Store takes the segments.
	Store object.Store
	// Hot is given each segment's outputs as they are made. It may be nil.
	Hot Hot
	// Target is the segment duration aimed at. It defaults to segment.DefaultTarget.
	Target time.Duration
	// PartTarget is how long the parts of a segment should be, which low-latency players get before the segment is
	// whole. At 0 there are none.
	PartTarget time.Duration
	// Grid, if set, tells what the segments of this picture's other sizes are cut by as well, nil for nothing.
	Grid func() *segment.Grid
	// Wall says whose clock dates the pictures. It defaults to Arrival.
	Wall WallClock
	// ReconnectMin and ReconnectMax bound the pause after a lost connection, which doubles each time and is
	// jittered by half. They default to 1 s and 30 s.
	ReconnectMin, ReconnectMax time.Duration
	Log                        *slog.Logger
	Metrics                    *Metrics
	// Now defaults to time.Now.
	Now func() time.Time

	// private

	lines  []*line
	air    air
	books  books
	epoch  epochs       // used by the air
	pace   segment.Pace // used by the air
	nudged chan struct{}
	ready  chan struct{}
}

// lastWrites bounds what a stopping feed still waits for: its segments, and then its timeline.
const lastWrites = 2 * time.Second

// Hot takes what viewers will ask for next, so that the first of them finds it in memory.
type Hot interface {
	Put(key string, body []byte)
}

// Initialize makes the feed ready for Run.
func (f *Feed) Initialize() {
	if f.Target <= 0 {
		f.Target = segment.DefaultTarget
	}
	if f.ReconnectMin <= 0 {
		f.ReconnectMin = time.Second
	}
	if f.ReconnectMax < f.ReconnectMin {
		f.ReconnectMax = max(30*time.Second, f.ReconnectMin)
	}
	if f.Idle <= 0 {
		f.Idle = 30 * time.Second
	}
	f.Failover.setDefaults()
	if f.Log == nil {
		f.Log = slog.New(slog.DiscardHandler)
	}
	f.Log = f.Log.With("feed", f.ID)
	if f.Now == nil {
		f.Now = time.Now
	}
	if f.Metrics == nil {
		f.Metrics = NewMetrics(nil)
	}
	nameSources(f.Sources)
	f.pace.Target = f.PartTarget
	f.lines = make([]*line, len(f.Sources))
	for i := range f.lines {
		f.lines[i] = newLine(f, i)
	}
	f.air.feed = f
	f.nudged = make(chan struct{}, 1)
	f.ready = make(chan struct{})
}

// Ready is closed when the feed's timeline is open.
func (f *Feed) Ready() <-chan struct{} { return f.ready }

// Run ingests until ctx is done; then it finishes the segment in the making and closes the timeline. It returns an
// error only where the timeline could not be opened or closed.
func (f *Feed) Run(ctx context.Context) error {
	if err := f.open(ctx); err != nil {
		return err
	}
	close(f.ready)
	f.resume(ctx)
	defer f.Metrics.forget(f.ID)

	// What is being written when the end comes has a moment left, however long the store takes.
	writing, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	unhook := context.AfterFunc(ctx, func() { time.AfterFunc(lastWrites, giveUp) })
	defer unhook()

	kept := make(chan struct{})
	go func() {
		defer close(kept)
		f.housekeep(ctx)
	}()

	f.air.rec = &recorder{feed: f}
	f.air.rec.start(writing)
	f.direct(ctx)
	f.air.rest()
	f.air.rec.stop()
	select {
	case <-kept:
	case <-writing.Done(): // An upload that is broken off may take longer to end. It does no harm.
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrites)
	defer cancel()
	return f.Timeline.Close(closing)
}

// open opens the timeline, trying again while neither the journal nor the store can tell where it stands.
func (f *Feed) open(ctx context.Context) error {
	for pause := time.Second; ; pause = min(pause*2, 15*time.Second) {
		err := f.Timeline.Open(ctx)
		if err == nil {
			f.books.shut(nil, f.Now())
			return nil
		}
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		f.books.shut(err, f.Now())
		f.Log.Error("timeline does not open, feed waits", "err", err, "retry_in", pause)
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// direct runs all lines, and the slate, until ctx is done.
func (f *Feed) direct(ctx context.Context) {
	var lines sync.WaitGroup
	for _, l := range f.lines {
		lines.Go(func() { l.run(ctx) })
	}
	newDirector(f).run(ctx)
	lines.Wait()
}

// nudge has the director look again.
func (f *Feed) nudge() {
	select {
	case f.nudged <- struct{}{}:
	default:
	}
}

// warn reports what is wrong and lived with, of no source.
func (f *Feed) warn(err error) {
	f.books.warned(err, f.Now())
	f.Log.Warn("fault that is lived with", "err", err)
}

// housekeep gathers closed hours and removes what is not to be kept any longer, now and then.
func (f *Feed) housekeep(ctx context.Context) {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		if err := f.Timeline.Housekeep(ctx); err != nil && ctx.Err() == nil {
			f.Log.Warn("archive not in order, will try again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// resume finds out at which media time to go on. A store that does not answer at once is not waited for.
func (f *Feed) resume(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := f.epoch.resume(ctx, f.Store, f.Timeline.Tail().Last()); err != nil {
		f.Log.Warn("media times begin anew", "err", err)
	}
}
