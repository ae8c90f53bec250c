package timeline

import (
	"context"
	"fmt"
	"sort"
	"time"
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
	hours, err := eachHour(ctx, t, first, memory, t.Hours.cachedPacked, t.Hours.loadPacked)
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
