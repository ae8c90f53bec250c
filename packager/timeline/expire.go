package timeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Expire drops the hours that are older than the retention: for a timeline that owns its media, the segments first,
// then the index, so that a crash in between leaves nothing that no index names.
func (t *Timeline) Expire(ctx context.Context) error {
	limit := HourOf(t.Now().Add(-t.Retention))
	for {
		more, err := t.expireHour(ctx, limit)
		if err != nil || !more {
			return err
		}
	}
}

// expireHour drops the first hour, unless it is not older than limit or the last that there is.
func (t *Timeline) expireHour(ctx context.Context, limit int64) (more bool, err error) {
	// A flush must not bring back an index that is dropped here.
	t.flushing.Lock()
	defer t.flushing.Unlock()
	s := t.state.Load()
	hour := s.First
	if hour == 0 || hour >= limit || s.Last() == nil || hour >= s.Last().Hour() {
		return false, nil
	}
	entries, err := t.expiring(ctx, s, hour)
	if err != nil {
		return false, fmt.Errorf("expire hour %d of %s: %w", hour, t.Name, err)
	}
	for i := range entries {
		if !t.Owns || !strings.HasPrefix(entries[i].Object, t.Name+"/") {
			continue // Media that another timeline owns.
		}
		if err := t.Store.Delete(ctx, entries[i].Object); err != nil {
			return false, fmt.Errorf("expire %s: %w", entries[i].Object, err)
		}
	}
	name := t.indexName(hour)
	if err := t.Store.Delete(ctx, name); err != nil {
		return false, fmt.Errorf("expire %s: %w", name, err)
	}
	t.Hours.forget(name)
	t.advanceFirst(hour + 1)
	return true, nil
}

// expiring are the entries of the timeline's first hour. Where its index is damaged they are looked for from where the
// next hour begins.
func (t *Timeline) expiring(ctx context.Context, s *Tail, hour int64) ([]Entry, error) {
	entries, err := t.wholeHour(ctx, s, hour)
	if err != nil || len(entries) > 0 || !t.Owns {
		return entries, err
	}
	if _, err := fetchIndex(ctx, t.Store, t.indexName(hour)); !errors.Is(err, ErrBadIndex) {
		return nil, nil
	}
	for next := hour + 1; next <= s.Last().Hour(); next++ {
		following, err := t.wholeHour(ctx, s, next)
		if err != nil {
			return nil, err
		}
		if len(following) > 0 {
			return t.salvage(ctx, hour, following[0].Seq), nil
		}
	}
	return nil, nil
}

func (t *Timeline) advanceFirst(hour int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state.Load()
	if s.First >= hour {
		return
	}
	next := *s
	next.First, next.begin = hour, time.Time{}
	// In-memory entries of dropped hours go with them.
	drop := 0
	for drop < len(next.Entries) && next.Entries[drop].Hour() < hour {
		drop++
	}
	next.Entries = next.Entries[drop:]
	t.state.Store(&next)
}
