package play

import (
	"context"
	"net/http"
	"time"

	"podium.tv/podium/packager/timeline"
)

const (
	methodGet         = http.MethodGet
	statusOK          = http.StatusOK
	statusNotModified = http.StatusNotModified
)

// loadWithin bounds what is not ready in memory. The hot cache's own bound is shorter; this one is for the rest.
const loadWithin = 30 * time.Second

// answer sends what is asked for, or that it has not changed, and returns when that was done. It returns false, with
// nothing sent, where the answer is another.
func (c *fastConn) answer(r *fastRequest, now time.Time) (time.Time, bool) {
	s := c.fast.Service
	channels := s.channels.Load()
	if channels == nil {
		return now, false
	}
	r.vouched = r.vouched && c.proxied
	ch := (*channels)[string(r.channel)]
	if ch == nil || !ch.ready() || !c.admit(ch, r.token, now) {
		return now, false
	}
	if slot := slotOf(r.path); slot >= 0 {
		return c.live(ch, slot, r, now)
	}
	n, err := parseName(string(r.path))
	if err != nil {
		return now, false
	}
	if n.isNow() && !ch.awake(now) {
		return now, false
	}
	if n.kind == partSegment && n.hinted(ch.Timeline.Edge()) {
		return now, false // Here nobody would notice that the client is gone.
	}
	if (n.kind == tsSegment || n.kind == trackSegment) && n.rendition == "" && n.key == "" {
		if done, ok := c.recent(ch, &n, r, now); ok {
			return done, true
		}
	}
	return c.other(ch, &n, r, now)
}

// The places of Channel.live.
const (
	slotMono = iota
	slotTrack1
	slotTrack2
)

// slotOf is the place of a live playlist that is kept ready, or -1.
func slotOf(path []byte) int {
	switch string(path) {
	case "mono.m3u8":
		return slotMono
	case "live/1.m3u8":
		return slotTrack1
	case "live/2.m3u8":
		return slotTrack2
	}
	return -1
}

// live sends a live playlist, which is rendered once for all viewers when a segment has made it stale.
func (c *fastConn) live(ch *Channel, slot int, r *fastRequest, now time.Time) (time.Time, bool) {
	if !ch.awake(now) {
		return now, false // It is waited for where it is noticed that the client has gone.
	}
	p := c.fast.Service.ready(ch, slot)
	if p == nil {
		return now, false
	}
	c.note(ch, r, now)
	w := p.wire(r, c.fast, now)
	if matches(r.noneMatch, w.tag) {
		return c.notModified(p.answer, r, w.tag, now), true
	}
	return c.send(w.bytes, nil, statusOK, w.size, now), true
}

// ready is a live playlist as it is now, or nil. A low-latency one is as new as its last part; requests that wait for more
// have a query, and are net/http's.
func (s *Service) ready(ch *Channel, slot int) *rendered {
	if slot != slotMono && ch.isLow(view{}, stream{track: slot}) {
		ctx, cancel := context.WithTimeout(context.Background(), loadWithin)
		defer cancel()
		p, err := s.lowReady(ctx, ch, stream{track: slot}, false)
		if err != nil {
			return nil
		}
		return p
	}
	if p := ch.live[slot].Load(); p != nil && p.version == ch.Timeline.Tail().Version {
		return p
	}
	return s.refresh(ch, slot)
}

// refresh renders a live playlist anew, or takes what somebody else just rendered. It returns nil where there is
// nothing to list or no way to list it.
func (s *Service) refresh(ch *Channel, slot int) *rendered {
	ch.rendering.Lock()
	defer ch.rendering.Unlock()
	tail := ch.Timeline.Tail()
	if p := ch.live[slot].Load(); p != nil && p.version == tail.Version {
		return p
	}
	sc := scene{entries: ch.liveRun(tail), version: tail.Version}
	if len(sc.entries) == 0 {
		return nil
	}
	n := name{kind: trackPlaylist, stream: stream{track: slot}}
	if slot == slotMono {
		n.kind = monoPlaylist
	}
	ctx, cancel := context.WithTimeout(context.Background(), loadWithin)
	defer cancel()
	if _, err := s.renderLive(ctx, ch, &ch.live[slot], &sc, n); err != nil {
		return nil
	}
	return ch.live[slot].Load()
}

// recent sends a segment that is in memory, as are nearly all that are asked for.
func (c *fastConn) recent(ch *Channel, n *name, r *fastRequest, now time.Time) (time.Time, bool) {
	e, ok := entryOf(ch.Timeline.Tail(), n)
	if !ok || e.Shift != 0 || ch.Keys != nil {
		return now, false // It has to be made, or lies in the cache under another name.
	}
	key := timeline.HotTS
	if n.kind == trackSegment {
		key = timeline.HotMedia
	}
	body, ok := c.fast.Service.Hot.Get(key(e.Object))
	if !ok {
		return now, false
	}
	a := answer{contentType: typeTS, cache: ch.caching(cacheMedia), modified: e.Start.Unix()}
	if n.kind == trackSegment {
		if n.track > len(e.Tracks) || e.Tracks[n.track-1].Length == 0 || e.Tracks[n.track-1].End() > int64(len(body)) {
			return now, false
		}
		at := e.Tracks[n.track-1]
		body, a.contentType = body[at.Offset:at.End()], typeMP4
	}
	return c.write(&a, r, body, identity, now), true
}

// other sends what has to be rendered or loaded first. Players stay on the fast path whatever view they play: a
// connection that is handed over does not come back.
func (c *fastConn) other(ch *Channel, n *name, r *fastRequest, now time.Time) (time.Time, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), loadWithin)
	defer cancel()
	a, err := c.fast.Service.answer(ctx, ch, *n, "")
	if err != nil || a.location != "" {
		return now, false // net/http's side meets it again and says what is wrong.
	}
	if n.plays() {
		c.note(ch, r, now)
	}
	body, form := a.in(r.coding)
	return c.write(a, r, body, form, now), true
}

func (c *fastConn) write(a *answer, r *fastRequest, body []byte, form coding, now time.Time) time.Time {
	c.tag = a.appendTag(c.tag[:0], len(body), form)
	if matches(r.noneMatch, c.tag) {
		return c.notModified(a, r, c.tag, now)
	}
	c.out = appendHead(c.out[:0], a, r, len(body), form, c.tag, c.fast.date(now))
	return c.send(c.out, body, statusOK, len(body), now)
}

func (c *fastConn) notModified(a *answer, r *fastRequest, tag []byte, now time.Time) time.Time {
	c.out = appendNotModified(c.out[:0], a, r, tag, c.fast.date(now))
	return c.send(c.out, nil, statusNotModified, 0, now)
}

// entryOf finds an entry that is in memory.
func entryOf(t *timeline.Tail, n *name) (*timeline.Entry, bool) {
	if len(t.Entries) == 0 || n.seq < t.Entries[0].Seq {
		return nil, false
	}
	i := n.seq - t.Entries[0].Seq // Sequence numbers have no holes.
	if i >= uint64(len(t.Entries)) {
		return nil, false
	}
	e := &t.Entries[i]
	return e, e.Seq == n.seq && (e.Hour() == n.hour || n.hour == anyHour) && e.Kind != timeline.Gap
}
