package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"podium.tv/podium/packager/segment"
)

// errNotSegment says that an object does not begin with an entry's record.
var errNotSegment = errors.New("object is no segment")

// BuildObject makes the object that is stored for an entry: a record of the entry itself, so that the index
// can be rebuilt from the bucket, then the media. The entry's track ranges, relative to the media, become
// relative to the object.
func BuildObject(e *Entry, media []byte) ([]byte, error) {
	return BuildSegment(e, &segment.Segment{Media: media})
}

// BuildSegment makes the same of a segment that was just cut, whose media need not be copied for it: Media lies in the
// object then.
func BuildSegment(e *Entry, seg *segment.Segment) ([]byte, error) {
	record, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if len(record) > maxRecord/2 {
		return nil, fmt.Errorf("segment record of %d bytes, at most %d", len(record), maxRecord/2)
	}
	out := seg.Object(record)
	shift := int64(len(out) - len(seg.Media))
	ranges := make([]Range, len(e.Tracks))
	for i, r := range e.Tracks {
		ranges[i] = Range{Offset: r.Offset + shift, Length: r.Length}
	}
	e.Tracks = ranges
	return out, nil
}

// ReadObject reads the entry out of a stored object or of its first bytes.
func ReadObject(b []byte) (Entry, error) {
	record, rest, err := segment.ReadRecord(b)
	if err != nil {
		return Entry{}, err
	}
	var e Entry
	if err := json.Unmarshal(record, &e); err != nil {
		return Entry{}, fmt.Errorf("read segment record: %w", err)
	}
	if len(e.Tracks) > maxIndexTracks || len(e.TS.Tracks) > maxIndexTracks {
		return Entry{}, fmt.Errorf("segment record of %d tracks, at most %d", max(len(e.Tracks), len(e.TS.Tracks)), maxIndexTracks)
	}
	for i := range e.Tracks {
		r := &e.Tracks[i]
		if r.Offset < 0 || r.Length < 0 || r.Offset > maxObject || r.Length > maxObject {
			return Entry{}, fmt.Errorf("segment record with the range %d+%d", r.Offset, r.Length)
		}
		r.Offset += int64(rest)
	}
	return e, nil
}

// maxObject bounds where a track's fragment may lie: it keeps sums of offsets and lengths from overflow.
const maxObject = 1 << 40

// usualRecord is how much of an object is read at first to find its record, which takes a few hundred bytes.
const usualRecord = 2 << 10

// readRecord reads the entry out of a stored segment. The error wraps errNotSegment where the object is something else.
func (t *Timeline) readRecord(ctx context.Context, name string) (Entry, error) {
	e, err := t.recordAt(ctx, name, 0)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %s is empty", errNotSegment, name)
	}
	e.Object = name
	return e, err
}
