package input

import "time"

// Network is how a connection's packets fare, as far as its protocol tells: counters from the connection's beginning.
type Network struct {
	Peer            string        // the other end, without credentials
	Received        uint64        // packets
	Lost            uint64        // packets that never came
	Recovered       uint64        // packets that came late, because they were asked for again
	Asked           uint64        // requests for packets that were missing (NACKs)
	Errors          uint64        // what could not be read: continuity errors of MPEG-TS among them
	RTT             time.Duration // 0 where it is not known
	Jitter          time.Duration // of packets' arrival (RFC 3550 §6.4.1), 0 where it is not known
	Latency         time.Duration // what the receiver waits for late packets (SRT), 0 where there is no such thing
	Bandwidth       float64       // bits a second on the wire, 0 where it is not known
	ContinuityError uint64        // of Errors, MPEG-TS packets that do not continue their PID (ISO 13818-1 §2.4.3.3)
}

// Meter is what an Input has that knows how its packets fare. It may be asked at any time, by any goroutine; ok is false while
// there is no connection.
type Meter interface {
	Network() (n Network, ok bool)
}
