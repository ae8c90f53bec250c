package timeline

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"podium.tv/podium/storage/object"
)

// recovered is what Open found.
type recovered struct {
	// head says how far the index reaches; stored, that the store's head says so too.
	head   Head
	stored bool
	// entries are the newest, without a hole; those from unflushed on are not in the index.
	entries   []Entry
	unflushed int
	next      uint64
	disc      uint64
}

// recover joins what the store's index, the journal and, for a timeline that owns its media, the segments
// themselves tell.
func (t *Timeline) recover(ctx context.Context) (recovered, error) {
	local, kept, err := readJournal(t.Journal)
	if err != nil {
		return recovered{}, fmt.Errorf("read journal %q: %w", t.Journal, err)
	}
	head, err := t.readHead(ctx)
	away := err != nil && !errors.Is(err, ErrBadIndex)
	switch {
	case err == nil:
	case local.Next == 0 && len(kept) == 0 && !away:
		return recovered{}, fmt.Errorf("no journal %s, and the store's head is damaged, run podium check --repair: %w", t.Journal, err)
	case local.Next == 0 && len(kept) == 0:
		return recovered{}, fmt.Errorf("no journal %s, and the store does not tell: %w", t.Journal, err)
	default:
		t.Log.Warn("head cannot be read from the object store, timeline goes on from its journal", "timeline", t.Name, "err", err)
	}
	stored := err == nil
	if stored && head.Next == 0 && local.Next == 0 && len(kept) == 0 {
		if head, err = t.headOfIndex(ctx); err != nil {
			return recovered{}, fmt.Errorf("look for an index without a head: %w", err)
		}
		stored = head.Next == 0
	}
	r := recovered{head: head, stored: stored}
	if local.Next > head.Next || err != nil {
		r.head, r.stored = local, false
	}
	r.next, r.disc = r.head.Next, r.head.Disc
	if !away {
		if err := t.recentHours(ctx, &r); err != nil {
			if len(kept) == 0 && r.head.Next > 0 {
				return r, err
			}
			away = true
			t.Log.Warn("object store is away, timeline goes on from its journal", "timeline", t.Name, "err", err)
		}
	}
	r.replay(kept)
	if !away {
		if err := t.lookAhead(ctx, &r); err != nil {
			away = true
			t.Log.Warn("object store is away, timeline goes on from its journal", "timeline", t.Name, "err", err)
		}
	}
	if t.Owns && !away {
		t.checkMedia(ctx, r.entries[r.unflushed:])
		if err := t.probe(ctx, &r); err != nil {
			return r, err
		}
	}
	if r.head.First == 0 && len(r.entries) > 0 {
		r.head.First = r.entries[0].Hour()
		if r.entries[0].Seq == 0 {
			r.head.Begin = r.entries[0].Start
		}
	}
	return r, nil
}

// replay adds what the journal tells.
func (r *recovered) replay(kept []Entry) {
	if len(r.entries) == 0 {
		// The index could not be read: the journal's entries from before the flush are shown in its place.
		for i := range kept {
			if kept[i].Seq < r.next {
				r.entries = append(r.entries, kept[i])
			}
		}
		if n := len(r.entries); n > 0 && r.entries[n-1].Seq+1 != r.next {
			r.entries = nil
		}
	}
	r.unflushed = len(r.entries)
	for i := range kept {
		if kept[i].Seq < r.next {
			continue
		}
		if kept[i].Seq > r.next {
			// A hole that nothing fills: numbers must not be used twice, so it stays.
			r.entries, r.unflushed = nil, 0
			r.head.Next = kept[i].Seq
		}
		r.add(kept[i])
	}
}

func (r *recovered) add(e Entry) {
	r.entries = append(r.entries, e)
	r.next, r.disc = e.Seq+1, e.Disc
}

