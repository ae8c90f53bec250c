package whip

import (
	"time"

	"github.com/pion/rtp"
)

// How long packets wait for one that is missing before them: a few round trips in which it is asked for again. Sound is not
// asked for again.
const (
	videoWait = 600 * time.Millisecond
	audioWait = 150 * time.Millisecond
)

// maxWaiting bounds the packets that wait, far above what comes in videoWait.
const maxWaiting = 2048

// arrival is a packet with the time it came at.
type arrival struct {
	packet *rtp.Packet
	at     time.Time
}

// reorder puts one stream's packets in order, and waits a bounded time for those that are missing.
type reorder struct {
	wait time.Duration

	started bool
	next    uint16 // the sequence number that is expected
	held    map[uint16]arrival
	since   time.Time // when the packets after a gap began to wait

	lost, late uint64 // packets that never came, and that came after later ones
}

// add takes a packet, and gives those that are in order now to out.
func (r *reorder) add(a arrival, out func(arrival)) {
	if !r.started {
		r.started, r.next = true, a.packet.SequenceNumber
		r.held = make(map[uint16]arrival)
	}
	switch ahead := int16(a.packet.SequenceNumber - r.next); {
	case ahead < -maxWaiting || ahead > maxWaiting:
		// The sender began anew. What waited is of the stream before.
		clear(r.held)
		r.next = a.packet.SequenceNumber
	case ahead < 0:
		return // It was given up, or came twice.
	}
	if len(r.held) > 0 && r.newest(a.packet.SequenceNumber) {
		r.late++
	}
	if len(r.held) == 0 {
		r.since = a.at
	}
	r.held[a.packet.SequenceNumber] = a
	r.flush(a.at, out)
}

// newest says that a packet of a gap came: there are later ones.
func (r *reorder) newest(n uint16) bool {
	for held := range r.held {
		if int16(held-n) > 0 {
			return true
		}
	}
	return false
}

// flush gives what is in order, and what waited too long, to out.
func (r *reorder) flush(now time.Time, out func(arrival)) {
	for len(r.held) > 0 {
		a, ok := r.held[r.next]
		if ok {
			delete(r.held, r.next)
			r.next++
			r.since = now
			out(a)
			continue
		}
		if now.Sub(r.since) < r.wait && len(r.held) < maxWaiting {
			return
		}
		r.skip()
	}
}

// skip gives up what is missing before the first packet that waits.
func (r *reorder) skip() {
	first := ^uint16(0)
	for n := range r.held {
		first = min(first, n-r.next)
	}
	r.lost += uint64(first)
	r.next += first
}
