package play

import (
	"context"
	"sort"
	"time"

	"podium.tv/podium/packager/timeline"
)

// look gathers what a view shows.
func (c *Channel) look(ctx context.Context, v view, now time.Time) (scene, error) {
	sc, err := c.plan(v, now)
	if err != nil {
		return sc, err
	}
	err = c.gather(ctx, &sc, now)
	return sc, err
}

// plan says all of a view but its entries, from memory.
func (c *Channel) plan(v view, now time.Time) (scene, error) {
	tail := c.Timeline.Tail()
	sc := scene{view: v, version: tail.Version}
	oldest := c.oldest(now)
	switch v.mode {
	case live:
		return sc, nil
	case absolute, whole:
		return sc, errNoFile
	case delayed:
		sc.moving = true
		sc.end = now.Add(-time.Duration(v.seconds) * time.Second)
		if sc.end.Before(oldest) {
			return sc, errNoMedia
		}
		sc.from = oldest
		return sc, nil
	case rewind, startOver, archive:
	}
	sc.from, sc.to = v.span(now)
	if v.mode != archive {
		oldest = later(oldest, now.Add(-longestGrowing))
	}
	if v.mode == rewind {
		sc.from = later(sc.from, oldest)
	}
	sc.end = sc.to
	if sc.end.IsZero() {
		sc.end = now.Add(time.Hour) // Dates may be ahead of our clock, where they are the sender's.
	}
	if sc.from.Before(oldest.Add(-time.Minute)) || sc.from.After(now.Add(time.Minute)) {
		return sc, errNoMedia
	}
	if v.mode != rewind {
		sc.event = true // And stays it when the end is there: the type must not change (RFC 8216bis §6.2.1).
		sc.settled = !sc.to.IsZero() && !endsBefore(tail, sc.to)
		sc.closed = sc.settled || !sc.to.IsZero() && now.Sub(sc.to) > patience
	}
	return sc, nil
}

// gather adds the entries.
func (c *Channel) gather(ctx context.Context, sc *scene, now time.Time) error {
	tail := c.Timeline.Tail()
	var err error
	switch sc.view.mode {
	case live:
		sc.entries = c.liveRun(tail)
		return nil
	case delayed:
		sc.entries, err = c.asOf(ctx, sc.end, sc.from)
		if err == nil && len(sc.entries) == 0 {
			err = errSilence
		}
		return err
	case rewind, archive, startOver, absolute, whole:
	}
	sc.entries, err = c.Timeline.Between(ctx, sc.from, sc.end)
	if err != nil {
		return err
	}
	if sc.view.mode == rewind {
		// While nothing is put out, what was leaves the view, but never more than the live view keeps: the
		// media sequence number must not go back to it.
		edge := c.liveRun(tail)
		if len(sc.entries) == 0 || len(edge) > 0 && sc.entries[0].Seq > edge[0].Seq {
			sc.entries = edge
		}
	}
	if len(sc.entries) == 0 {
		if sc.view.mode == startOver && now.Sub(sc.from) < patience {
			return errStarting // The programme's first segment is in the making.
		}
		return errSilence
	}
	if sc.event {
		// The first segment begins before the instant asked for; and a growing playlist would be begun at its end.
		offset := max(sc.from.Sub(sc.entries[0].Start), 0)
		sc.start = &offset
	}
	return nil
}

// asOf is the live view as it was at an instant. It goes back as far as it takes to find a window's worth, over any time
// off the air, as the live view itself would have.
func (c *Channel) asOf(ctx context.Context, at, oldest time.Time) ([]timeline.Entry, error) {
	for back := 2 * c.window(); ; back *= 8 {
		from := later(at.Add(-back), oldest)
		entries, err := c.Timeline.Between(ctx, from, at)
		if err != nil {
			return nil, err
		}
		// What was not finished then was not to be seen.
		entries = entries[:sort.Search(len(entries), func(i int) bool { return entries[i].End().After(at) })]
		then := timeline.Tail{Entries: entries}
		window := then.Live(c.window())
		if len(window) < len(entries) || !from.After(oldest) {
			return window, nil
		}
	}
}

// longestGrowing is how far back a view reaches that goes on to the present.
const longestGrowing = timeline.MaxWindow - 2*time.Hour

// endsBefore says that the timeline has not come to an instant.
func endsBefore(tail *timeline.Tail, at time.Time) bool {
	last := tail.Last()
	return last == nil || last.End().Before(at)
}

// patience is how long a view waits for the segment that covers its end; then the channel was off the air.
const patience = timeline.MaxSegment

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
