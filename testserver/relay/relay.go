// Package relay is a bad network for tests: it carries UDP datagrams to a target and back, and drops, delays, reorders and
// duplicates some of them, the same ones for the same seed.
package relay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Way is what happens to the datagrams of one direction. The zero value carries them as they come.
type Way struct {
	Drop      float64 // share that is lost, 0 to 1
	Duplicate float64 // share that comes twice
	Reorder   float64 // share that is held back until others have overtaken it
	// HeldBack is for how long those are. It defaults to 15 ms.
	HeldBack time.Duration
	Delay    time.Duration // of every datagram
	Jitter   time.Duration // up to so much more, at random; it reorders as well
}

// Counts tell what became of the datagrams of one direction.
type Counts struct {
	Came, Dropped, Duplicated, Reordered uint64
}

// Relay carries datagrams between any number of clients and one target. Each client has a socket of its own towards the target,
// so that the target can tell them apart.
type Relay struct {
	// Listen is where clients send to. It defaults to a free port of 127.0.0.1.
	Listen string
	// Target is where their datagrams go.
	Target string
	// There is what happens on the way to the target, Back on the way to the clients.
	There, Back Way
	// Seed chooses which datagrams are hit.
	Seed uint64

	//
	// private
	//

	socket *net.UDPConn
	target *net.UDPAddr

	mutex       sync.Mutex
	random      *rand.Rand
	clients     map[netip.AddrPort]*net.UDPConn
	there, back Counts
	closed      bool
	readers     sync.WaitGroup
}

// Start begins to carry. The relay has to be closed.
func (r *Relay) Start() error {
	listen := r.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	at, err := net.ResolveUDPAddr("udp", listen)
	if err != nil {
		return fmt.Errorf("relay at %s: %w", listen, err)
	}
	if r.target, err = net.ResolveUDPAddr("udp", r.Target); err != nil {
		return fmt.Errorf("relay to %s: %w", r.Target, err)
	}
	if r.socket, err = net.ListenUDP("udp", at); err != nil {
		return fmt.Errorf("relay at %s: %w", listen, err)
	}
	r.random = rand.New(rand.NewPCG(r.Seed, 4))
	r.clients = make(map[netip.AddrPort]*net.UDPConn)
	r.readers.Add(1)
	go r.fromClients()
	return nil
}

// Addr is where clients send to.
func (r *Relay) Addr() string { return r.socket.LocalAddr().String() }

// Set changes what happens from now on.
func (r *Relay) Set(there, back Way) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.There, r.Back = there, back
}

// Counts tell what became of what was sent to the target, and of what came back.
func (r *Relay) Counts() (there, back Counts) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.there, r.back
}

// Close ends the relay. What is delayed at that moment is lost.
func (r *Relay) Close() {
	r.mutex.Lock()
	r.closed = true
	_ = r.socket.Close()
	for _, upstream := range r.clients {
		_ = upstream.Close()
	}
	r.mutex.Unlock()
	r.readers.Wait()
}

func (r *Relay) fromClients() {
	defer r.readers.Done()
	buffer := make([]byte, 1<<16)
	for {
		n, from, err := r.socket.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // An ICMP message about an earlier datagram.
		}
		upstream := r.upstream(from)
		if upstream == nil {
			continue
		}
		r.carry(&r.There, &r.there, buffer[:n], func(b []byte) { _, _ = upstream.Write(b) })
	}
}

// upstream is a client's socket towards the target.
func (r *Relay) upstream(client netip.AddrPort) *net.UDPConn {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if c := r.clients[client]; c != nil || r.closed {
		return c
	}
	c, err := net.DialUDP("udp", nil, r.target)
	if err != nil {
		return nil
	}
	r.clients[client] = c
	r.readers.Add(1)
	go r.fromTarget(c, client)
	return c
}

func (r *Relay) fromTarget(upstream *net.UDPConn, client netip.AddrPort) {
	defer r.readers.Done()
	buffer := make([]byte, 1<<16)
	for {
		n, err := upstream.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		r.carry(&r.Back, &r.back, buffer[:n], func(b []byte) { _, _ = r.socket.WriteToUDPAddrPort(b, client) })
	}
}

// carry sends a datagram none, one or two times, now or later.
func (r *Relay) carry(way *Way, counts *Counts, b []byte, send func([]byte)) {
	for _, wait := range r.fate(way, counts) {
		if wait == 0 {
			send(b)
			continue
		}
		later := append([]byte(nil), b...)
		time.AfterFunc(wait, func() { send(later) })
	}
}

// fate draws when a datagram is sent: at none, one or two instants. It draws equally often for each datagram, so that
// a seed hits the same ones whatever else is set.
func (r *Relay) fate(way *Way, counts *Counts) []time.Duration {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	dropped, twice, overtaken := r.random.Float64() < way.Drop, r.random.Float64() < way.Duplicate, r.random.Float64() < way.Reorder
	wait := way.Delay + time.Duration(r.random.Float64()*float64(way.Jitter))
	counts.Came++
	if dropped {
		counts.Dropped++
		return nil
	}
	if overtaken {
		counts.Reordered++
		held := way.HeldBack
		if held == 0 {
			held = 15 * time.Millisecond
		}
		wait += held
	}
	if !twice {
		return []time.Duration{wait}
	}
	counts.Duplicated++
	return []time.Duration{wait, wait + time.Millisecond}
}
