package play

import (
	"context"
	"time"

	"podium.tv/podium/packager/timeline"
)

// scene is what a view shows at an instant.
type scene struct {
	entries []timeline.Entry
	version uint64
	closed  bool // and nothing is expected any more
	settled bool // and nothing can come any more
	event   bool
	start   *time.Duration
}

// look gathers the entries of a view.
func (c *Channel) look(ctx context.Context, v view, now time.Time) (scene, error) {
	tail := c.Timeline.Tail()
	sc := scene{version: tail.Version}
	if v.mode == live {
		sc.entries = tail.Live(c.window())
		return sc, nil
	}
	from, to := v.span(now)
	oldest := c.oldest(now)
	if v.mode != archive {
		oldest = later(oldest, now.Add(-longestGrowing))
	}
	if v.mode == rewind {
		from = later(from, oldest)
	}
	end := to
	if end.IsZero() {
		end = now.Add(time.Hour) // Dates may be ahead of our clock, where they are the sender's.
	}
	if from.Before(oldest.Add(-time.Minute)) || from.After(now.Add(time.Minute)) {
		return sc, errNoMedia
	}
	entries, err := c.Timeline.Between(ctx, from, end)
	if err != nil {
		return sc, err
	}
	sc.entries = entries
	switch v.mode {
	case rewind:
		// While nothing is put out, what was leaves the view, but never more than the live view keeps: the
		// media sequence number must not go back to it.
		edge := tail.Live(c.window())
		if len(entries) == 0 || len(edge) > 0 && entries[0].Seq > edge[0].Seq {
			sc.entries = edge
		}
	case archive, startOver:
		sc.event = true // And stays it when the end is there: the type must not change (RFC 8216bis §6.2.1).
		sc.settled = !to.IsZero() && !endsBefore(tail, to)
		sc.closed = sc.settled || !to.IsZero() && now.Sub(to) > patience
	case live:
	}
	if len(sc.entries) == 0 {
		if v.mode == startOver && now.Sub(from) < patience {
			return sc, errStarting // The programme's first segment is in the making.
		}
		return sc, errNoMedia
	}
	if sc.event {
		// The first segment begins before the instant asked for; and a growing playlist would be begun at its end.
		offset := max(from.Sub(sc.entries[0].Start), 0)
		sc.start = &offset
	}
	return sc, nil
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
