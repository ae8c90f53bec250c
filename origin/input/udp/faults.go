package udp

import (
	"fmt"
	"time"

	"podium.tv/podium/origin/input"
)

// faults remembers what was told of a session.
type faults struct {
	overflow uint32
	lost     uint64
	both     uint64
	strayed  time.Time
}

// strayEvery is how often it is told at most that others send, too.
const strayEvery = time.Minute

// report tells what went wrong with datagrams since the last time.
func (f *faults) report(s *session, r input.Receiver) {
	s.reader.mutex.Lock()
	overflow, both, from, ours := s.reader.overflow, s.reader.sender.both, s.reader.sender.strayed, s.reader.sender.current
	lost := s.reader.order.lost
	s.reader.mutex.Unlock()
	fault := input.LossError{Packets: "datagrams", Lost: lost - f.lost, Dropped: s.queue.lost() + uint64(overflow-f.overflow)}
	f.overflow, f.lost = overflow, lost
	if fault.Any() {
		r.Warn(&fault)
	}
	now := time.Now()
	if both > f.both && now.Sub(f.strayed) >= strayEvery {
		f.strayed = now
		r.Warn(fmt.Errorf("%s sends to the same address as %s, and is left out: give each stream an address of its own", from, ours))
	}
	f.both = both
}
