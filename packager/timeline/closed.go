package timeline

import (
	"context"
	"fmt"
	"time"

	"podium.tv/podium/storage/object"
)

// ClosedName is the object that holds all entries of a closed timeline.
func ClosedName(name string) string { return name + "/index.idx" }

// WriteClosed stores a timeline that is whole and never grows, such as an asset's, as one index object. Positions count
// from the Unix epoch, each entry beginning where the one before ends, and sequence numbers from zero; both are
// written into the entries.
func WriteClosed(ctx context.Context, store object.Store, name string, entries []Entry) error {
	if len(entries) == 0 || len(entries) > maxIndexEntries {
		return fmt.Errorf("closed timeline %s of %d entries, expected 1 to %d", name, len(entries), maxIndexEntries)
	}
	var at time.Duration
	var disc uint64
	for i := range entries {
		e := &entries[i]
		if e.Discontinuity {
			disc++
		}
		e.Seq, e.Disc, e.Start = uint64(i), disc, time.Unix(0, 0).UTC().Add(at)
		at += e.Duration
	}
	if err := store.Put(ctx, ClosedName(name), EncodeIndex(nil, entries)); err != nil {
		return fmt.Errorf("write %s: %w", ClosedName(name), err)
	}
	return nil
}

// ReadClosed reads all entries of a closed timeline. The error wraps object.ErrNotFound where there is none, and
// ErrBadIndex where it cannot be read.
func ReadClosed(ctx context.Context, store object.Store, name string) ([]Entry, error) {
	b, err := store.Get(ctx, ClosedName(name), 0, maxIndexObject+1)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ClosedName(name), err)
	}
	if len(b) > maxIndexObject {
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrBadIndex, ClosedName(name), maxIndexObject)
	}
	entries, err := DecodeIndex(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ClosedName(name), err)
	}
	for i := range entries {
		if entries[i].Seq != uint64(i) {
			return nil, fmt.Errorf("%w: %s: entry %d has the sequence number %d", ErrBadIndex, ClosedName(name), i, entries[i].Seq)
		}
	}
	return entries, nil
}
