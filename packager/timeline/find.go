package timeline

import (
	"context"
	"errors"
	"sort"
	"time"
)

// Find returns the entry of a sequence number that starts in an hour.
func (t *Timeline) Find(ctx context.Context, hour int64, seq uint64) (Entry, error) {
	s := t.state.Load()
	entries := s.Entries
	if len(entries) == 0 || seq < entries[0].Seq {
		if hour < s.First || hour > HourOf(s.end) {
			return Entry{}, ErrUnknown // Asked for by name: the store must not be searched for hours that never were.
		}
		var err error
		if entries, err = t.loadHour(ctx, hour); err != nil {
			return Entry{}, err
		}
	}
	e := bySeq(entries, seq)
	if e == nil || e.Hour() != hour {
		return Entry{}, ErrUnknown
	}
	return *e, nil
}

// FindSeq returns the entry of a sequence number without knowing its hour: from memory, or by narrowing down the hours'
// indexes, from where the number must lie if segments were equally long.
func (t *Timeline) FindSeq(ctx context.Context, seq uint64) (Entry, error) {
	s := t.state.Load()
	if seq >= s.Next {
		return Entry{}, ErrUnknown
	}
	if len(s.Entries) > 0 && seq >= s.Entries[0].Seq {
		return found(s.Entries, seq)
	}
	n := narrow{low: s.First, high: HourOf(s.end), after: s.Next, step: 4 * time.Second}
	if len(s.Entries) > 0 {
		first, last := &s.Entries[0], s.Last()
		n.high, n.after = first.Hour(), first.Seq
		n.step = last.End().Sub(first.Start) / time.Duration(len(s.Entries))
	}
	for n.low <= n.high {
		hour := n.guess(seq)
		entries, at, err := t.nextHour(ctx, hour, n.high)
		switch {
		case err != nil:
			return Entry{}, err
		case len(entries) == 0: // Silence up to the end.
			n.high = hour - 1
		case seq < entries[0].Seq:
			n.high, n.after = hour-1, entries[0].Seq
		case seq > entries[len(entries)-1].Seq:
			n.low = at + 1
		default:
			return found(entries, seq)
		}
	}
	return Entry{}, ErrUnknown
}

// narrow is the run of hours that a sequence number may lie in, and the number that comes after them.
type narrow struct {
	low, high int64
	after     uint64
	step      time.Duration // an entry's duration, about
	tries     int
}

// guess is the hour to look at: first those that equally long segments would lie in, then the middle, because silence and
// other durations must not make it a walk through all hours.
func (n *narrow) guess(seq uint64) int64 {
	n.tries++
	if n.tries > 3 || n.step <= 0 || n.after <= seq {
		return n.low + (n.high-n.low)/2
	}
	back := float64(n.after-seq) * n.step.Hours()
	if back >= float64(n.high-n.low) {
		return n.low
	}
	return n.high - int64(back)
}

// nextHour is the first hour from one on, up to a last, that has entries.
func (t *Timeline) nextHour(ctx context.Context, hour, last int64) (entries []Entry, at int64, err error) {
	for ; hour <= last; hour++ {
		entries, err := t.loadHour(ctx, hour)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return nil, hour, err
		}
		if len(entries) > 0 {
			return entries, hour, nil
		}
	}
	return nil, hour, nil
}

// loadHour is an hour's entries as the index has them; a damaged index has none that anybody knows.
func (t *Timeline) loadHour(ctx context.Context, hour int64) ([]Entry, error) {
	entries, err := t.Hours.load(ctx, t.Store, t.indexName(hour))
	if errors.Is(err, ErrBadIndex) {
		return nil, errors.Join(ErrUnknown, err)
	}
	return entries, err
}

func found(entries []Entry, seq uint64) (Entry, error) {
	if e := bySeq(entries, seq); e != nil {
		return *e, nil
	}
	return Entry{}, ErrUnknown
}

// bySeq is the entry of a sequence number, or nil.
func bySeq(entries []Entry, seq uint64) *Entry {
	i := sort.Search(len(entries), func(i int) bool { return entries[i].Seq >= seq })
	if i == len(entries) || entries[i].Seq != seq {
		return nil
	}
	return &entries[i]
}
