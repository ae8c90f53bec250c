package feed

import (
	"context"
	"time"
)

// director decides what is on the air. One goroutine owns it.
type director struct {
	feed  *Feed
	notes []note // of each line
	// started is since when the lines have been tried; zero while nobody wants the feed.
	started time.Time
	// had says that one has been on the air since.
	had bool
	// gaveUp is since when what is on the air is no use, zero while it is.
	gaveUp time.Time
	// trouble is when what is on the air was last not good.
	trouble time.Time
	// watched says that somebody watched when that was last asked, and wanted is when that was last so.
	watched bool
	wanted  time.Time
	told    told
	slate   chan struct{} // closed when the slate's goroutine has ended, or nil
}

// note is what the director knows of a line.
type note struct {
	verdict
	since    time.Time // when it came to its level
	low      time.Time // since when its bit rate has been too low
	restarts int       // when the lines began to be tried
	flight   flight
}

const (
	// look is how often the director looks at the lines.
	look = 500 * time.Millisecond
	// keyWait is how long a line that is good is given to bring a key frame before viewers see the slate.
	keyWait = 3 * time.Second
	// firstChoice is how long the best line that is good has the next key frame to itself: most send one every two seconds.
	firstChoice = 2 * time.Second
	// gapNoted is how long pictures may stay away before backups are connected.
	gapNoted = time.Second
)

func newDirector(f *Feed) *director { return &director{feed: f, notes: make([]note, len(f.lines))} }

// run directs until ctx is done.
func (d *director) run(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for ctx.Err() == nil {
		var changed <-chan struct{}
		if d.feed.Demand != nil {
			changed = d.feed.Demand.Changed()
		}
		d.turn(ctx, d.feed.Now())
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-d.feed.nudged:
		case <-changed:
		}
	}
	if d.slate != nil {
		<-d.slate
	}
}

// turn looks at all lines and acts on it.
func (d *director) turn(ctx context.Context, now time.Time) {
	f := d.feed
	if !d.isWanted(now) {
		d.rest(now)
		return
	}
	if d.started.IsZero() {
		d.start(now)
	}
	on := f.air.shows()
	for i := range d.notes {
		d.look(i, now)
	}
	d.had = d.had || on.line != nil || on.slate
	d.fly(on, now)
	lost := d.isLost(on, now)
	d.tell(on, lost, now)
	f.air.permit(on, func(l *line) bool { return d.may(l.rank, on, now) })
	if lost && f.Slate != nil && !on.slate {
		d.showSlate(ctx, now)
	}
	for i, l := range f.lines {
		if d.connects(i, on, now) {
			l.leash.let(ctx)
		} else {
			l.leash.hold()
		}
	}
}

// isWanted says whether anybody watches, or did a moment ago.
func (d *director) isWanted(now time.Time) bool {
	f := d.feed
	is := f.Demand == nil || f.Demand.Wanted()
	if is || d.watched {
		d.wanted = now
	}
	d.watched = is
	return !d.wanted.IsZero() && now.Sub(d.wanted) < f.Idle
}

// start begins to try the lines.
func (d *director) start(now time.Time) {
	d.started, d.had = now, false
	d.gaveUp, d.trouble = time.Time{}, time.Time{}
	for i, l := range d.feed.lines {
		d.notes[i] = note{restarts: l.board.read(now).Restarts}
	}
}

// rest lets nothing run.
func (d *director) rest(now time.Time) {
	f := d.feed
	for _, l := range f.lines {
		l.leash.hold()
	}
	if on := f.air.shows(); on.slate || !d.started.IsZero() && on.line == nil {
		f.air.rest()
	}
	if !d.started.IsZero() {
		d.tellUnwatched(now)
	}
	d.started = time.Time{}
}

// look judges a line.
func (d *director) look(i int, now time.Time) {
	f, n := d.feed, &d.notes[i]
	v := f.lines[i].judge(&f.Failover, n.low, now)
	if v.level > down && v.Bitrate < f.Failover.BitrateBelow {
		if n.low.IsZero() {
			n.low = now
		}
	} else {
		n.low = time.Time{}
	}
	was := n.verdict
	if n.since.IsZero() || was.level != v.level {
		n.since = now
	}
	n.verdict = v
	if (was.level == down) != (v.level == down) {
		f.Metrics.source(f.ID, f.lines[i].Name, v.level != down)
		if f.lines[i].leash.held() {
			return // It was called back.
		}
		d.tellSource(i, v.level != down, now)
	}
}

