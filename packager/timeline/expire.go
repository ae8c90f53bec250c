package timeline

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"
)

// Expire drops the hours that are older than the retention, and the oldest of those that are more than MaxBytes: for a
// timeline that owns its media, the segments first, then the index, so that a crash in between leaves nothing that no
// index names. Hours that a channel refers to stay, and all after them.
func (t *Timeline) Expire(ctx context.Context) error {
	t.keeping.Lock()
	defer t.keeping.Unlock()
	defer t.tellArchived()
	dropped := false
	held, err := t.expireAll(ctx, &dropped)
	now := t.Archived()
	now.Held = held
	t.archived.Store(&now)
	if dropped && t.kept != nil {
		err = errors.Join(err, t.saveArchive(ctx))
	}
	return err
}

func (t *Timeline) expireAll(ctx context.Context, dropped *bool) (held int, err error) {
	limit := HourOf(t.Now().Add(-t.Retention))
	for {
		s := t.state.Load()
		hour := s.First
		if hour == 0 || s.Last() == nil || hour >= s.Last().Hour() {
			return 0, nil
		}
		tooOld := hour < limit
		if !tooOld && !t.tooMany(hour) {
			return 0, nil
		}
		if t.Owns {
			held, err := t.References.Held(ctx, t.Name, hour)
			if err != nil {
				return 0, fmt.Errorf("expire hour %d of %s: %w", hour, t.Name, err)
			}
			if held {
				return t.overdue(limit), nil
			}
		}
		if t.unflushed(s, hour) {
			// Did only the journal tell of these, a restart would take them for segments that a crash lost, and without
			// a journal would give the numbers of what follows them again.
			if err := t.Flush(ctx); err != nil {
				return 0, fmt.Errorf("expire hour %d of %s: %w", hour, t.Name, err)
			}
			s = t.state.Load()
		}
		if err := t.expireHour(ctx, s, hour); err != nil {
			return 0, err
		}
		*dropped = true
		t.countDropped(tooOld)
	}
}

// unflushed says whether the index does not reach to the end of an hour.
func (t *Timeline) unflushed(s *Tail, hour int64) bool {
	t.mu.Lock()
	next := t.head.Next
	t.mu.Unlock()
	i := sort.Search(len(s.Entries), func(i int) bool { return s.Entries[i].Seq >= next })
	return i < len(s.Entries) && s.Entries[i].Hour() <= hour
}

// tooMany says that the media from an hour on is more than is to be kept.
func (t *Timeline) tooMany(hour int64) bool {
	if t.MaxBytes <= 0 || t.kept == nil {
		return false
	}
	if h := t.kept.hour(hour); h == nil && hour >= t.kept.Next {
		return false
	}
	return t.kept.bytes()+t.openBytes() > t.MaxBytes
}

// openBytes is what the hour that is not closed yet takes already.
func (t *Timeline) openBytes() (sum int64) {
	s := t.state.Load()
	for i := len(s.Entries) - 1; i >= 0 && s.Entries[i].Hour() >= t.kept.Next; i-- {
		if s.Entries[i].Kind != Gap {
			sum += stretch(s.Entries[i].Tracks)
		}
	}
	return sum
}

// overdue is how many hours would have gone.
func (t *Timeline) overdue(limit int64) (n int) {
	if t.kept == nil {
		return 1
	}
	left := t.kept.bytes() + t.openBytes()
	for i := range t.kept.Hours {
		h := &t.kept.Hours[i]
		if h.Hour >= limit && (t.MaxBytes <= 0 || left <= t.MaxBytes) {
			break
		}
		left -= h.Bytes
		n++
	}
	return n
}

func (t *Timeline) countDropped(tooOld bool) {
	now := t.Archived()
	if tooOld {
		now.TooOld++
	} else {
		now.TooMany++
	}
	t.archived.Store(&now)
}

// expireHour drops the first hour.
func (t *Timeline) expireHour(ctx context.Context, s *Tail, hour int64) error {
	// A flush must not bring back an index that is dropped here.
	t.flushing.Lock()
	defer t.flushing.Unlock()
	if t.Owns {
		if err := t.expireMedia(ctx, s, hour); err != nil {
			return fmt.Errorf("expire hour %d of %s: %w", hour, t.Name, err)
		}
	}
	name := t.indexName(hour)
	if err := t.Store.Delete(ctx, name); err != nil {
		return fmt.Errorf("expire %s: %w", name, err)
	}
	t.Hours.forget(name)
	t.advanceFirst(hour + 1)
	if t.kept != nil {
		t.kept.drop(hour)
	}
	return nil
}

// expireMedia removes an hour's segments, gathered or not.
func (t *Timeline) expireMedia(ctx context.Context, s *Tail, hour int64) error {
	entries, err := t.expiring(ctx, s, hour)
	if err != nil {
		return err
	}
	swept := false
	if t.kept != nil {
		h := t.kept.hour(hour)
		swept = h != nil && h.Swept
	}
	for i := range entries {
		if swept && entries[i].At.Length > 0 || !strings.HasPrefix(entries[i].Object, t.Name+"/") {
			continue // It has gone, or another timeline owns it.
		}
		if err := t.Store.Delete(ctx, entries[i].Object); err != nil {
			return err
		}
	}
	return t.Store.Delete(ctx, ChunkName(t.Name, hour))
}

// expiring are the entries of the timeline's first hour. Where its index is damaged they are looked for from where the
// next hour begins.
func (t *Timeline) expiring(ctx context.Context, s *Tail, hour int64) ([]Entry, error) {
	entries, err := t.wholeHour(ctx, s, hour)
	if err != nil || len(entries) > 0 {
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
	t.referTo(nil)
}
