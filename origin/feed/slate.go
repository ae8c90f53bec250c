package feed

import (
	"context"
	"time"

	"podium.tv/podium/origin/feed/slate"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

const (
	// maxBackdate is how far back the slate goes to begin where the last picture ended. What is longer ago stays a hole in the dates.
	maxBackdate = 5 * time.Minute
	// slateBehind is how far behind the last picture's own pace the slate is, so that what comes after it is not dated before its end.
	slateBehind = 100 * time.Millisecond
)

// slateRun is the slate while it is on the air.
type slateRun struct {
	air    *air
	player *slate.Player
	zero   time.Time // when its first picture was due
}

// showSlate puts the slate on the air. It begins where the last picture ended, so that no player runs dry.
func (a *air) showSlate(now time.Time) *slateRun {
	f := a.feed
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clear()
	loop := f.Slate
	if s := loop.Sound(); a.sound && s != nil {
		loop = s
	}
	run := &slateRun{air: a, player: loop.Play(), zero: now}
	date := now
	if since := now.Sub(a.last.arrived); !a.last.ended.IsZero() && since <= maxBackdate {
		run.zero, date = a.last.arrived.Add(slateBehind), a.last.ended
	}
	for _, l := range f.lines {
		l.permit.Store(false)
	}
	a.slate = run
	a.onSlate.Store(true)
	a.receiver = &receiver{feed: f, rec: a.rec, kind: timeline.Slate, wall: Arrival, date: date, warn: f.warn}
	a.receiver.describe(&media.Init{Tracks: loop.Tracks()})
	return run
}

// run plays until something else is on the air or ctx is done.
func (s *slateRun) run(ctx context.Context) {
	f := s.air.feed
	pace := 500 * time.Millisecond
	if f.PartTarget > 0 {
		pace = 100 * time.Millisecond
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for s.show(f.Now()) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// show plays what is due.
func (s *slateRun) show(now time.Time) bool {
	a := s.air
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.slate != s {
		return false
	}
	if now.Sub(s.zero)-s.player.Due() > maxBackdate {
		// The machine slept, or its clock was set.
		s.zero = now.Add(-s.player.Due())
		a.receiver.date = now
		a.receiver.again()
	}
	s.play(now)
	return true
}

// play plays what is due. The air is locked.
func (s *slateRun) play(now time.Time) {
	for s.player.Due() <= now.Sub(s.zero) {
		track, sample, _ := s.player.Next()
		s.air.receiver.Sample(track, sample, now)
	}
}
