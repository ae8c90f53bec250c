package timeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/storage/object"
)

// chunk is what goes into an hour's chunk: stored segments, one behind the other. Each begins with its record, so a chunk
// describes itself.
type chunk struct {
	name  string
	parts []part
	size  int64
}

// part is one segment on its way into a chunk.
type part struct {
	seq    uint64
	start  time.Time
	object string
	at     Range // in the object
	to     Range // in the chunk
}

func (c *chunk) add(p part) {
	p.to = Range{Offset: c.size, Length: p.at.Length}
	c.size += p.at.Length
	c.parts = append(c.parts, p)
}

// without leaves a part out.
func (c *chunk) without(i int) {
	parts := c.parts
	c.parts, c.size = nil, 0
	for n := range parts {
		if n != i {
			c.add(parts[n])
		}
	}
}

// chunkReader reads the parts one after another, with one of them in memory at a time.
type chunkReader struct {
	ctx   context.Context //nolint:containedctx // io.Reader has none
	store object.Store
	parts []part
	next  int    // the part that is read next, or was found bad
	body  []byte // what is left of the one before
	bad   error  // why parts[next] cannot be taken
}

// Read implements io.Reader.
func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.body) == 0 {
		if r.next == len(r.parts) {
			return 0, io.EOF
		}
		if err := r.load(&r.parts[r.next]); err != nil {
			return 0, err
		}
		r.next++
	}
	n := copy(p, r.body)
	r.body = r.body[n:]
	return n, nil
}

func (r *chunkReader) load(p *part) error {
	b, err := r.store.Get(r.ctx, p.object, p.at.Offset, p.at.Length)
	if err == nil && int64(len(b)) != p.at.Length {
		err = fmt.Errorf("%w: %d of %d bytes", errNotSegment, len(b), p.at.Length)
	}
	if err == nil {
		var e Entry
		switch e, err = ReadObject(b); {
		case err != nil:
			err = fmt.Errorf("%w: %w", errNotSegment, err)
		case e.Seq != p.seq || !e.Start.Equal(p.start):
			err = fmt.Errorf("%w: it is number %d of %s, expected number %d of %s", errNotSegment, e.Seq, e.Start, p.seq, p.start)
		}
	}
	if errors.Is(err, errNotSegment) || errors.Is(err, object.ErrNotFound) {
		r.bad = err
	}
	r.body = b
	return err
}

// walkChunk reads the records of a chunk's segments, none where there is no chunk, up to the first that is damaged.
func (t *Timeline) walkChunk(ctx context.Context, name string) ([]Entry, error) {
	var entries []Entry
	for offset := int64(0); len(entries) < maxIndexEntries; {
		e, err := t.recordAt(ctx, name, offset)
		if errors.Is(err, object.ErrNotFound) || errors.Is(err, io.EOF) {
			return entries, nil
		}
		if errors.Is(err, errNotSegment) {
			t.Log.Warn("chunk is damaged", "object", name, "offset", offset, "err", err)
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		length := stretch(e.Tracks)
		if length <= 0 || length > maxStored || len(entries) > 0 && e.Seq <= entries[len(entries)-1].Seq {
			return entries, nil
		}
		e.Object, e.At = t.MediaName(e.Seq), Range{Offset: offset, Length: length}
		entries = append(entries, e)
		offset += length
	}
	return entries, nil
}

// recordAt reads the entry out of a stored segment that begins at an offset of an object. The error wraps errNotSegment
// where something else is there, and is io.EOF at the object's end.
func (t *Timeline) recordAt(ctx context.Context, name string, offset int64) (Entry, error) {
	b, err := t.Store.Get(ctx, name, offset, usualRecord)
	if err != nil {
		return Entry{}, err
	}
	if len(b) == 0 {
		return Entry{}, io.EOF
	}
	e, err := ReadObject(b)
	if errors.Is(err, segment.ErrShort) && len(b) == usualRecord {
		if b, err = t.Store.Get(ctx, name, offset, maxRecord); err != nil {
			return Entry{}, err
		}
		e, err = ReadObject(b)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %s: %w", errNotSegment, name, err)
	}
	return e, nil
}
