package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// endpoint is a UDP socket and the connections that share it. One goroutine reads it and ticks them.
type endpoint struct {
	socket *net.UDPConn
	start  time.Time
	// handshake takes what is addressed to nobody yet. It runs in the endpoint's goroutine.
	handshake func(h header, body []byte, from netip.AddrPort, now int64)
	// ticked is called with each tick; it may be nil.
	ticked func(now int64)

	mutex  sync.Mutex
	conns  map[uint32]*Conn
	closed bool
	done   chan struct{}
}

// receiveBuffer is asked of the kernel, which gives what it may: 2 MB are a tenth of a second of 160 Mb/s.
const receiveBuffer = 2 << 20

// open binds a UDP address.
func open(address string) (*endpoint, error) {
	packets, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for srt at %s: %w", address, err)
	}
	socket, ok := packets.(*net.UDPConn)
	if !ok {
		return nil, fmt.Errorf("listen for srt at %s: %T is not a UDP socket", address, packets)
	}
	_ = socket.SetReadBuffer(receiveBuffer)
	return &endpoint{socket: socket, start: time.Now(), conns: make(map[uint32]*Conn), done: make(chan struct{})}, nil
}

// now is the endpoint's clock in microseconds; it never shows 0, which stands for never.
func (e *endpoint) now() int64 { return time.Since(e.start).Microseconds() + 1 }

// run reads until the socket is closed.
func (e *endpoint) run() {
	defer close(e.done)
	buffer := make([]byte, maxDatagram)
	ticked := e.now()
	for {
		_ = e.socket.SetReadDeadline(time.Now().Add(tick))
		n, from, err := e.socket.ReadFromUDPAddrPort(buffer)
		now := e.now()
		switch {
		case err == nil:
			e.receive(buffer[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), now)
		case errors.Is(err, os.ErrDeadlineExceeded):
		case errors.Is(err, net.ErrClosed):
			return
		default: // An ICMP message about a packet that was sent.
		}
		if now-ticked >= tick.Microseconds() {
			ticked = now
			e.tick(now)
		}
	}
}

func (e *endpoint) receive(b []byte, from netip.AddrPort, now int64) {
	h, body, ok := readHeader(b)
	if !ok {
		return
	}
	if h.control && h.kind == 0 {
		if e.handshake != nil {
			e.handshake(h, body, from, now)
		}
		return
	}
	e.mutex.Lock()
	c := e.conns[h.destination]
	e.mutex.Unlock()
	// Only the address that shook hands may go on (§12).
	if c == nil || c.peer != from {
		return
	}
	c.receive(h, body, now)
}

func (e *endpoint) tick(now int64) {
	if e.ticked != nil {
		e.ticked(now)
	}
	for _, c := range e.all() {
		c.tick(now)
	}
}

func (e *endpoint) all() []*Conn {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	all := make([]*Conn, 0, len(e.conns))
	for _, c := range e.conns {
		all = append(all, c)
	}
	return all
}

// add takes a connection in, under the number it has; false where the endpoint is closed or has one of that number.
func (e *endpoint) add(c *Conn) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.closed || e.conns[c.id] != nil {
		return false
	}
	e.conns[c.id] = c
	return true
}

func (e *endpoint) forget(c *Conn) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.conns[c.id] == c {
		delete(e.conns, c.id)
	}
}

func (e *endpoint) write(b []byte, to netip.AddrPort) { _, _ = e.socket.WriteToUDPAddrPort(b, to) }

// close ends all connections and waits for the goroutine.
func (e *endpoint) close() {
	e.mutex.Lock()
	e.closed = true
	e.mutex.Unlock()
	for _, c := range e.all() {
		c.Close()
	}
	_ = e.socket.Close()
	<-e.done
}
