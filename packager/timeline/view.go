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
	memory := HourOf(to)
	if len(s.Entries) > 0 {
		memory = min(memory, s.Entries[0].Hour())
	}
	// An entry belongs to the hour it starts in: the one that covers `from` may have begun in the hour before.
	out, err := t.readHours(ctx, max(HourOf(from.Add(-MaxSegment)), s.First), memory, len(recent))
	if err != nil {
		return nil, err
	}
	if len(s.Entries) > 0 {
		edge := s.Entries[0].Seq // From here on they are in memory.
		out = out[:sort.Search(len(out), func(i int) bool { return out[i].Seq >= edge })]
	}
	out = upTo(out[covering(out, from):], to)
	return append(out, upTo(recent, to)...), nil
}

// readHours reads the entries from one hour to another, both included, into a slice of its own with room for some more.
func (t *Timeline) readHours(ctx context.Context, first, last int64, more int) ([]Entry, error) {
	hours, err := eachHour(ctx, t, first, last, t.Hours.cached, t.Hours.load)
	if err != nil || len(hours) == 0 {
		return nil, err
	}
	for i := range hours {
		more += len(hours[i])
	}
	out := make([]Entry, 0, more)
	for i := range hours {
		out = append(out, hours[i]...)
	}
	return out, nil
}

// MaxSegment bounds the duration of one entry.
const MaxSegment = time.Minute

func upTo(entries []Entry, to time.Time) []Entry {
	n := sort.Search(len(entries), func(i int) bool { return !entries[i].Start.Before(to) })
	return entries[:n]
}

// Span is the time that the timeline can show, from its first entry, or the beginning of its first hour once others
// have expired, to its newest entry; ok is false where it is empty.
func (t *Timeline) Span() (from, to time.Time, ok bool) {
	s := t.state.Load()
	last := s.Last()
	if last == nil {
		return from, to, false
	}
	from = s.begin
	if from.IsZero() {
		from = time.Unix(s.First*3600, 0).UTC()
	}
	return from, last.End(), true
}
