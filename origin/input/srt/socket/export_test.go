package socket

import (
	"net/netip"

	"golang.org/x/time/rate"
)

// Window and Clock are tested from outside as all else.
type (
	Window = window
	Clock  = clock
)

// Put, Deliver, Gaps, Acknowledged and Drop are a window's.
func (w *window) Put(sequence uint32, data []byte, due int64) { w.put(sequence, data, due) }

// Begin sets where a window begins.
func (w *window) Begin(sequence uint32) { w.base = sequence }

// Deliver gives what is due.
func (w *window) Deliver(now int64) (out [][]byte, lost int) {
	lost = w.deliver(now, func(b []byte) { out = append(out, b) })
	return out, lost
}

// Gaps are the runs of what is missing.
func (w *window) Gaps(limit int) (out [][2]uint32) {
	w.gaps(limit, func(first, last uint32) { out = append(out, [2]uint32{first, last}) })
	return out
}

// Acknowledged is the first that has not come.
func (w *window) Acknowledged() uint32 { return w.acknowledged() }

// Drop notes what will not come.
func (w *window) Drop(first, last uint32) { w.drop(first, last) }

// Set, Due and SetLatency are a clock's.
func (c *clock) Set(stamp uint32, now int64) { c.set(stamp, now) }

// Due is when a packet is delivered.
func (c *clock) Due(stamp uint32, now int64, again bool) int64 { return c.due(stamp, now, again) }

// SetLatency sets it, in microseconds.
func (c *clock) SetLatency(l int64) { c.latency = l }

// Take hands a listener a datagram as if it had come, with its cookie set right if it is a conclusion.
func (l *Listener) Take(b []byte, from netip.AddrPort, now int64) {
	if len(b) >= 48 {
		b = append([]byte(nil), b...)
		cookie := l.cookies.give(from, now)
		b[44], b[45], b[46], b[47] = byte(cookie>>24), byte(cookie>>16), byte(cookie>>8), byte(cookie)
	}
	l.endpoint.receive(b, from, now)
}

// Feed hands a connection a datagram as if its peer had sent it.
func (c *Conn) Feed(b []byte, now int64) {
	if h, body, ok := readHeader(b); ok {
		c.receive(h, body, now)
		c.tick(now)
	}
}

// Now is the clock of a connection.
func (c *Conn) Now() int64 { return c.endpoint.now() }

// Unbound lifts the bound on how many calls may come in a second.
func (l *Listener) Unbound() { l.conclusions.SetLimit(rate.Inf) }
