package play

import (
	"bytes"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"podium.tv/podium/packager/timeline"
)

// maxFastHead bounds a request's head on the fast path; longer ones are net/http's.
const maxFastHead = 4096

// fastConn is one connection on the fast path, owned by its goroutine.
type fastConn struct {
	net.Conn
	fast *Fast

	in      [maxFastHead]byte
	filled  int
	out     []byte
	vectors [2][]byte
	address string

	// What the last request was let in by, and when its viewer was counted: a player asks for the same again and again.
	token   []byte
	scope   *Channel
	checked int64 // Unix seconds
	noted   int64
}

// serve answers requests until one comes that is not for the fast path, or the connection ends.
func (c *fastConn) serve() {
	defer c.fast.release(c)
	for {
		head, ok := c.readHead()
		if !ok {
			return
		}
		began := time.Now()
		r, ok := parseFast(c.in[:head])
		if !ok || !c.answer(&r, began) {
			c.leave()
			return
		}
		c.filled = copy(c.in[:], c.in[head:c.filled])
		if c.fast.stopping() {
			_ = c.Close()
			return
		}
	}
}

// readHead reads until a head is whole and returns its length. It closes the connection where none comes.
func (c *fastConn) readHead() (int, bool) {
	if end := bytes.Index(c.in[:c.filled], headEnd); end >= 0 {
		return end + len(headEnd), true
	}
	wait := c.fast.IdleWithin
	if c.filled > 0 {
		wait = c.fast.HeaderWithin
	}
	if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil || c.fast.stopping() {
		_ = c.Close()
		return 0, false
	}
	began := c.filled > 0
	for {
		n, err := c.Read(c.in[c.filled:])
		from := max(c.filled-len(headEnd)+1, 0)
		c.filled += n
		if end := bytes.Index(c.in[from:c.filled], headEnd); end >= 0 {
			return from + end + len(headEnd), true
		}
		if err != nil {
			_ = c.Close()
			return 0, false
		}
		if c.filled == len(c.in) || !bytes.HasPrefix(c.in[:c.filled], fastPrefix[:min(c.filled, len(fastPrefix))]) {
			// Too long for here, or plainly something else, a TLS handshake perhaps.
			c.leave()
			return 0, false
		}
		if !began {
			began = true
			if c.SetReadDeadline(time.Now().Add(c.fast.HeaderWithin)) != nil {
				_ = c.Close()
				return 0, false
			}
		}
	}
}

// leave hands the connection over with what has been read of it.
func (c *fastConn) leave() {
	if c.SetDeadline(time.Time{}) != nil {
		_ = c.Close()
		return
	}
	c.fast.handOver(&handedOver{Conn: c.Conn, read: append([]byte(nil), c.in[:c.filled]...)})
}

// answer sends what is asked for if it is ready in memory. It returns false, with nothing sent, where it is not.
func (c *fastConn) answer(r *fastRequest, now time.Time) bool {
	s := c.fast.Service
	channels := s.channels.Load()
	if channels == nil {
		return false
	}
	ch := (*channels)[string(r.channel)]
	if ch == nil || !ch.ready() || !c.admit(ch, r.token, now) {
		return false
	}
	slot := -1
	switch string(r.path) {
	case "mono.m3u8":
		slot = slotMono
	case "live/1.m3u8":
		slot = slotTrack1
	case "live/2.m3u8":
		slot = slotTrack2
	}
	if slot >= 0 {
		return c.playlist(ch, slot, r, now)
	}
	return c.segment(ch, r, now)
}

// admit checks the token of a protected channel, once a second for a token that stays the same.
func (c *fastConn) admit(ch *Channel, token []byte, now time.Time) bool {
	if !ch.Protected {
		return true
	}
	if c.scope == ch && c.checked == now.Unix() && bytes.Equal(c.token, token) {
		return true
	}
	if c.fast.Service.Tokens == nil || c.fast.Service.Tokens.Verify(string(token), ch.ID) != nil {
		return false // net/http's side says what is wrong.
	}
	c.scope, c.checked = ch, now.Unix()
	c.token = append(c.token[:0], token...)
	return true
}

func (c *fastConn) playlist(ch *Channel, slot int, r *fastRequest, now time.Time) bool {
	p := ch.live[slot].Load()
	if p == nil || p.version != ch.Timeline.Tail().Version {
		return c.refresh(ch, slot, r, now)
	}
	return c.sendPlaylist(ch, p, r, now)
}

// refresh renders the playlist that a new segment has made stale.
func (c *fastConn) refresh(ch *Channel, slot int, r *fastRequest, now time.Time) bool {
	tail := ch.Timeline.Tail()
	sc := scene{entries: tail.Live(ch.window()), version: tail.Version}
	if len(sc.entries) == 0 {
		return false
	}
	a, err := c.fast.Service.renderLive(ch, &sc, slot)
	if err != nil {
		return false
	}
	return c.sendPlaylist(ch, &rendered{version: sc.version, answer: a}, r, now)
}

