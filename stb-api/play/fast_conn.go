package play

import (
	"bytes"
	"net"
	"net/netip"
	"runtime/debug"
	"time"
)

// maxFastHead bounds a request's head on the fast path; longer ones are net/http's.
const maxFastHead = 4096

// fastConn is one connection on the fast path, owned by its goroutine.
type fastConn struct {
	net.Conn
	fast    *Fast
	from    netip.Addr
	proxied bool

	in      [maxFastHead]byte
	filled  int
	out     []byte
	tag     []byte
	vectors [2][]byte
	address string

	// The deadlines in force. To move one costs more than to answer from memory, so they are moved when they are off
	// by more than a little.
	idleBy, writeBy time.Time

	// What the last request was let in by, and when its viewer was counted: a player asks for the same again and again.
	token   []byte
	scope   *Channel
	checked int64 // Unix seconds
	noted   int64
}

// serve answers requests until one comes that is not for the fast path, or the connection ends.
func (c *fastConn) serve() {
	defer c.fast.release(c)
	defer func() {
		if p := recover(); p != nil {
			c.fast.Log.Error("panic while answering", "panic", p, "stack", string(debug.Stack()))
			_ = c.Close()
		}
	}()
	for now := time.Now(); ; {
		head, ok := c.readHead(now)
		if !ok {
			return
		}
		now = time.Now()
		r, ok := parseFast(c.in[:head])
		if ok {
			now, ok = c.answer(&r, now)
		}
		if !ok {
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

// readHead reads until a head is whole and returns its length. Where none comes it closes the connection, or hands it
// over.
func (c *fastConn) readHead(now time.Time) (int, bool) {
	from := 0
	for timed := false; ; {
		if end := bytes.Index(c.in[from:c.filled], headEnd); end >= 0 {
			return from + end + len(headEnd), true
		}
		if c.filled == len(c.in) || !bytes.HasPrefix(c.in[:c.filled], fastPrefix[:min(c.filled, len(fastPrefix))]) {
			// Too long for here, or plainly something else, a TLS handshake perhaps.
			c.leave()
			return 0, false
		}
		if bareLF(c.in[from:c.filled]) {
			c.leave() // net/http takes heads of such lines (RFC 9112 §2.2).
			return 0, false
		}
		if !timed {
			timed = c.filled > 0
			if !c.await(timed, now) {
				_ = c.Close()
				return 0, false
			}
		}
		from = max(c.filled-len(headEnd)+1, 0)
		n, err := c.Read(c.in[c.filled:])
		c.filled += n
		if err != nil && n == 0 {
			_ = c.Close()
			return 0, false
		}
	}
}

// bareLF says that a line ends without a CR. The first byte is not looked at: what stands before it is not here.
func bareLF(b []byte) bool {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return false
		}
		if at += i; at > 0 && b[at-1] != '\r' {
			return true
		}
		at++
	}
}

// await bounds the next read: by HeaderWithin where a head has begun, else by IdleWithin.
func (c *fastConn) await(begun bool, now time.Time) bool {
	if begun {
		c.idleBy = time.Time{} // For the next pause to set its own.
		return c.SetReadDeadline(time.Now().Add(c.fast.HeaderWithin)) == nil && !c.fast.stopping()
	}
	by := now.Add(c.fast.IdleWithin)
	if by.Sub(c.idleBy) < c.fast.IdleWithin/16 {
		return true
	}
	c.idleBy = by
	// Close sets a deadline of its own after it closes what stopping looks at: one of the two is seen.
	return c.SetReadDeadline(by) == nil && !c.fast.stopping()
}

// leave hands the connection over with what has been read of it.
func (c *fastConn) leave() {
	if c.SetDeadline(time.Time{}) != nil {
		_ = c.Close()
		return
	}
	c.fast.handOver(&handedOver{Conn: c.Conn, read: append([]byte(nil), c.in[:c.filled]...)})
}

// admit checks the token of a protected channel, once a second for a token that stays the same.
func (c *fastConn) admit(ch *Channel, token []byte, now time.Time) bool {
	if !ch.Protected {
		return true
	}
	if c.scope == ch && c.checked == now.Unix() && bytes.Equal(c.token, token) {
		return true
	}
	if c.fast.Service.authorize(ch, string(token)) != nil {
		return false // net/http's side says what is wrong.
	}
	c.scope, c.checked = ch, now.Unix()
	c.token = append(c.token[:0], token...)
	return true
}

// note counts the viewer: once a second, but for those who share a proxy's connection.
func (c *fastConn) note(ch *Channel, r *fastRequest, now time.Time) {
	if c.proxied && r.forwarded != nil && c.fast.Client != nil {
		ch.viewers.note(c.fast.Client(c.RemoteAddr(), string(r.forwarded)), string(r.agent), now)
		return
	}
	if second := now.Unix(); c.noted != second {
		c.noted = second
		if c.address == "" {
			c.address = hostOf(c.RemoteAddr())
		}
		ch.viewers.note(c.address, string(r.agent), now)
	}
}

// send sends an answer whole and returns when that was done. After a fault the next read finds the connection closed.
func (c *fastConn) send(head, body []byte, status, size int, now time.Time) time.Time {
	if by := now.Add(c.fast.WriteWithin); by.Sub(c.writeBy) >= c.fast.WriteWithin/16 {
		c.writeBy = by
		_ = c.SetWriteDeadline(by) // Where it fails, so does the write.
	}
	var err error
	if body == nil {
		_, err = c.Write(head)
	} else {
		c.vectors = [2][]byte{head, body}
		buffers := net.Buffers(c.vectors[:])
		_, err = buffers.WriteTo(c.Conn)
		c.vectors = [2][]byte{}
	}
	if err != nil {
		_ = c.Close()
	}
	done := time.Now()
	if c.fast.Observe != nil {
		c.fast.Observe(Route, methodGet, status, int64(size), done.Sub(now))
	}
	return done
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