// recentHours reads the index back from the head's last hour.
func (t *Timeline) recentHours(ctx context.Context, r *recovered) error {
	if r.head.Next == 0 && r.head.Last == 0 {
		return nil
	}
	var entries []Entry
	hours := int64(t.Recent.Hours()) + 1
	for hour := max(r.head.Last-hours+1, r.head.First); hour <= r.head.Last; hour++ {
		b, err := fetchIndex(ctx, t.Store, t.indexName(hour))
		if errors.Is(err, ErrBadIndex) {
			// Viewers may miss a damaged hour until it is repaired; the channel must go on.
			b = t.salvage(ctx, hour, r.head.Next)
			t.Log.Error("timeline index cannot be read, run podium check --repair", "timeline", t.Name, "hour", hour,
				"salvaged", len(b), "err", err)
		} else if err != nil {
			return fmt.Errorf("read %s: %w", t.indexName(hour), err)
		}
		if len(b) > 0 && len(entries) > 0 && b[0].Seq != entries[len(entries)-1].Seq+1 {
			entries = nil // What comes before a hole is read by hour.
		}
		entries = append(entries, b...)
	}
	// The index may be ahead of the head: see lookAhead.
	entries = entries[:sort.Search(len(entries), func(i int) bool { return entries[i].Seq >= r.head.Next })]
	if n := len(entries); n > 0 && entries[n-1].Seq+1 == r.head.Next {
		r.entries = entries
	}
	return nil
}

// maxAhead bounds how many hours of silence Open looks across for more of the index.
const maxAhead = 7 * 24

// lookAhead takes up what is in the index but neither behind the head nor in the journal: a crash came between the
// writing of index and head, and the journal was lost. Left there it would turn up again beside other entries of
// the same numbers.
func (t *Timeline) lookAhead(ctx context.Context, r *recovered) error {
	if len(r.entries) == 0 {
		return nil
	}
	from := r.entries[len(r.entries)-1].Hour()
	for hour := from; hour <= min(HourOf(t.Now()), from+maxAhead); hour++ {
		b, err := fetchIndex(ctx, t.Store, t.indexName(hour))
		if errors.Is(err, ErrBadIndex) {
			continue // It is reported where it is needed.
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", t.indexName(hour), err)
		}
		for i := range b {
			if b[i].Seq == r.next && !b[i].Start.Before(r.entries[len(r.entries)-1].End()) {
				r.add(b[i])
			}
		}
	}
	return nil
}

// checkMedia turns entries whose segment never reached the store into gaps: the process was killed while the
// store could take nothing. An object of that name with another start is what an earlier crash left.
func (t *Timeline) checkMedia(ctx context.Context, entries []Entry) {
	for i := range entries {
		e := &entries[i]
		if e.Kind == Gap {
			continue
		}
		found, err := t.readRecord(ctx, e.Object)
		if errors.Is(err, object.ErrNotFound) && t.gathered(ctx, e) {
			continue
		}
		if errors.Is(err, object.ErrNotFound) || (err == nil && !found.Start.Equal(e.Start)) {
			t.Log.Warn("segment was lost in a crash", "timeline", t.Name, "seq", e.Seq)
			e.Kind = Gap
		}
	}
}

// gathered says whether an entry's segment lies in its hour's chunk by now.
func (t *Timeline) gathered(ctx context.Context, e *Entry) bool {
	entries, err := fetchIndex(ctx, t.Store, t.indexName(e.Hour()))
	if err != nil {
		return false
	}
	was := bySeq(entries, e.Seq)
	if was == nil || was.At.Length == 0 || !was.Start.Equal(e.Start) {
		return false
	}
	e.At = was.At
	return true
}

// probeLimit bounds how many segments Open looks for beyond what index and journal know: three days' worth.
const probeLimit = 1 << 16

// probe finds segments that are in the store but neither in the index nor in the journal, by their names: after a
// crash between the two writes, or when another machine takes over.
func (t *Timeline) probe(ctx context.Context, r *recovered) error {
	end := r.head.End
	if n := len(r.entries); n > 0 {
		end = r.entries[n-1].End()
	}
	for range probeLimit {
		name := t.MediaName(r.next)
		e, err := t.readRecord(ctx, name)
		if errors.Is(err, object.ErrNotFound) {
			return nil
		}
		if err != nil && !errors.Is(err, errNotSegment) {
			return fmt.Errorf("look for segments beyond the index: %w", err)
		}
		if err != nil || e.Seq != r.next || e.Start.Before(end) || e.Disc < r.disc || e.Disc > r.disc+1 {
			t.Log.Warn("segment beyond the index does not continue it, it will be written over", "object", name, "err", err)
			return nil
		}
		r.add(e)
		end = e.End()
	}
	t.Log.Error("more segments beyond the index than can be taken up, run podium check --repair", "timeline", t.Name, "found", probeLimit)
	return nil
}

// MediaName is the object that holds the segment with a sequence number.
func (t *Timeline) MediaName(seq uint64) string { return MediaName(t.Name, seq) }
