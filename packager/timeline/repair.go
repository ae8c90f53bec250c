package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/storage/object"
)

// BadHour is an hour whose index cannot be read.
type BadHour struct {
	Hour int64
	Err  error
}

// Verify reads the head and every hour's index of a timeline that is not open.
func (t *Timeline) Verify(ctx context.Context) ([]BadHour, error) {
	head, err := t.readHead(ctx)
	if err != nil {
		return []BadHour{{Err: err}}, ctx.Err()
	}
	var bad []BadHour
	for hour := head.First; hour <= head.Last && head.Next > 0; hour++ {
		if _, err := fetchIndex(ctx, t.Store, t.indexName(hour)); err != nil {
			if !errors.Is(err, ErrBadIndex) {
				return bad, err
			}
			bad = append(bad, BadHour{Hour: hour, Err: fmt.Errorf("%s: %w", t.indexName(hour), err)})
		}
	}
	return bad, nil
}

// Rebuild makes index and head anew from the records in the segments of a timeline that owns them and is not
// open, and says from how many. It lists the bucket.
func (t *Timeline) Rebuild(ctx context.Context) (int, error) {
	var entries []Entry
	for info, err := range t.Store.List(ctx, t.Name+"/media/") {
		if err != nil {
			return 0, err
		}
		e, err := t.readRecord(ctx, info.Name)
		if errors.Is(err, segment.ErrNoRecord) || errors.Is(err, segment.ErrShort) {
			continue
		}
		if err != nil {
			return 0, err
		}
		entries = append(entries, e)
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Seq < entries[j].Seq })
	if len(entries) == 0 {
		return 0, nil
	}
	last := &entries[len(entries)-1]
	head := Head{Next: last.Seq + 1, Disc: last.Disc, First: entries[0].Hour(), Last: last.Hour()}
	for from := 0; from < len(entries); {
		to := from
		for to < len(entries) && entries[to].Hour() == entries[from].Hour() {
			to++
		}
		if err := t.Store.Put(ctx, t.indexName(entries[from].Hour()), EncodeIndex(nil, entries[from:to])); err != nil {
			return 0, err
		}
		from = to
	}
	b, err := json.Marshal(head)
	if err != nil {
		return 0, err
	}
	return len(entries), t.Store.Put(ctx, t.headName(), b)
}

func (t *Timeline) readRecord(ctx context.Context, name string) (Entry, error) {
	b, err := t.Store.Get(ctx, name, 0, maxRecord)
	if err != nil {
		if errors.Is(err, object.ErrNotFound) {
			return Entry{}, segment.ErrNoRecord // Expired while we listed.
		}
		return Entry{}, err
	}
	e, err := ReadObject(b)
	e.Object = name
	return e, err
}
