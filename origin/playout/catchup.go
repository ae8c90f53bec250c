package playout

import (
	"context"
	"time"

	"podium.tv/podium/packager/timeline"
)

// holePatience is how long a channel that begins again waits for a store that is away, where it would leave out otherwise what
// its feed put out meanwhile: what is put behind it is there for good. Live goes on after that.
const holePatience = time.Minute

// catchUp appends what the feed put out while the channel was not there, from the feed's index.
func (f *Follow) catchUp(ctx context.Context) {
	began := time.Now()
	for pause := time.Second; ; pause = min(2*pause, 8*time.Second) {
		err := f.fillIn(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if !f.wouldSkip() || time.Since(began) >= holePatience {
			f.Log.Warn("channel's past cannot be filled in from its feed", "err", err)
			return
		}
		f.Log.Warn("channel's past cannot be filled in from its feed yet, channel waits", "err", err, "retry_in", pause)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// fillIn appends what the feed's index tells beyond the channel's last entry.
func (f *Follow) fillIn(ctx context.Context) error {
	from, to, ok := f.Feed.Span()
	if !ok {
		return nil
	}
	if last := f.Channel.Tail().Last(); last != nil && last.End().After(from) {
		from = last.End()
	}
	from = latest(from, to.Add(-f.Channel.Retention), to.Add(-timeline.MaxWindow+time.Hour))
	entries, err := f.Feed.Between(ctx, from, to)
	if err != nil {
		return err
	}
	f.recall(ctx, from, to)
	f.appendAll(ctx, entries)
	f.forget()
	return nil
}

// wouldSkip says that the feed put out more since the channel's last entry than it has in memory.
func (f *Follow) wouldSkip() bool {
	last, tail := f.Channel.Tail().Last(), f.Feed.Tail()
	return last != nil && f.owns(last) && len(tail.Entries) > 0 && tail.Entries[0].Seq > last.Ref+1
}

func latest(times ...time.Time) time.Time {
	var out time.Time
	for _, t := range times {
		if t.After(out) {
			out = t
		}
	}
	return out
}
