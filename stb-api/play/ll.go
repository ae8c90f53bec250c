package play

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// isLow says that a view of a stream is the low-latency one: the ordinary live playlist of a track. Encrypted channels
// have none: parts would be encrypted each by itself.
func (c *Channel) isLow(v view, st stream) bool {
	return c.LowLatency && c.Keys == nil && v.mode == live && st.track > 0
}

// lowSlot keeps a track's low-latency playlist ready, whole and as a delta update.
type lowSlot struct {
	rendering   sync.Mutex // held while it is rendered, so that one does it for all who were waiting
	full, delta atomic.Pointer[rendered]
}

func (l *lowSlot) of(skip bool) *atomic.Pointer[rendered] {
	if skip {
		return &l.delta
	}
	return &l.full
}

// lowSlots are those of further renditions' streams.
type lowSlots struct {
	sync.Mutex
	of map[stream]*lowSlot
}

// low answers for a track's low-latency playlist, when what the request waits for is there.
func (s *Service) low(ctx context.Context, c *Channel, st stream, base string, r reload) (*answer, error) {
	if !c.ready() {
		return nil, errStarting
	}
	edge, err := s.await(ctx, c, st, r)
	if err != nil {
		return nil, err
	}
	if base != "../" {
		body, err := s.lowPlaylist(ctx, c, edge, st, base, r.skip)
		if err != nil {
			return nil, err
		}
		return newPlaylist(body, ownLive), nil
	}
	p, err := s.lowReady(ctx, c, st, r.skip)
	if err != nil {
		return nil, err
	}
	if !r.waits {
		return p.answer, nil
	}
	// Its address never asks for anything else: a shared cache may answer all who wait for the same (RFC 8216bis §6.2.5.2).
	a := *p.answer
	a.cache = c.caching(c.cacheWaited())
	return &a, nil
}

// lowSlot is where a stream's is kept.
func (c *Channel) lowSlot(st stream) *lowSlot {
	if st.rendition == "" {
		return &c.low[st.track-1]
	}
	c.lowAlso.Lock()
	defer c.lowAlso.Unlock()
	if slot := c.lowAlso.of[st]; slot != nil {
		return slot
	}
	slot := new(lowSlot)
	if _, known := newestOf(c.recent(), st); !known {
		return slot // Names that mean nothing do not fill the memory.
	}
	if c.lowAlso.of == nil {
		c.lowAlso.of = make(map[stream]*lowSlot)
	}
	c.lowAlso.of[st] = slot
	return slot
}

// lowReady is the newest low-latency playlist of a track, rendered once for all who ask.
func (s *Service) lowReady(ctx context.Context, c *Channel, st stream, skip bool) (*rendered, error) {
	slot := c.lowSlot(st)
	at := slot.of(skip)
	if p := at.Load(); p != nil && p.version >= c.Timeline.Edge().Version {
		return p, nil
	}
	slot.rendering.Lock()
	defer slot.rendering.Unlock()
	edge := c.Timeline.Edge()
	if p := at.Load(); p != nil && p.version >= edge.Version {
		return p, nil
	}
	body, err := s.lowPlaylist(context.WithoutCancel(ctx), c, edge, st, "../", skip)
	if err != nil {
		return nil, err
	}
	p := &rendered{version: edge.Version, answer: newPlaylist(body, c.caching(cacheLive))}
	at.Store(p)
	return p, nil
}

// trackParts are a track's parts of a segment that are listed under a part target; those of another target are not,
// because all that are listed have to keep to one (RFC 8216bis §4.4.4.9).
func trackParts(p segment.Parts, track int, target time.Duration) []segment.Part {
	if target <= 0 || p.Target != target || track > len(p.Tracks) {
		return nil
	}
	return p.Tracks[track-1]
}

// streamParts are a stream's parts of a segment, finished or in the making.
func streamParts(e *timeline.Edge, seq uint64, st stream, target time.Duration) []segment.Part {
	if st.rendition == "" {
		return trackParts(e.PartsOf(seq), st.track, target)
	}
	if r := e.RenditionOf(seq, st.rendition); r != nil {
		return trackParts(r.Parts, st.track, target)
	}
	return nil
}

// makingParts are those of the segment in the making.
func makingParts(e *timeline.Edge, st stream, target time.Duration) []segment.Part {
	if e.Making == nil {
		return nil
	}
	return streamParts(e, e.Making.Entry.Seq, st, target)
}

// partTarget is the part target at the edge, or 0 where there are no parts. The segment in the making alone is not shown
// in parts, but with one before it that was: hls.js would load the one before it whole, and where there is a
// discontinuity between them, as after a restart, wait for ever for sound from the far side of it.
func partTarget(e *timeline.Edge) time.Duration {
	n := len(e.Made)
	if n == 0 || e.Made[n-1].Seq+1 != e.Tail.Next {
		return 0
	}
	target := e.Made[n-1].Parts.Target
	if e.Making != nil && e.Making.Parts.Target != target {
		return 0
	}
	return target
}
