package timeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
)

// Flush writes what was appended since the last flush to the hours' index objects, then the head, then begins the
// journal anew. It may be called from any goroutine.
func (t *Timeline) Flush(ctx context.Context) error {
	s := t.state.Load()
	t.mu.Lock()
	flushed, head := t.flushed, t.stored
	t.mu.Unlock()
	if s.Next == flushed && head.First == s.First {
		return nil
	}

	from := sort.Search(len(s.Entries), func(i int) bool { return s.Entries[i].Seq >= flushed })
	for from < len(s.Entries) {
		hour := s.Entries[from].Hour()
		to := from
		for to < len(s.Entries) && s.Entries[to].Hour() == hour {
			to++
		}
		if err := t.flushHour(ctx, s, hour, to); err != nil {
			return err
		}
		head.Last = hour
		head.Next, head.Disc = s.Entries[to-1].Seq+1, s.Entries[to-1].Disc
		from = to
	}
	head.First = s.First
	b, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if err := t.Store.Put(ctx, t.headName(), b); err != nil {
		return fmt.Errorf("write %s: %w", t.headName(), err)
	}
	return t.flushedTo(head)
}

// flushHour writes one hour's index whole. Entries of the hour that are no longer in memory are taken from the
// object that is there.
func (t *Timeline) flushHour(ctx context.Context, s *Tail, hour int64, to int) error {
	from := to
	for from > 0 && s.Entries[from-1].Hour() == hour {
		from--
	}
	entries := s.Entries[from:to]
	if from == 0 && s.Entries[0].Seq > 0 {
		older, err := t.readHour(ctx, hour)
		if err != nil {
			return err
		}
		cut := sort.Search(len(older), func(i int) bool { return older[i].Seq >= s.Entries[0].Seq })
		if cut > 0 {
			entries = slices.Concat(older[:cut], entries)
		}
	}
	name := t.indexName(hour)
	if err := t.Store.Put(ctx, name, EncodeIndex(nil, entries)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	t.Hours.forget(name)
	return nil
}

// flushedTo records how far the index reaches and leaves in the journal what came after.
func (t *Timeline) flushedTo(head Head) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stored = head
	t.flushed = head.Next
	if t.journal == nil {
		return nil
	}
	s := t.state.Load()
	from := sort.Search(len(s.Entries), func(i int) bool { return s.Entries[i].Seq >= t.flushed })
	fresh, err := beginJournal(t.Journal, t.base(), s.Entries[from:])
	if err != nil {
		return fmt.Errorf("renew journal: %w", err)
	}
	_ = t.journal.close() // Its file has been replaced; nothing in it is needed any more.
	t.journal = fresh
	return nil
}

// base is what the journal must tell where the store is away: how to go on.
func (t *Timeline) base() Head {
	s := t.state.Load()
	h := t.stored
	h.Next, h.First = t.flushed, s.First
	return h
}
