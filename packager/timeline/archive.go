package timeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"podium.tv/podium/storage/object"
)

// archive is what a timeline knows of its closed hours, so that housekeeping needs neither lists nor each hour's index
// again: `{name}/archive.json`. It can be lost: the indexes tell all of it.
type archive struct {
	// Next is the first hour that has not been looked at.
	Next int64 `json:"next"`
	// Hours are those that have entries, in order.
	Hours []archivedHour `json:"hours,omitempty"`
}

// archivedHour is one closed hour.
type archivedHour struct {
	Hour int64 `json:"h"`
	// Bytes is what the segments take that the hour's entries show.
	Bytes int64 `json:"b,omitempty"`
	// Gathered is when the index was written that points into the hour's chunk.
	Gathered time.Time `json:"g,omitzero"`
	// Swept says that the objects which went into the chunk are gone.
	Swept bool `json:"s,omitempty"`
}

// Archived is what a timeline keeps, for metrics.
type Archived struct {
	// Hours are the closed ones; Gathered those of them that lie in a chunk.
	Hours, Gathered int
	// Bytes is what the segments of the closed hours take. For a timeline that refers, it is what it refers to.
	Bytes int64
	// Held is how many hours would have been dropped, did no channel refer to them.
	Held int
	// TooOld and TooMany count the hours dropped by age and by bytes since the start.
	TooOld, TooMany int64
}

// Archived tells what is kept, as of the last housekeeping.
func (t *Timeline) Archived() Archived {
	if a := t.archived.Load(); a != nil {
		return *a
	}
	return Archived{}
}

func (t *Timeline) archiveName() string { return t.Name + "/archive.json" }

// maxArchive bounds the object; a year takes half a megabyte.
const maxArchive = 8 << 20

// loadArchive reads what was known at the last housekeeping, once.
func (t *Timeline) loadArchive(ctx context.Context) error {
	if t.kept != nil {
		return nil
	}
	b, err := t.Store.Get(ctx, t.archiveName(), 0, maxArchive)
	if err != nil && !errors.Is(err, object.ErrNotFound) {
		return fmt.Errorf("read %s: %w", t.archiveName(), err)
	}
	a := new(archive)
	inOrder := func(a, b archivedHour) int { return cmp.Compare(a.Hour, b.Hour) }
	if err != nil || json.Unmarshal(b, a) != nil || !slices.IsSortedFunc(a.Hours, inOrder) {
		a = new(archive) // It is made from the indexes.
	}
	t.kept = a
	return nil
}

func (t *Timeline) saveArchive(ctx context.Context) error {
	b, err := json.Marshal(t.kept)
	if err != nil {
		return err
	}
	if err := t.Store.Put(ctx, t.archiveName(), b); err != nil {
		return fmt.Errorf("write %s: %w", t.archiveName(), err)
	}
	return nil
}

// account takes the hours into the books that have been closed since the last time.
func (t *Timeline) account(ctx context.Context) error {
	s := t.state.Load()
	closed := t.closedBefore(s)
	hour := max(t.kept.Next, s.First)
	if s.First == 0 || hour >= closed {
		return nil
	}
	for ; hour < closed; hour++ {
		entries, err := fetchIndex(ctx, t.Store, t.indexName(hour))
		if err != nil && !errors.Is(err, ErrBadIndex) {
			return fmt.Errorf("read %s: %w", t.indexName(hour), err)
		}
		if len(entries) > 0 || err != nil {
			t.kept.Hours = append(t.kept.Hours, t.describe(hour, entries))
		}
		t.kept.Next = hour + 1
	}
	return t.saveArchive(ctx)
}

func (t *Timeline) describe(hour int64, entries []Entry) archivedHour {
	h := archivedHour{Hour: hour}
	for i := range entries {
		e := &entries[i]
		if e.Kind == Gap {
			continue
		}
		h.Bytes += stretch(e.Tracks)
		for n := range e.Also {
			h.Bytes += stretch(e.Also[n].Tracks)
		}
		if e.At.Length > 0 && h.Gathered.IsZero() {
			h.Gathered = t.Now() // When it was is not known any more: the objects stay for another grace.
		}
	}
	return h
}

// stretch is how long a stored segment is: a record, then the tracks' fragments.
func stretch(tracks []Range) int64 {
	var end int64
	for _, r := range tracks {
		end = max(end, r.End())
	}
	return end
}

// closedBefore is the first hour that can still grow, or whose index may not be in the store yet.
func (t *Timeline) closedBefore(s *Tail) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(s.Entries) == 0 || !t.headStored {
		return 0
	}
	// What is flushed reaches at least to the head's last hour, which may grow, as may the newest entry's.
	return min(t.head.Last, s.Last().Hour())
}

// drop takes an hour off the books.
func (a *archive) drop(hour int64) {
	n := sort.Search(len(a.Hours), func(i int) bool { return a.Hours[i].Hour > hour })
	a.Hours = append(a.Hours[:0:0], a.Hours[n:]...)
	a.Next = max(a.Next, hour+1)
}

func (a *archive) hour(hour int64) *archivedHour {
	n := sort.Search(len(a.Hours), func(i int) bool { return a.Hours[i].Hour >= hour })
	if n == len(a.Hours) || a.Hours[n].Hour != hour {
		return nil
	}
	return &a.Hours[n]
}

func (a *archive) bytes() (sum int64) {
	for i := range a.Hours {
		sum += a.Hours[i].Bytes
	}
	return sum
}