// failed says that a line has been tried without success.
func (d *director) failed(i int, now time.Time) bool {
	return d.notes[i].level == down && d.feed.lines[i].board.read(now).Restarts > d.notes[i].restarts
}

// turnOf says whether it is a line's turn when nothing has been on the air yet: all better ones have failed, or had their time.
func (d *director) turnOf(i int, now time.Time, theirs time.Duration) bool {
	if now.Sub(d.started) >= theirs {
		return true
	}
	for better := range i {
		if !d.failed(better, now) {
			return false
		}
	}
	return true
}

// patience is how long viewers may see nothing new.
func (d *director) patience() time.Duration {
	if p := d.feed.Failover.NoVideo; p > 0 {
		return p
	}
	return 3 * time.Second
}

// may says whether a line may go on the air with its next key frame, in place of what is there.
func (d *director) may(i int, on shown, now time.Time) bool {
	n := &d.notes[i]
	switch {
	case on.slate:
		// What is down now is not any more when it has a key frame.
		return n.level != useless && (n.flight.steady() || n.level >= degraded && now.Sub(n.since) >= unsteadyWait)
	case d.yields(i, on, now):
		return false
	case on.line == nil:
		return d.had || d.turnOf(i, now, d.patience())
	case on.line.rank == i:
		return false
	}
	cur := &d.notes[on.line.rank]
	switch {
	case cur.level <= useless:
		return n.level != useless
	case i < on.line.rank:
		return n.level >= cur.level && now.Sub(n.since) >= n.flight.back(d.feed.Failover.BackAfter)
	default:
		return cur.level < good && n.level == good
	}
}

// yields says that a line leaves the next key frame to a better one that is good as well, which would else take its place a
// moment later with a second discontinuity.
func (d *director) yields(i int, on shown, now time.Time) bool {
	if d.gaveUp.IsZero() || now.Sub(d.gaveUp) >= firstChoice {
		return false
	}
	for better := range i {
		if d.notes[better].level == good && (on.line == nil || on.line.rank != better) {
			return true
		}
	}
	return false
}

// isLost says that nothing is on the air that is of use, and that nothing is about to be.
func (d *director) isLost(on shown, now time.Time) bool {
	if !on.slate && !d.lacks(on, now) {
		d.gaveUp = time.Time{}
		return false
	}
	if d.gaveUp.IsZero() {
		d.gaveUp = now
	}
	if now.Sub(d.gaveUp) >= keyWait {
		return true
	}
	for i := range d.notes {
		if n := &d.notes[i]; n.level >= degraded && d.may(i, on, now) {
			return false
		}
	}
	return true
}

// lacks says that viewers have nothing to see.
func (d *director) lacks(on shown, now time.Time) bool {
	if on.line == nil {
		return now.Sub(d.emptySince(on)) >= d.patience()
	}
	return d.notes[on.line.rank].level <= useless
}

// emptySince is since when nothing has been on the air.
func (d *director) emptySince(on shown) time.Time {
	if on.last.arrived.After(d.started) {
		return on.last.arrived
	}
	return d.started
}

// connects says whether a line is to be connected: one that is on the air or better always, a worse one where it is warm or may be needed.
func (d *director) connects(i int, on shown, now time.Time) bool {
	if i == 0 || d.feed.lines[i].Warm || on.line != nil && i <= on.line.rank {
		return true
	}
	if on.line == nil {
		d.trouble = now
		return d.had || d.turnOf(i, now, d.patience()/2)
	}
	if cur := &d.notes[on.line.rank]; cur.level < good || cur.gap() > gapNoted {
		d.trouble = now
	}
	return !d.trouble.IsZero() && now.Sub(d.trouble) < d.feed.Failover.BackAfter
}

func (d *director) showSlate(ctx context.Context, now time.Time) {
	if d.slate != nil {
		<-d.slate // It has left the air, or is about to.
	}
	run := d.feed.air.showSlate(now)
	d.slate = make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		run.run(ctx)
	}(d.slate)
	d.tell(d.feed.air.shows(), true, now)
}
