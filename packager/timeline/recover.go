package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/storage/object"
)

// recovered is what Open found.
type recovered struct {
	head      Head
	entries   []Entry
	unflushed int    // index of the first entry that is not in the index objects
	flushed   uint64 // its sequence number
	next      uint64
	disc      uint64
}

// recover joins what the store's index, the journal and, for a timeline that owns its media, the segments
// themselves tell.
func (t *Timeline) recover(ctx context.Context) (recovered, error) {
	local, fresh, err := readJournal(t.Journal)
	if err != nil {
		return recovered{}, fmt.Errorf("read journal %s: %w", t.Journal, err)
	}
	head, err := t.readHead(ctx)
	away := err != nil
	if away {
		if local.Next == 0 && len(fresh) == 0 {
			return recovered{}, fmt.Errorf("no journal here and the store does not tell: %w", err)
		}
		t.Log.Warn("object store is away, timeline goes on from its journal", "timeline", t.Name, "err", err)
		head = local
	}
	if local.Next > head.Next {
		head = local
	}
	r := recovered{head: head, flushed: head.Next, next: head.Next, disc: head.Disc}
	if !away {
		if r.entries, err = t.recentHours(ctx, head); err != nil {
			return r, err
		}
	}
	r.unflushed = len(r.entries)
	for i := range fresh {
		if fresh[i].Seq >= r.next {
			r.add(fresh[i])
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
	}
	return r, nil
}

func (r *recovered) add(e Entry) {
	r.entries = append(r.entries, e)
	r.next, r.disc = e.Seq+1, e.Disc
}

// recentHours reads the index back from the head's last hour.
func (t *Timeline) recentHours(ctx context.Context, head Head) ([]Entry, error) {
	if head.Next == 0 {
		return nil, nil
	}
	var entries []Entry
	hours := int64(t.Recent.Hours()) + 1
	for hour := max(head.Last-hours+1, head.First); hour <= head.Last; hour++ {
		b, err := t.readHour(ctx, hour)
		if err != nil {
			// A damaged hour is lost to viewers until it is repaired; the channel must go on.
			t.Log.Error("timeline index cannot be read, run podium check --repair", "timeline", t.Name, "hour", hour, "err", err)
			entries = nil
			continue
		}
		entries = append(entries, b...)
	}
	return entries, nil
}

func (t *Timeline) readHour(ctx context.Context, hour int64) ([]Entry, error) {
	return t.Hours.load(ctx, t.Store, t.indexName(hour))
}

// checkMedia turns entries whose segment never reached the store into gaps: the process was killed while the
// store could take nothing.
func (t *Timeline) checkMedia(ctx context.Context, entries []Entry) {
	for i := range entries {
		if entries[i].Kind == Gap {
			continue
		}
		if _, err := t.Store.Stat(ctx, entries[i].Object); errors.Is(err, object.ErrNotFound) {
			t.Log.Warn("segment was lost in a crash", "timeline", t.Name, "seq", entries[i].Seq)
			entries[i].Kind = Gap
		}
	}
}

// probeLimit bounds how many segments Open looks for beyond what index and journal know: an hour's worth.
const probeLimit = 1024

// probe finds segments that are in the store but neither in the index nor in the journal, by their names: after a
// crash between the two writes, or when another machine takes over.
func (t *Timeline) probe(ctx context.Context, r *recovered) error {
	for range probeLimit {
		name := t.MediaName(r.next)
		b, err := t.Store.Get(ctx, name, 0, maxRecord)
		if errors.Is(err, object.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for segments beyond the index: %w", err)
		}
		e, err := ReadObject(b)
		if err != nil || e.Seq != r.next {
			t.Log.Warn("segment beyond the index cannot be read, it will be written over", "object", name, "err", err)
			return nil
		}
		e.Object = name
		r.add(e)
	}
	return nil
}

// MediaName is the object that holds the segment with a sequence number: spread over folders of 1,000, found without
// an index.
func (t *Timeline) MediaName(seq uint64) string {
	return fmt.Sprintf("%s/media/%d/%d.cmaf", t.Name, seq/1000, seq)
}

// BuildObject makes the object that is stored for an entry: a record of the entry itself, so that the index
// can be rebuilt from the bucket, then the media. The entry's track ranges, relative to the media, become
// relative to the object.
func BuildObject(e *Entry, media []byte) ([]byte, error) {
	record, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(record)+64+len(media))
	out = segment.AppendRecord(out, record)
	shift := int64(len(out))
	ranges := make([]Range, len(e.Tracks))
	for i, r := range e.Tracks {
		ranges[i] = Range{Offset: r.Offset + shift, Length: r.Length}
	}
	e.Tracks = ranges
	return append(out, media...), nil
}

// ReadObject reads the entry out of a stored object or of its first bytes.
func ReadObject(b []byte) (Entry, error) {
	var e Entry
	record, rest, err := segment.ReadRecord(b)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(record, &e); err != nil {
		return e, fmt.Errorf("read segment record: %w", err)
	}
	for i := range e.Tracks {
		e.Tracks[i].Offset += int64(rest)
	}
	return e, nil
}
