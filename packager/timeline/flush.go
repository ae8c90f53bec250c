package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// Flush writes what was appended since the last flush to the hours' index objects, then the head, then begins the
// journal anew. It may be called from any goroutine.
func (t *Timeline) Flush(ctx context.Context) error {
	t.flushing.Lock()
	defer t.flushing.Unlock()
	s := t.state.Load()
	t.mu.Lock()
	head, same := t.head, t.headStored
	t.mu.Unlock()
	if same && s.Next == head.Next && s.First == head.First {
		return nil
	}

	from := sort.Search(len(s.Entries), func(i int) bool { return s.Entries[i].Seq >= head.Next })
	for from < len(s.Entries) {
		hour := s.Entries[from].Hour()
		if err := t.flushHour(ctx, s, hour); err != nil {
			return err
		}
		for from < len(s.Entries) && s.Entries[from].Hour() == hour {
			from++
		}
		head.reach(&s.Entries[from-1])
	}
	if err := t.saveReferences(ctx); err != nil {
		return err
	}
	head.First, head.Begin = s.First, s.begin
	if err := t.writeHead(ctx, head); err != nil {
		return err
	}
	return t.flushedTo(head)
}

// flushHour writes one hour's index whole.
func (t *Timeline) flushHour(ctx context.Context, s *Tail, hour int64) error {
	entries, err := t.wholeHour(ctx, s, hour)
	if err != nil {
		return err
	}
	name := t.indexName(hour)
	if last := s.Last(); t.Owns && last != nil && hour < last.Hour() {
		// After a crash what is in memory may be from before the hour was gathered.
		stored, err := fetchIndex(ctx, t.Store, name)
		if err != nil && !errors.Is(err, ErrBadIndex) {
			return fmt.Errorf("read %s: %w", name, err)
		}
		entries = keepPlaces(stored, entries)
	}
	err = t.Store.Put(ctx, name, EncodeIndex(nil, entries))
	// A Put that failed may have been carried out all the same.
	t.Hours.forget(name)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// wholeHour is an hour's entries: those that are no longer in memory are taken from the object that is there, not from
// the cache, because what is left out here is lost.
func (t *Timeline) wholeHour(ctx context.Context, s *Tail, hour int64) ([]Entry, error) {
	from := sort.Search(len(s.Entries), func(i int) bool { return s.Entries[i].Hour() >= hour })
	to := sort.Search(len(s.Entries), func(i int) bool { return s.Entries[i].Hour() > hour })
	entries := s.Entries[from:to:to]
	if from > 0 || (len(s.Entries) > 0 && s.Entries[0].Seq == 0) {
		return entries, nil
	}
	edge := s.Next
	if len(s.Entries) > 0 {
		edge = s.Entries[0].Seq
	}
	older, err := fetchIndex(ctx, t.Store, t.indexName(hour))
	if errors.Is(err, ErrBadIndex) {
		older = t.salvage(ctx, hour, edge)
		t.Log.Error("timeline index is damaged, what the segments tell takes its place", "timeline", t.Name, "hour", hour,
			"salvaged", len(older), "err", err)
	} else if err != nil {
		return nil, fmt.Errorf("read %s: %w", t.indexName(hour), err)
	}
	older = older[:sort.Search(len(older), func(i int) bool { return older[i].Seq >= edge })]
	return slices.Concat(older, entries), nil
}

// keepPlaces are entries with the places in their hour's chunk that the stored index tells.
func keepPlaces(stored, entries []Entry) []Entry {
	cloned := false
	for i := range entries {
		was := bySeq(stored, entries[i].Seq)
		if was == nil || was.At.Length == 0 || entries[i].At.Length > 0 || !was.Start.Equal(entries[i].Start) {
			continue
		}
		if !cloned { // They are the tail's, which readers share.
			entries, cloned = slices.Clone(entries), true
		}
		entries[i].At = was.At
	}
	return entries
}

// flushedTo records how far the index reaches and leaves in the journal what came after.
func (t *Timeline) flushedTo(head Head) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.head, t.headStored = head, true
	if t.journal == nil {
		return nil
	}
	fresh, err := beginJournal(t.Journal, head, t.journaled(t.state.Load().Entries))
	if err != nil {
		return fmt.Errorf("renew journal: %w", err)
	}
	_ = t.journal.close() // Its file has been replaced; nothing in it is needed any more.
	t.journal = fresh
	return nil
}

// journaled are the entries that belong into the journal: those that are not in the index, and a live window
// before them.
func (t *Timeline) journaled(entries []Entry) []Entry {
	from := sort.Search(len(entries), func(i int) bool { return entries[i].Seq >= t.head.Next })
	return entries[max(from-minRecent, 0):]
}
