package timeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"podium.tv/podium/storage/object"
)

// verifyChunk says, as ErrBadIndex, where an hour's index points into a chunk that is not there or not whole.
func (t *Timeline) verifyChunk(ctx context.Context, hour int64, entries []Entry) error {
	var end int64
	for i := range entries {
		end = max(end, entries[i].At.End())
	}
	if end == 0 {
		return nil
	}
	name := ChunkName(t.Name, hour)
	info, err := t.Store.Stat(ctx, name)
	if errors.Is(err, object.ErrNotFound) {
		return fmt.Errorf("%w: %s: %w", ErrBadIndex, name, err)
	}
	if err == nil && info.Size < end {
		return fmt.Errorf("%w: %s has %d bytes, expected %d", ErrBadIndex, name, info.Size, end)
	}
	return err
}

// addChunks adds what the segments in chunks tell of themselves.
func (t *Timeline) addChunks(ctx context.Context, known map[uint64]Entry) error {
	for info, err := range t.Store.List(ctx, t.Name+"/chunks/") {
		if err != nil {
			return err
		}
		if !t.isChunk(info.Name) {
			continue
		}
		entries, err := t.walkChunk(ctx, info.Name)
		if err != nil {
			return err
		}
		for i := range entries {
			if _, have := known[entries[i].Seq]; !have {
				known[entries[i].Seq] = entries[i]
			}
		}
	}
	return nil
}

func (t *Timeline) isChunk(name string) bool {
	base := strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".cmaf")
	hour, err := strconv.ParseInt(base, 10, 64)
	return err == nil && ChunkName(t.Name, hour) == name
}

// dropPlaces takes entries out of chunks that are not there or too short for them: what has no object of its own either is
// a gap.
func (t *Timeline) dropPlaces(ctx context.Context, entries []Entry) error {
	sizes := make(map[int64]int64)
	for i := range entries {
		e := &entries[i]
		if e.At.Length == 0 {
			continue
		}
		size, ok := sizes[e.Hour()]
		if !ok {
			info, err := t.Store.Stat(ctx, ChunkName(t.Name, e.Hour()))
			if err != nil && !errors.Is(err, object.ErrNotFound) {
				return err
			}
			size = info.Size
			sizes[e.Hour()] = size
		}
		if e.At.End() <= size {
			continue
		}
		e.At = Range{}
		if _, err := t.Store.Stat(ctx, e.Object); errors.Is(err, object.ErrNotFound) {
			e.Kind = Gap
		} else if err != nil {
			return err
		}
	}
	return nil
}
