package udp

import (
	"sync"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/mpegts"
)

// session is one run of an input, for those who ask how it fares.
type session struct {
	reader  *reader
	queue   *queue
	demuxer *mpegts.Demuxer
	mutex   sync.Mutex
	rate    float64
	seen    uint64
	at      time.Time
}

// measure finds the bit rate since it was last called.
func (s *session) measure(now time.Time) {
	s.queue.mutex.Lock()
	n := s.queue.bytes
	s.queue.mutex.Unlock()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if d := now.Sub(s.at); !s.at.IsZero() && d > 0 {
		s.rate = float64(n-s.seen) * 8 / d.Seconds()
	}
	s.seen, s.at = n, now
}

func (s *session) network() input.Network {
	counts := s.demuxer.Counts()
	s.mutex.Lock()
	rate := s.rate
	s.mutex.Unlock()
	r := s.reader
	r.mutex.Lock()
	defer r.mutex.Unlock()
	n := input.Network{
		Received: r.received, Jitter: r.jitter.duration(), Bandwidth: rate, ContinuityError: counts.Continuity,
		Errors: counts.Continuity + counts.Damaged + counts.Sync + counts.Tables + counts.Broken,
		Lost:   r.order.lost,
	}
	if r.sender.current.IsValid() {
		n.Peer = r.sender.current.String()
	}
	if !r.rtp {
		n.Lost = counts.Lost // Of MPEG-TS packets: UDP does not number its datagrams.
	}
	return n
}

// Network implements input.Meter.
func (i *Input) Network() (input.Network, bool) {
	s := i.session.Load()
	if s == nil {
		return input.Network{}, false
	}
	return s.network(), true
}
