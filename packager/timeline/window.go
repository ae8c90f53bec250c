package timeline

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"golang.org/x/sync/errgroup"
)

// Piece is a run of a window's entries: a whole hour as it is stored, or entries.
type Piece struct {
	// Hour and Packed are a closed hour's; nil where Entries are the piece.
	Hour    int64
	Packed  *Packed
	Entries []Entry
}

// Walk calls yield for each entry until it returns false; see Packed.Walk.
func (p *Piece) Walk(yield func(*Entry) bool) error {
	if p.Packed != nil {
		return p.Packed.Walk(yield)
	}
	for i := range p.Entries {
		if !yield(&p.Entries[i]) {
			break
		}
	}
	return nil
}

// Window is what Between returns, for long windows: hours that lie in it whole are not decoded, which for a week would cost
// more than all that is made of it. Hours that cannot be read, and those without entries, are left out.
func (t *Timeline) Window(ctx context.Context, from, to time.Time) ([]Piece, error) {
	if !to.After(from) {
		return nil, nil
	}
	if to.Sub(from) > MaxWindow {
		return nil, fmt.Errorf("a window of %s is longer than %s", to.Sub(from), MaxWindow)
	}
	s := t.state.Load()
	recent, ok := s.Since(from)
	if ok {
		return pieceOf(nil, upTo(recent, to)), nil
	}
	memory, edge := HourOf(to), s.Next
	if len(s.Entries) > 0 {
		memory, edge = min(memory, s.Entries[0].Hour()), s.Entries[0].Seq
	}
	first := max(HourOf(from.Add(-MaxSegment)), s.First)
	hours, err := t.packedHours(ctx, first, memory)
	if err != nil {
		return nil, err
	}
	pieces := make([]Piece, 0, len(hours)+1)
	for i, p := range hours {
		hour := first + int64(i)
		if p == nil || p.Len() == 0 {
			continue
		}
		if hour > HourOf(from) && hour < memory {
			pieces = append(pieces, Piece{Hour: hour, Packed: p})
			continue
		}
		entries, err := t.Hours.decode(t.indexName(hour), p)
		if err != nil {
			t.badHour(t.indexName(hour), err)
			continue
		}
		entries = entries[:sort.Search(len(entries), func(i int) bool { return entries[i].Seq >= edge })]
		pieces = pieceOf(pieces, upTo(entries[covering(entries, from):], to))
	}
	return pieceOf(pieces, upTo(recent, to)), nil
}

func pieceOf(pieces []Piece, entries []Entry) []Piece {
	if len(entries) == 0 {
		return pieces
	}
	return append(pieces, Piece{Entries: entries})
}

// packedHours reads the index from one hour to another, both included; what cannot be read is nil.
func (t *Timeline) packedHours(ctx context.Context, first, last int64) ([]*Packed, error) {
	if last < first {
		return nil, nil
	}
	hours := make([]*Packed, last-first+1)
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i := range hours {
		name := t.indexName(first + int64(i))
		var ok bool
		if hours[i], ok = t.Hours.once.get(t.Hours).packed.Get(name); ok {
			continue
		}
		group.Go(func() (err error) {
			hours[i], err = t.Hours.loadPacked(reading, t.Store, name)
			if errors.Is(err, ErrBadIndex) {
				t.badHour(name, err)
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read index of %s: %w", t.Name, err)
	}
	return hours, nil
}

func (t *Timeline) badHour(name string, err error) {
	t.Log.Warn("timeline index cannot be read, run podium check --repair", "timeline", t.Name, "object", name, "err", err)
}