func (c *fastConn) sendPlaylist(ch *Channel, p *rendered, r *fastRequest, now time.Time) bool {
	if second := now.Unix(); c.noted != second {
		c.noted = second
		if c.address == "" {
			c.address = hostOf(c.RemoteAddr())
		}
		ch.viewers.note(c.address, string(r.agent), now)
	}
	body, coding, tag := p.answer.body, "", p.answer.etag
	if p.answer.gzipped != nil && r.gzip {
		body, coding, tag = p.answer.gzipped, "gzip", gzipTag(tag)
	}
	c.head(p.answer, len(body), coding, tag, now)
	c.out = append(c.out, body...)
	if c.SetWriteDeadline(now.Add(c.fast.WriteWithin)) == nil {
		_, err := c.Write(c.out)
		c.done(len(body), err, now)
	}
	return true
}

func (c *fastConn) segment(ch *Channel, r *fastRequest, now time.Time) bool {
	n, err := parseName(string(r.path))
	if err != nil || (n.kind != tsSegment && n.kind != trackSegment) {
		return false
	}
	e, ok := recent(ch.Timeline.Tail(), &n)
	if !ok {
		return false
	}
	key := timeline.HotTS
	if n.kind == trackSegment {
		key = timeline.HotMedia
	}
	body, ok := c.fast.Service.Hot.Get(key(e.Object))
	if !ok {
		return false
	}
	a := answer{contentType: typeTS, cache: cacheMedia, modified: e.Start.Unix()}
	if n.kind == trackSegment {
		if n.track > len(e.Tracks) || e.Tracks[n.track-1].Length == 0 || e.Tracks[n.track-1].End() > int64(len(body)) {
			return false
		}
		at := e.Tracks[n.track-1]
		body, a.contentType = body[at.Offset:at.End()], typeMP4
	}
	c.head(&a, len(body), "", "", now)
	// A write is whole or the connection is lost; its deadline grows with its size, against readers that do not read.
	if c.SetWriteDeadline(now.Add(c.fast.WriteWithin)) == nil {
		c.vectors = [2][]byte{c.out, body}
		buffers := net.Buffers(c.vectors[:])
		_, err := buffers.WriteTo(c.Conn)
		c.vectors = [2][]byte{}
		c.done(len(body), err, now)
	}
	return true
}

// done counts an answer; after a fault the next read finds the connection closed.
func (c *fastConn) done(size int, err error, began time.Time) {
	if err != nil {
		_ = c.Close()
	}
	if c.fast.Observe != nil {
		c.fast.Observe(Route, methodGet, 200, int64(size), time.Since(began))
	}
}

// head writes the status line and the header fields of an answer into c.out.
func (c *fastConn) head(a *answer, length int, coding, tag string, now time.Time) {
	b := append(c.out[:0], "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\nDate: "...)
	b = append(b, c.fast.date(now)...)
	b = append(b, "\r\nContent-Type: "...)
	b = append(b, a.contentType...)
	b = append(b, "\r\nCache-Control: "...)
	b = append(b, a.cache...)
	if tag != "" {
		b = append(b, "\r\nETag: "...)
		b = append(b, tag...)
	}
	if a.gzipped != nil {
		b = append(b, "\r\nVary: Accept-Encoding"...)
	}
	if coding != "" {
		b = append(b, "\r\nContent-Encoding: "...)
		b = append(b, coding...)
	}
	if a.modified > 0 {
		b = append(b, "\r\nAccept-Ranges: bytes\r\nLast-Modified: "...)
		b = time.Unix(a.modified, 0).UTC().AppendFormat(b, dateFormat)
	}
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(length), 10)
	c.out = append(b, headEnd...)
}

// dateFormat is the preferred form of RFC 9110 §5.6.7.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// dateLine is the Date of one second.
type dateLine struct {
	second int64
	text   string
}

// date is the Date header field, made once a second.
func (f *Fast) date(now time.Time) string {
	if d := f.dates.Load(); d != nil && d.second == now.Unix() {
		return d.text
	}
	d := &dateLine{second: now.Unix(), text: now.UTC().Format(dateFormat)}
	f.dates.Store(d)
	return d.text
}

type datePointer = atomic.Pointer[dateLine]

// recent finds an entry that is in memory.
func recent(t *timeline.Tail, n *name) (*timeline.Entry, bool) {
	if len(t.Entries) == 0 || n.seq < t.Entries[0].Seq {
		return nil, false
	}
	i := n.seq - t.Entries[0].Seq // Sequence numbers have no holes.
	if i >= uint64(len(t.Entries)) {
		return nil, false
	}
	e := &t.Entries[i]
	return e, e.Seq == n.seq && e.Hour() == n.hour && e.Kind != timeline.Gap
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
