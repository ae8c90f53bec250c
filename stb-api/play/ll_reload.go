package play

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/stb-api/problem"
)

// reload is what a player asks of a playlist by directives (RFC 8216bis §6.2.5).
type reload struct {
	waits bool   // for
	msn   uint64 // this segment to be whole,
	part  int    // or this part of it to be there, from 0; -1 is the whole segment
	skip  bool   // a delta update will do
}

// parseReload reads the directives of a query.
func parseReload(q url.Values) (reload, error) {
	r := reload{part: -1, skip: q.Get("_HLS_skip") == "YES" || q.Get("_HLS_skip") == "v2"}
	msn, part := q.Get("_HLS_msn"), q.Get("_HLS_part")
	if msn == "" {
		if part != "" {
			return r, badReload("_HLS_part", part)
		}
		return r, nil
	}
	n := parseNumber(msn, 1<<53)
	if n < 0 {
		return r, badReload("_HLS_msn", msn)
	}
	r.waits, r.msn = true, uint64(n)
	if part != "" {
		n := parseNumber(part, 1<<20)
		if n < 0 {
			return r, badReload("_HLS_part", part)
		}
		r.part = int(n)
	}
	return r, nil
}

func badReload(name, value string) error {
	if len(value) > 20 {
		value = value[:20]
	}
	return problem.New(http.StatusBadRequest, "error.play.reload", name+"="+value)
}

// reached says that the playlist at an edge has what was asked for, or more.
func (r *reload) reached(e *timeline.Edge, st stream) bool {
	next, target := e.Tail.Next, partTarget(e)
	switch {
	case r.msn > next:
		return false
	case r.msn == next:
		return r.part >= 0 && len(makingParts(e, st, target)) > r.part
	case r.part < 0, r.msn+1 < next:
		return true
	}
	// The last finished segment: a part past its end is the first of the next (RFC 8216bis §6.2.5.2).
	parts := streamParts(e, r.msn, st, target)
	if len(parts) == 0 || r.part < len(parts) {
		return true
	}
	if len(makingParts(e, st, target)) > 0 {
		return true
	}
	// A rendition that does not go on in parts is not waited for: the main one is a part ahead of it at most.
	return st.rendition != "" && e.Making != nil &&
		slices.ContainsFunc(e.Making.Parts.Tracks, func(p []segment.Part) bool { return len(p) > 1 })
}

// tooFar says that a request is for a future that no player can know of: more than two segments ahead, or more parts than
// the advance part limit (RFC 8216bis §6.2.5.2).
func (r *reload) tooFar(e *timeline.Edge, st stream) bool {
	next, target := e.Tail.Next, partTarget(e)
	if r.msn > next+1 {
		return true
	}
	if r.part < 0 || r.msn < next {
		return false
	}
	limit := 3
	if target > 0 && target < time.Second {
		limit = int((3*time.Second + target - 1) / target)
	}
	there := 0
	if r.msn == next {
		there = len(makingParts(e, st, target))
	}
	return r.part >= there+limit
}

// waiting counts the requests that wait for something to be put out.
type waiting struct {
	now     atomic.Int64
	refused atomic.Uint64
}

// defaultWaiters is how many requests may wait at the same time.
const defaultWaiters = 20000

// Waiting is how many requests wait for a playlist or a part to come, and how many were sent away because too many did.
func (s *Service) Waiting() (now int64, refused uint64) {
	return s.waits.now.Load(), s.waits.refused.Load()
}

// waitFor waits until the channel's edge is as it should be: for three target durations at most, and not a moment longer
// than the client does.
func (s *Service) waitFor(ctx context.Context, c *Channel, reached func(*timeline.Edge) bool) (*timeline.Edge, error) {
	edge := c.Timeline.Edge()
	if reached(edge) {
		return edge, nil
	}
	most := s.MaxWaiters
	if most <= 0 {
		most = defaultWaiters
	}
	defer s.waits.now.Add(-1)
	if s.waits.now.Add(1) > int64(most) {
		s.waits.refused.Add(1)
		return nil, errCrowd
	}
	patience := time.NewTimer(3 * c.targetDuration())
	defer patience.Stop()
	for {
		select {
		case <-edge.Changed():
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-patience.C:
			return nil, errWaited
		}
		if edge = c.Timeline.Edge(); reached(edge) {
			return edge, nil
		}
	}
}

// await waits for what a reload asks for.
func (s *Service) await(ctx context.Context, c *Channel, st stream, r reload) (*timeline.Edge, error) {
	edge := c.Timeline.Edge()
	if !r.waits {
		return edge, nil
	}
	if r.tooFar(edge, st) {
		return nil, badReload("_HLS_msn", strconv.FormatUint(r.msn, 10))
	}
	return s.waitFor(ctx, c, func(e *timeline.Edge) bool { return r.reached(e, st) })
}

// cacheWaited is for an answer that was waited for: good for six target durations (RFC 8216bis §6.2.5.2).
func (c *Channel) cacheWaited() string {
	return "public, max-age=" + strconv.Itoa(6*int(c.targetDuration().Seconds()))
}
