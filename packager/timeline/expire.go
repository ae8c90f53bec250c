package timeline

import (
	"context"
	"fmt"
	"strings"
)

// Expire drops the hours that are older than the retention: for a timeline that owns its media, the segments first,
// then the index, so that a crash in between leaves nothing that no index names.
func (t *Timeline) Expire(ctx context.Context) error {
	limit := HourOf(t.Now().Add(-t.Retention))
	for {
		s := t.state.Load()
		hour := s.First
		if hour == 0 || hour >= limit || s.Last() == nil || hour >= s.Last().Hour() {
			return nil
		}
		entries, err := t.readHour(ctx, hour)
		if err != nil {
			return fmt.Errorf("expire hour %d of %s: %w", hour, t.Name, err)
		}
		if t.Owns {
			for i := range entries {
				if !strings.HasPrefix(entries[i].Object, t.Name+"/") {
					continue // Media that another timeline owns.
				}
				if err := t.Store.Delete(ctx, entries[i].Object); err != nil {
					return fmt.Errorf("expire %s: %w", entries[i].Object, err)
				}
			}
		}
		name := t.indexName(hour)
		if err := t.Store.Delete(ctx, name); err != nil {
			return fmt.Errorf("expire %s: %w", name, err)
		}
		t.Hours.forget(name)
		t.advanceFirst(hour + 1)
	}
}

func (t *Timeline) advanceFirst(hour int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state.Load()
	if s.First >= hour {
		return
	}
	next := *s
	next.First = hour
	// In-memory entries of dropped hours go with them.
	drop := 0
	for drop < len(next.Entries) && next.Entries[drop].Hour() < hour {
		drop++
	}
	next.Entries = next.Entries[drop:]
	t.state.Store(&next)
}
