package timeline

import (
	"context"
	"fmt"
	"sort"
	"time"
)

// MaxWindow is the longest view in time.
const MaxWindow = 31 * 24 * time.Hour

// Live is the shortest run of newest entries that lasts at least the window.
func (t *Tail) Live(window time.Duration) []Entry {
	from := len(t.Entries)
	var sum time.Duration
	for from > 0 && sum < window {
		from--
		sum += t.Entries[from].Duration
	}
	return t.Entries[from:]
}

// Since is all that a tail has in memory from an instant on, the entry that covers the instant included. ok is
// false where the tail does not reach back that far.
func (t *Tail) Since(from time.Time) (entries []Entry, ok bool) {
	i := covering(t.Entries, from)
	return t.Entries[i:], len(t.Entries) > 0 && (t.Entries[0].Seq == 0 || !t.Entries[0].Start.After(from))
}

// covering is the index of the first entry that ends after an instant.
func covering(entries []Entry, at time.Time) int {
	return sort.Search(len(entries), func(i int) bool { return entries[i].End().After(at) })
}

// Between returns the entries that cover the time from one instant to another, at segment precision. Hours without
// an index are silence, not an error.
func (t *Timeline) Between(ctx context.Context, from, to time.Time) ([]Entry, error) {
	if !to.After(from) {
		return nil, nil
	}
	if to.Sub(from) > MaxWindow {
		return nil, fmt.Errorf("a window of %s is longer than %s", to.Sub(from), MaxWindow)
	}
	s := t.state.Load()
	recent, ok := s.Since(from)
	if ok {
		return upTo(recent, to), nil
	}
	var out []Entry
	edge := uint64(0) // sequence numbers from here on are in memory
	memory := int64(1) << 62
	if len(s.Entries) > 0 {
		edge, memory = s.Entries[0].Seq, s.Entries[0].Hour()
	}
	// An entry belongs to the hour it starts in: the one that covers `from` may have begun in the hour before.
	first := max(HourOf(from.Add(-MaxSegment)), s.First)
	for hour := first; hour <= min(HourOf(to), memory); hour++ {
		entries, err := t.readHour(ctx, hour)
		if err != nil {
			return nil, err
		}
		if edge > 0 {
			entries = entries[:sort.Search(len(entries), func(i int) bool { return entries[i].Seq >= edge })]
		}
		out = append(out, entries...)
	}
	out = out[covering(out, from):]
	if len(out) == 0 {
		return upTo(recent, to), nil
	}
	out = upTo(out, to)
	return append(out[:len(out):len(out)], upTo(recent, to)...), nil
}

// MaxSegment bounds the duration of one entry.
const MaxSegment = time.Minute

func upTo(entries []Entry, to time.Time) []Entry {
	n := sort.Search(len(entries), func(i int) bool { return !entries[i].Start.Before(to) })
	return entries[:n]
}

// Find returns the entry of a sequence number that starts in an hour.
func (t *Timeline) Find(ctx context.Context, hour int64, seq uint64) (Entry, error) {
	s := t.state.Load()
	entries := s.Entries
	if len(entries) == 0 || seq < entries[0].Seq {
		if hour < s.First || hour > HourOf(t.Now())+1 {
			return Entry{}, ErrUnknown
		}
		var err error
		if entries, err = t.readHour(ctx, hour); err != nil {
			return Entry{}, err
		}
	}
	i := sort.Search(len(entries), func(i int) bool { return entries[i].Seq >= seq })
	if i == len(entries) || entries[i].Seq != seq || entries[i].Hour() != hour {
		return Entry{}, ErrUnknown
	}
	return entries[i], nil
}

// Span is the time that the timeline can show, from the first hour it has to its newest entry; ok is false where
// it is empty.
func (t *Timeline) Span() (from, to time.Time, ok bool) {
	s := t.state.Load()
	last := s.Last()
	if last == nil {
		return from, to, false
	}
	from = time.Unix(s.First*3600, 0).UTC()
	if first := s.Entries[0]; first.Hour() == s.First {
		from = first.Start
	}
	return from, last.End(), true
}
