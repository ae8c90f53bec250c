package timeline

import (
	"context"
	"errors"
	"fmt"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/storage/object"
)

// Reader reads stored segments wherever they lie: as objects of their own, or in the chunk of their owner's hour once that
// is gathered. Who owns a segment is in its name, and where it lies is in the owner's index of the hour, so that the
// entries of channels that refer to it stay as they are when it moves.
type Reader struct {
	Store object.Store
	// Hours caches the owners' indexes. Without one each look into an index is a read from the store.
	Hours *HourCache
}

// Entry is an entry's segment as it is stored; the entry's Tracks are ranges in it.
func (r Reader) Entry(ctx context.Context, e *Entry) ([]byte, error) {
	return r.read(ctx, e.Object, hoursOf(e, e.RefHour), e.At)
}

// Rendition is the stored segment of one of an entry's further renditions.
func (r Reader) Rendition(ctx context.Context, e *Entry, a *Rendition) ([]byte, error) {
	return r.read(ctx, a.Object, hoursOf(e, a.RefHour), a.At)
}

// hoursOf are the hours of the owner that a segment may be in. Entries from before RefHour was kept tell only their own
// hour, which is the owner's or next to it.
func hoursOf(e *Entry, ref int64) []int64 {
	if ref != 0 {
		return []int64{ref}
	}
	return []int64{e.Hour(), e.Hour() - 1, e.Hour() + 1}
}

// maxStored bounds a stored segment.
const maxStored = 256 << 20

// read looks first where memory tells, then at the segment's own object, and only then asks the owner's index: an
// object that is gone has been gathered since.
func (r Reader) read(ctx context.Context, name string, hours []int64, at Range) ([]byte, error) {
	owner, seq, ok := ParseMediaName(name)
	if !ok {
		return r.Store.Get(ctx, name, 0, maxStored)
	}
	if at.Length == 0 {
		at = r.remembered(owner, hours[0], seq)
	}
	if at.Length > 0 {
		if b, err := r.chunked(ctx, owner, hours[0], seq, at); err == nil || !errors.Is(err, object.ErrNotFound) {
			return b, err
		}
	}
	b, err := r.Store.Get(ctx, name, 0, maxStored)
	if !errors.Is(err, object.ErrNotFound) {
		return b, err
	}
	for _, hour := range hours {
		at, lookErr := r.look(ctx, owner, hour, seq)
		if lookErr != nil {
			return nil, lookErr
		}
		if at.Length > 0 {
			return r.chunked(ctx, owner, hour, seq, at)
		}
	}
	return nil, err
}

// remembered is where a segment lies in its hour's chunk, as far as memory tells.
func (r Reader) remembered(owner string, hour int64, seq uint64) Range {
	if r.Hours == nil {
		return Range{}
	}
	entries, _ := r.Hours.cached(IndexName(owner, hour))
	return placeOf(entries, seq)
}

// look reads where a segment lies from its owner's index. One in memory that does not tell is from before the hour was
// gathered.
func (r Reader) look(ctx context.Context, owner string, hour int64, seq uint64) (Range, error) {
	name := IndexName(owner, hour)
	load := fetchIndex
	if r.Hours != nil {
		load = r.Hours.load
		if entries, ok := r.Hours.cached(name); ok && placeOf(entries, seq).Length == 0 {
			r.Hours.forget(name)
		}
	}
	entries, err := load(ctx, r.Store, name)
	if errors.Is(err, ErrBadIndex) {
		return Range{}, nil
	}
	return placeOf(entries, seq), err
}

func placeOf(entries []Entry, seq uint64) Range {
	if e := bySeq(entries, seq); e != nil {
		return e.At
	}
	return Range{}
}

// errMoved says that a chunk does not hold a segment where the index says. It is as good as not there.
var errMoved = fmt.Errorf("chunk holds another segment there: %w", object.ErrNotFound)

// chunked reads a segment out of its hour's chunk and checks that it is the one that was asked for.
func (r Reader) chunked(ctx context.Context, owner string, hour int64, seq uint64, at Range) ([]byte, error) {
	name := ChunkName(owner, hour)
	b, err := r.Store.Get(ctx, name, at.Offset, min(at.Length, maxStored))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) != at.Length {
		return nil, fmt.Errorf("read segment %d of %s: %d of %d bytes: %w", seq, name, len(b), at.Length, errMoved)
	}
	if e, err := ReadObject(b); err != nil || e.Seq != seq {
		if errors.Is(err, segment.ErrShort) {
			err = nil // Its run is too short for its record: what lies there is another.
		}
		return nil, errors.Join(err, fmt.Errorf("read segment %d of %s: %w", seq, name, errMoved))
	}
	return b, nil
}
