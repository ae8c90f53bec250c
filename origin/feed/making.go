package feed

import (
	"context"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// madeSoFar is a segment in the making and how many of the feed's segments since its start come before it.
type madeSoFar struct {
	*segment.Making
	kind  timeline.Kind
	after uint64
}

// make takes the segment in the making as far as it is there; it is the segmenter's OnPart. Only the newest counts: a slow
// disk delays parts, and holds nobody up.
func (r *recorder) make(m *segment.Making, kind timeline.Kind) {
	r.making.Store(&madeSoFar{Making: m, kind: kind, after: r.cut})
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// showMaking publishes the segment in the making, once those before it are recorded.
func (r *recorder) showMaking(ctx context.Context) {
	m := r.making.Load()
	if m == nil || m.after != r.written {
		return
	}
	r.making.CompareAndSwap(m, nil)
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	if err := r.useInit(ctx, m.Init); err != nil {
		return // The segment itself tries again and tells.
	}
	t := r.feed.Timeline
	err := t.Make(&timeline.Making{
		Entry: t.Prepare(timeline.Entry{
			Discontinuity: m.Discontinuity || r.hole, Start: m.Start, Time: m.Time, Kind: m.kind,
			Independent: m.Independent, Init: r.version,
		}),
		Parts: m.Parts,
	})
	if err != nil {
		r.feed.Log.Error("segment in the making not shown", "err", err)
	}
}

// stored are a recorded segment's parts, which refer to its stored bytes from now on.
func stored(parts segment.Parts, e *timeline.Entry, body []byte) segment.Parts {
	out := segment.Parts{Target: parts.Target, Tracks: make([][]segment.Part, len(parts.Tracks))}
	for n := range parts.Tracks {
		at := e.Tracks[n]
		out.Tracks[n] = segment.Settle(parts.Tracks[n], body[at.Offset:at.End()])
	}
	return out
}
