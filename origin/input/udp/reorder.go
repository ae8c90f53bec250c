package udp

import "time"

// window is how many packets may come before one that is late, and hold is for how long they wait for it.
const (
	window = 64
	hold   = 100 * time.Millisecond
	// restarted is how far a sequence number may be from the one expected. Beyond it, the sender began anew (RFC 3550 §A.1).
	restarted = 3000
)

// reorder puts RTP packets in the order of their numbers.
type reorder struct {
	next    uint16
	begun   bool
	strange int                   // packets in a row that are far off
	waiting int                   // packets in slots
	slots   [window]waitingPacket // by sequence number
	since   time.Time             // when the first of those that wait came

	lost, late, twice uint64
}

type waitingPacket struct {
	sequence uint16
	is       bool
	payload  []byte
}

// put takes a packet; out is called with each payload whose turn it is, which is valid during the call only.
func (r *reorder) put(p *rtp, at time.Time, out func(payload []byte)) {
	if !r.begun {
		r.begun, r.next = true, p.sequence
	}
	ahead := int(int16(p.sequence - r.next))
	switch {
	case ahead >= restarted || ahead <= -restarted:
		r.strange++
		if r.strange < 2 {
			return
		}
		r.flush(out)
		r.next, ahead = p.sequence, 0
	case ahead < 0:
		r.late++
		r.strange = 0
		return
	}
	r.strange = 0
	for ahead >= window {
		r.step(out)
		ahead--
	}
	if ahead > 0 {
		r.wait(p, at)
		return
	}
	out(p.payload)
	r.next++
	r.ready(out)
}

func (r *reorder) wait(p *rtp, at time.Time) {
	slot := &r.slots[p.sequence%window]
	if slot.is {
		r.twice++
		return
	}
	if r.waiting == 0 {
		r.since = at
	}
	r.waiting++
	slot.is, slot.sequence, slot.payload = true, p.sequence, append(slot.payload[:0], p.payload...)
}

// step goes on with the next number, whether its packet came or not.
func (r *reorder) step(out func([]byte)) {
	slot := &r.slots[r.next%window]
	r.next++
	if !slot.is {
		r.lost++
		return
	}
	slot.is = false
	r.waiting--
	out(slot.payload)
}

// ready gives what waits and whose turn it is.
func (r *reorder) ready(out func([]byte)) {
	for r.waiting > 0 && r.slots[r.next%window].is {
		r.step(out)
	}
}

// expire gives up waiting for what is too late. Call it now and then while packets wait.
func (r *reorder) expire(now time.Time, out func([]byte)) {
	if r.waiting == 0 || now.Sub(r.since).Abs() < hold {
		return
	}
	for r.waiting > 0 && !r.slots[r.next%window].is {
		r.step(out)
	}
	r.ready(out)
	r.since = now
}

// flush gives all that waits.
func (r *reorder) flush(out func([]byte)) {
	for r.waiting > 0 {
		r.step(out)
	}
}
