package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"podium.tv/podium/storage/object"
)

// BadHour is an hour whose index cannot be read; the zero hour stands for the head.
type BadHour struct {
	Hour int64
	Err  error
}

// Verify reads the head and every hour's index of a timeline that is not open.
func (t *Timeline) Verify(ctx context.Context) ([]BadHour, error) {
	head, err := t.readHead(ctx)
	if errors.Is(err, ErrBadIndex) {
		return []BadHour{{Err: err}}, nil
	}
	if err != nil {
		return nil, err
	}
	var bad []BadHour
	for hour := head.First; hour <= head.Last && head.Next > 0; hour++ {
		entries, err := fetchIndex(ctx, t.Store, t.indexName(hour))
		if err == nil && t.Owns {
			err = t.verifyChunk(ctx, hour, entries)
		}
		if errors.Is(err, ErrBadIndex) {
			bad = append(bad, BadHour{Hour: hour, Err: fmt.Errorf("%s: %w", t.indexName(hour), err)})
		} else if err != nil {
			return bad, err
		}
	}
	return bad, nil
}

// Rebuild makes index and head of a timeline that is not open anew, from those hours' index objects that can be read
// and, where it owns them, from the records in its segments, and says of how many entries. It lists the bucket.
func (t *Timeline) Rebuild(ctx context.Context) (int, error) {
	t.setDefaults()
	known, bad, err := t.readableHours(ctx)
	if err != nil {
		return 0, err
	}
	if t.Owns {
		if err := t.addChunks(ctx, known); err != nil {
			return 0, err
		}
		if err := t.addRecords(ctx, known); err != nil {
			return 0, err
		}
	}
	entries := make([]Entry, 0, len(known))
	for _, e := range known {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		if a.Seq < b.Seq {
			return -1
		}
		return 1
	})
	entries = fillGaps(entries)
	if t.Owns {
		if err := t.dropPlaces(ctx, entries); err != nil {
			return 0, err
		}
	}
	for from := 0; from < len(entries); {
		hour := entries[from].Hour()
		to := from
		for to < len(entries) && entries[to].Hour() == hour {
			to++
		}
		if err := t.putHour(ctx, hour, entries[from:to]); err != nil {
			return 0, err
		}
		delete(bad, hour)
		from = to
	}
	for hour := range bad { // Nothing is left of it.
		if err := t.Store.Delete(ctx, t.indexName(hour)); err != nil {
			return 0, err
		}
		t.Hours.forget(t.indexName(hour))
	}
	if len(entries) == 0 {
		return 0, nil
	}
	return len(entries), t.rebuildHead(ctx, entries)
}

func (t *Timeline) putHour(ctx context.Context, hour int64, entries []Entry) error {
	name := t.indexName(hour)
	defer t.Hours.forget(name)
	if err := t.Store.Put(ctx, name, EncodeIndex(nil, entries)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// rebuildHead never puts the head back behind one that can be read: its numbers have been given.
func (t *Timeline) rebuildHead(ctx context.Context, entries []Entry) error {
	head := Head{First: entries[0].Hour(), Begin: entries[0].Start}
	head.reach(&entries[len(entries)-1])
	old, err := t.readHead(ctx)
	if err != nil && !errors.Is(err, ErrBadIndex) {
		return err
	}
	if old.Next > head.Next {
		head.Next, head.Disc, head.End = old.Next, old.Disc, old.End
	}
	return t.writeHead(ctx, head)
}

// headOfIndex makes the head out of the index that is there, as when it was lost, or never written because the first flush
// was cut off; it is zero for a timeline that is new. It lists the hours, once in a timeline's life.
func (t *Timeline) headOfIndex(ctx context.Context) (Head, error) {
	var hours []int64
	for info, err := range t.Store.List(ctx, t.Name+"/index/") {
		if err != nil {
			return Head{}, err
		}
		if hour, ok := t.hourOf(info.Name); ok {
			hours = append(hours, hour)
		}
	}
	slices.Sort(hours)
	for n := len(hours) - 1; n >= 0; n-- {
		entries, err := fetchIndex(ctx, t.Store, t.indexName(hours[n]))
		if errors.Is(err, ErrBadIndex) || (err == nil && len(entries) == 0) {
			continue
		}
		if err != nil {
			return Head{}, err
		}
		head := Head{First: hours[0]}
		head.reach(&entries[len(entries)-1])
		t.Log.Warn("timeline has an index and no head, it goes on from the index", "timeline", t.Name, "next", head.Next)
		return head, nil
	}
	return Head{}, nil
}

// hourOf is the hour in the name of an index object.
func (t *Timeline) hourOf(name string) (hour int64, ok bool) {
	base := strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".idx")
	hour, err := strconv.ParseInt(base, 10, 64)
	return hour, err == nil && t.indexName(hour) == name
}

// readableHours are the entries of all index objects, and the hours of those that cannot be read.
func (t *Timeline) readableHours(ctx context.Context) (known map[uint64]Entry, bad map[int64]bool, err error) {
	known, bad = make(map[uint64]Entry), make(map[int64]bool)
	for info, err := range t.Store.List(ctx, t.Name+"/index/") {
		if err != nil {
			return nil, nil, err
		}
		hour, ok := t.hourOf(info.Name)
		if !ok {
			continue
		}
		entries, err := fetchIndex(ctx, t.Store, info.Name)
		if errors.Is(err, ErrBadIndex) {
			bad[hour] = true
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for i := range entries {
			known[entries[i].Seq] = entries[i]
		}
	}
	return known, bad, nil
}

// addRecords adds what the segments tell of themselves. An index that can be read knows better: that a segment was
// lost, say.
func (t *Timeline) addRecords(ctx context.Context, known map[uint64]Entry) error {
	for info, err := range t.Store.List(ctx, t.Name+"/media/") {
		if err != nil {
			return err
		}
		seq, ok := t.seqOf(info.Name)
		if _, have := known[seq]; !ok || have {
			continue
		}
		e, err := t.readRecord(ctx, info.Name)
		if errors.Is(err, errNotSegment) || errors.Is(err, object.ErrNotFound) { // Expired while we listed.
			continue
		}
		if err != nil {
			return err
		}
		if e.Seq == seq {
			known[seq] = e
		}
	}
	return nil
}

// seqOf is the sequence number in the name of a segment of this timeline.
func (t *Timeline) seqOf(name string) (seq uint64, ok bool) {
	owner, seq, ok := ParseMediaName(name)
	return seq, ok && owner == t.Name
}
