package socket

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"
)

// Conn is one peer that sends. Its endpoint hands it packets and ticks; anybody may read, close and ask for statistics.
type Conn struct {
	endpoint *endpoint
	peer     netip.AddrPort
	id       uint32 // ours
	peerID   uint32
	streamID string
	idle     time.Duration
	begin    int64 // our timestamp 0
	secret   string

	mutex   sync.Mutex
	cipher  crypto.Crypto // nil for a peer that does not encrypt
	window  window
	clock   clock
	stats   Stats
	rate    bandwidth
	rtt     roundTrip
	heard   int64 // when the last packet came
	said    int64 // when the last packet was sent
	acks    ackBook
	asked   int64 // when gaps were asked for the last time
	rekeyed int64

	queue [][]byte
	wake  chan struct{} // holds one
	ended chan struct{}
	over  bool
	cause error
}

// Peer is the other end.
func (c *Conn) Peer() netip.AddrPort { return c.peer }

// StreamID is what the caller asked for.
func (c *Conn) StreamID() string { return c.streamID }

// Encrypted says whether the peer encrypts.
func (c *Conn) Encrypted() bool { return c.cipher != nil }

// Read waits for payloads and gives all that are there, in order. What came before the end is given before the error.
func (c *Conn) Read(ctx context.Context) ([][]byte, error) {
	for {
		c.mutex.Lock()
		waiting := c.queue
		c.queue = nil
		over, cause := c.over, c.cause
		c.mutex.Unlock()
		if len(waiting) > 0 {
			return waiting, nil
		}
		if over {
			return nil, cause
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.wake:
		case <-c.ended:
		}
	}
}

// Close ends the connection and tells the peer.
func (c *Conn) Close() { c.end(ErrClosed, true) }

// Stats tell how the connection fares.
func (c *Conn) Stats() Stats {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	s := c.stats
	if c.rtt.known {
		s.RTT = time.Duration(c.rtt.mean) * time.Microsecond
	}
	s.Latency = time.Duration(c.clock.latency) * time.Microsecond
	s.Bandwidth = c.rate.bits
	return s
}

// end is done once; the first cause counts.
func (c *Conn) end(cause error, tell bool) {
	c.mutex.Lock()
	if c.over {
		c.mutex.Unlock()
		return
	}
	c.over, c.cause = true, cause
	close(c.ended)
	if tell {
		c.send(packet.CTRLTYPE_SHUTDOWN, 0, 0, nil, c.endpoint.now())
	}
	c.window = window{}
	c.mutex.Unlock()
	c.endpoint.forget(c)
}

// receive takes a packet of the peer. A parser that panics ends this connection alone.
func (c *Conn) receive(h header, body []byte, now int64) {
	cause := c.take(h, body, now)
	if cause != nil {
		c.end(cause, cause != ErrLeft) //nolint:errorlint // It is never wrapped.
	}
}

func (c *Conn) take(h header, body []byte, now int64) (cause error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	defer func() {
		if p := recover(); p != nil {
			cause = fmt.Errorf("%w: %v", ErrBroken, p)
		}
	}()
	if c.over {
		return nil
	}
	c.heard = now
	if h.control {
		return c.control(h, body, now)
	}
	c.data(h, body, now)
	return nil
}

// data takes a packet of the stream.
func (c *Conn) data(h header, body []byte, now int64) {
	c.rate.add(headerSize + len(body))
	if h.message == 0 || len(body) == 0 || len(body) > maxPayload {
		return // A packet of a filter that nobody asked for has message number 0.
	}
	due := c.clock.due(h.timestamp, now, h.again)
	payload := append([]byte(nil), body...)
	if !c.open(h, payload) {
		c.stats.Sealed++
		return
	}
	what, gap := c.window.put(h.sequence, payload, due)
	switch what {
	case fresh:
		c.stats.Received++
		if gap > 0 {
			c.askFor(now)
		}
	case filling:
		c.stats.Received++
		if h.again {
			c.stats.Recovered++
		}
	case known, late:
		c.stats.Twice++
	case far:
		// So much cannot be missing: the sender began to count anew.
		c.stats.Lost += uint64(c.window.restart(h.sequence, c.deliver))
		c.window.put(h.sequence, payload, due)
		c.stats.Received++
	}
}

// open decrypts a payload in place. What comes in the clear over a connection that is encrypted was not sent by the peer.
func (c *Conn) open(h header, payload []byte) bool {
	if c.cipher == nil {
		return h.key == packet.UnencryptedPacket
	}
	if h.key != packet.EvenKeyEncrypted && h.key != packet.OddKeyEncrypted {
		return false
	}
	return c.cipher.EncryptOrDecryptPayload(payload, h.key, h.sequence) == nil
}

// deliver queues a payload for the reader.
func (c *Conn) deliver(payload []byte) {
	if len(c.queue) >= maxQueue {
		c.stats.Dropped++
		return
	}
	c.queue = append(c.queue, payload)
}

// tick delivers what is due, and tells the peer what came.
func (c *Conn) tick(now int64) {
	c.mutex.Lock()
	if c.over {
		c.mutex.Unlock()
		return
	}
	if now-c.heard > c.idle.Microseconds() {
		c.mutex.Unlock()
		c.end(fmt.Errorf("%w for %s", ErrIdle, c.idle), true)
		return
	}
	c.stats.Lost += uint64(c.window.deliver(now, c.deliver))
	if len(c.queue) > 0 {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
	c.rate.tick(now)
	c.acknowledge(now)
	mean, deviation := c.rtt.values()
	if now-c.asked >= max(20_000, int64(mean+4*deviation)/2) { // §4.8.2
		c.askFor(now)
	}
	if now-c.said >= keepAlive.Microseconds() {
		c.send(packet.CTRLTYPE_KEEPALIVE, 0, 0, nil, now)
	}
	c.mutex.Unlock()
}
