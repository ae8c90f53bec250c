package timeline

import (
	"context"
	"errors"
	"time"

	"podium.tv/podium/storage/object"
)

// The bounds of salvage: how many segments it looks at, and how many in a row may be missing.
const (
	maxSalvage = 1 << 13
	maxMissing = 64
)

// salvage reads an hour's entries out of the segments' own records where the index that held them is damaged: backwards,
// by name, from the sequence number that follows. A timeline that does not own its media has no records.
func (t *Timeline) salvage(ctx context.Context, hour int64, before uint64) []Entry {
	if !t.Owns {
		return nil
	}
	found, err := t.walkChunk(ctx, ChunkName(t.Name, hour))
	if err != nil {
		return nil
	}
	if len(found) > 0 {
		return fillGaps(t.aroundChunk(ctx, hour, found))
	}
	missing := 0
	for n := 0; n < maxSalvage && missing < maxMissing && before > 0; n++ {
		before--
		e, err := t.readRecord(ctx, t.MediaName(before))
		if errors.Is(err, object.ErrNotFound) || errors.Is(err, errNotSegment) || (err == nil && e.Seq != before) {
			missing++
			continue
		}
		if err != nil || e.Hour() < hour {
			break
		}
		missing = 0
		if e.Hour() == hour {
			found = append(found, e)
		}
	}
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	return fillGaps(found)
}

// aroundChunk adds those of an hour's segments that were left out of its chunk.
func (t *Timeline) aroundChunk(ctx context.Context, hour int64, chunked []Entry) []Entry {
	first, last := chunked[0].Seq, chunked[len(chunked)-1].Seq
	var out []Entry
	at := 0
	for seq := max(first, maxMissing) - maxMissing; seq <= last+maxMissing; seq++ {
		if at < len(chunked) && chunked[at].Seq == seq {
			out = append(out, chunked[at])
			at++
			continue
		}
		if e, err := t.readRecord(ctx, t.MediaName(seq)); err == nil && e.Seq == seq && e.Hour() == hour {
			out = append(out, e)
		}
	}
	return out
}

// fillGaps puts gaps where sequence numbers are missing: a playlist counts its segments, so that none may be left out.
func fillGaps(entries []Entry) []Entry {
	if len(entries) == 0 || entries[len(entries)-1].Seq-entries[0].Seq == uint64(len(entries)-1) {
		return entries
	}
	out := make([]Entry, 0, len(entries))
	for i := range entries {
		if i > 0 {
			out = appendGaps(out, &entries[i-1], &entries[i])
		}
		out = append(out, entries[i])
	}
	return out
}

// appendGaps parts the time between two entries evenly among those that are missing.
func appendGaps(out []Entry, from, to *Entry) []Entry {
	missing := to.Seq - from.Seq - 1
	if to.Seq <= from.Seq || missing == 0 || missing > maxIndexEntries/2 {
		return out
	}
	part := (max(to.Start.Sub(from.End()), 0) / time.Duration(missing)).Truncate(time.Microsecond)
	at := ceilMicro(from.End())
	for n := range missing {
		out = append(out, Entry{
			Seq: from.Seq + 1 + n, Disc: from.Disc, Start: at, Duration: part, Kind: Gap, Init: from.Init, TS: from.TS,
		})
		at = at.Add(part)
	}
	return out
}
