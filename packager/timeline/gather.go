package timeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/storage/object"
)

// gather puts an hour's segments, one behind the other as they are stored, into one object, and then points the hour's
// index into it. The segments' own objects stay until sweep. done is false where the index cannot be read.
//
//	1 the chunk      a crash before its end leaves nothing, one after it a chunk that nobody reads: it is written again
//	2 the index      from here on readers who look find the chunk; the objects are there as well
//	3 archive.json   lost, it is made anew from the index
//	4 sweep          an object is removed only once an index that does without it has been read back
func (t *Timeline) gather(ctx context.Context, hour int64) (done bool, err error) {
	name := t.indexName(hour)
	entries, err := fetchIndex(ctx, t.Store, name)
	if errors.Is(err, ErrBadIndex) {
		t.Log.Warn("hour is not gathered: its index cannot be read, run podium check --repair",
			"timeline", t.Name, "hour", hour, "err", err)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	for i := range entries {
		if entries[i].At.Length > 0 {
			return true, nil // A crash came before that was written down. The chunk must never be written again.
		}
	}
	c, err := t.plan(ctx, hour, entries)
	if err != nil || len(c.parts) == 0 {
		return err == nil, err
	}
	began := time.Now()
	if err := t.writeChunk(ctx, c); err != nil {
		return false, err
	}
	if err := t.pointInto(ctx, hour, c); err != nil {
		return false, err
	}
	t.Log.Info("hour gathered", "timeline", t.Name, "hour", hour, "segments", len(c.parts), "bytes", c.size,
		"took", time.Since(began).Round(time.Millisecond))
	return true, nil
}

// plan lists what goes into an hour's chunk. A chunk that is there and that no index points into is what a crash left, or
// what a lost index pointed into: it is a source for segments whose objects are gone.
func (t *Timeline) plan(ctx context.Context, hour int64, entries []Entry) (*chunk, error) {
	c := &chunk{name: ChunkName(t.Name, hour)}
	old, err := t.walkChunk(ctx, c.name)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		length := stretch(e.Tracks)
		if e.Kind == Gap || length == 0 || length > maxStored || e.Object != t.MediaName(e.Seq) {
			continue
		}
		p := part{seq: e.Seq, start: e.Start, object: e.Object, at: Range{Length: length}}
		if was := bySeq(old, e.Seq); was != nil && was.Start.Equal(e.Start) && was.At.Length == length {
			p.object, p.at = c.name, was.At
		} else if len(old) > 0 {
			if _, err := t.Store.Stat(ctx, e.Object); errors.Is(err, object.ErrNotFound) {
				continue // Neither here nor there.
			}
		}
		c.add(p)
	}
	return c, nil
}

// maxBad is how many segments that are not what their index says a gathering leaves out before it gives up.
const maxBad = 64

// writeChunk streams the chunk into the store. Segments that turn out not to be there, or to be others than the index
// says, are left out and stay as they are.
func (t *Timeline) writeChunk(ctx context.Context, c *chunk) error {
	for try := 0; ; try++ {
		r := &chunkReader{ctx: ctx, store: t.Store, parts: c.parts}
		err := t.Store.PutStream(ctx, c.name, r, c.size)
		if err == nil {
			break
		}
		if r.bad == nil || try == maxBad {
			return fmt.Errorf("gather %s: %w", c.name, errors.Join(err, r.bad))
		}
		t.Log.Warn("segment is left out of its hour's chunk", "object", r.parts[r.next].object, "err", r.bad)
		c.without(r.next)
		if try == 0 { // Where one is missing others may be, and each try reads the hour from its beginning.
			if err := t.leaveOutMissing(ctx, c); err != nil {
				return err
			}
		}
		if len(c.parts) == 0 {
			return nil
		}
	}
	info, err := t.Store.Stat(ctx, c.name)
	if err != nil {
		return fmt.Errorf("gather %s: %w", c.name, err)
	}
	if info.Size != c.size {
		return fmt.Errorf("gather %s: it has %d bytes in the store, expected %d", c.name, info.Size, c.size)
	}
	return nil
}

func (t *Timeline) leaveOutMissing(ctx context.Context, c *chunk) error {
	for i := len(c.parts) - 1; i >= 0; i-- {
		_, err := t.Store.Stat(ctx, c.parts[i].object)
		if errors.Is(err, object.ErrNotFound) {
			c.without(i)
		} else if err != nil {
			return fmt.Errorf("gather %s: %w", c.name, err)
		}
	}
	return nil
}

// pointInto writes the hour's index anew, with the segments' places in the chunk.
func (t *Timeline) pointInto(ctx context.Context, hour int64, c *chunk) error {
	t.flushing.Lock()
	defer t.flushing.Unlock()
	name := t.indexName(hour)
	entries, err := fetchIndex(ctx, t.Store, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	for _, p := range c.parts {
		if e := bySeq(entries, p.seq); e != nil && e.Start.Equal(p.start) {
			e.At = p.to
		}
	}
	return t.putHour(ctx, hour, entries)
}

// sweep removes the objects that went into chunks, once readers with older indexes have finished. An hour that cannot be
// swept does not keep the others.
func (t *Timeline) sweep(ctx context.Context) error {
	var faults error
	for i := range t.kept.Hours {
		h := &t.kept.Hours[i]
		if h.Swept || h.Gathered.IsZero() || t.Now().Sub(h.Gathered) < t.GatherGrace {
			continue
		}
		if err := t.sweepHour(ctx, h.Hour); err != nil {
			faults = errors.Join(faults, err)
			if ctx.Err() != nil {
				return faults
			}
			continue
		}
		h.Swept = true
		if err := t.saveArchive(ctx); err != nil {
			return errors.Join(faults, err)
		}
	}
	return faults
}

func (t *Timeline) sweepHour(ctx context.Context, hour int64) error {
	entries, err := fetchIndex(ctx, t.Store, t.indexName(hour))
	if err != nil {
		return fmt.Errorf("read %s: %w", t.indexName(hour), err)
	}
	if err := t.verifyChunk(ctx, hour, entries); err != nil {
		return fmt.Errorf("objects of a gathered hour are kept, its chunk is not whole: %w", err)
	}
	for i := range entries {
		if entries[i].At.Length == 0 {
			continue
		}
		if err := t.Store.Delete(ctx, t.MediaName(entries[i].Seq)); err != nil {
			return fmt.Errorf("remove %s, which is gathered: %w", t.MediaName(entries[i].Seq), err)
		}
	}
	return nil
}
