package udp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// Datagrams are read so many at a time, and at most so often: between two reads the kernel gathers them. With 200 feeds, waking
// for each datagram would cost more than all that is done with them.
const (
	batch  = 32
	gather = 20 * time.Millisecond
)

// usual is above what fits into a frame of Ethernet, and largest, what UDP carries at all.
const (
	usual   = 2048
	largest = 65535
)

// reader reads a socket. One goroutine runs it; state may be asked by any.
type reader struct {
	socket *socket
	queue  *queue
	done   <-chan struct{}

	messages []ipv4.Message

	mutex    sync.Mutex
	sender   sender
	order    reorder
	jitter   jitter
	received uint64
	heard    time.Time
	overflow uint32 // datagrams that the kernel dropped
	rtp      bool
	strange  uint64 // datagrams that are neither MPEG-TS nor RTP
}

func (r *reader) allocate(size int) {
	r.messages = make([]ipv4.Message, batch)
	for i := range r.messages {
		r.messages[i].Buffers = [][]byte{make([]byte, size)}
		r.messages[i].OOB = make([]byte, ancillarySize)
	}
}

// run reads until the socket is closed.
func (r *reader) run() error {
	r.allocate(usual)
	for {
		if err := r.socket.SetReadDeadline(r.deadline()); err != nil {
			return fmt.Errorf("read datagrams: %w", err)
		}
		n, err := r.socket.ReadBatch(r.messages, 0)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			n = 0
		case errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("read datagrams: %w", err)
		}
		r.take(r.messages[:n])
		r.queue.ring()
		if n == batch {
			continue // There is more.
		}
		select {
		case <-r.done:
			return net.ErrClosed
		case <-time.After(gather):
		}
	}
}

// deadline is when packets are to be given up that others wait for.
func (r *reader) deadline() time.Time {
	if r.order.waiting == 0 {
		return time.Time{}
	}
	return time.Now().Add(hold)
}

func (r *reader) take(messages []ipv4.Message) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	now := time.Now()
	cut := false
	for i := range messages {
		m := &messages[i]
		at, dropped := ancillary(m.OOB[:m.NN])
		if at.IsZero() {
			at = now
		}
		r.overflow = max(r.overflow, dropped)
		cut = cut || m.Flags&unix.MSG_TRUNC != 0
		if r.sender.takes(m.Addr, at) {
			r.received, r.heard = r.received+1, now
			r.datagram(m.Buffers[0][:m.N], at)
		}
	}
	r.order.expire(now, r.queue.put)
	if cut && len(r.messages[0].Buffers[0]) < largest {
		r.allocate(largest)
	}
}

// datagram takes one. RTP is told from MPEG-TS by the datagram itself, whatever the address says.
func (r *reader) datagram(b []byte, at time.Time) {
	if len(b) == 0 {
		return
	}
	p, ok := readRTP(b)
	if !ok {
		if b[0]>>6 == 2 && b[0] != syncByte {
			r.strange++ // RTP of something else, such as error correction.
			return
		}
		r.queue.put(b)
		return
	}
	ok, fresh := r.sender.speaks(p.source)
	if !ok {
		return
	}
	if fresh {
		r.order.flush(r.queue.put)
		r.order.begun = false
		r.jitter = jitter{}
	}
	r.rtp = true
	r.jitter.observe(p.stamp, at)
	r.order.put(&p, at, r.queue.put)
}
