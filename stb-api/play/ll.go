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
	return c.LowLatency && c.Keys == nil && v.mode == live && st.rendition == "" && st.track > 0
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

// low answers for a track's low-latency playlist, when what the request waits for is there.
func (s *Service) low(ctx context.Context, c *Channel, track int, base string, r reload) (*answer, error) {
	if !c.ready() {
		return nil, errStarting
	}
	edge, err := s.await(ctx, c, track, r)
	if err != nil {
		return nil, err
	}
	if base != "../" {
		body, err := s.lowPlaylist(ctx, c, edge, track, base, r.skip)
		if err != nil {
			return nil, err
		}
		return newPlaylist(body, ownLive), nil
	}
	p, err := s.lowReady(ctx, c, track, r.skip)
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

// lowReady is the newest low-latency playlist of a track, rendered once for all who ask.
func (s *Service) lowReady(ctx context.Context, c *Channel, track int, skip bool) (*rendered, error) {
	slot := &c.low[track-1]
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
	body, err := s.lowPlaylist(context.WithoutCancel(ctx), c, edge, track, "../", skip)
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
