package socket

import "time"

// Stats tell how a connection fares, from its beginning.
type Stats struct {
	Received  uint64 // packets of data, those that came twice left out
	Lost      uint64 // that never came, or too late
	Recovered uint64 // that came because they were asked for again
	Twice     uint64 // that came more than once, or after they were given up
	Dropped   uint64 // that nobody read
	Sealed    uint64 // that could not be decrypted
	Asked     uint64 // requests for what was missing (NAK)
	RTT       time.Duration
	Latency   time.Duration
	Bandwidth float64 // bits a second with SRT's header and what was sent again
}

// bandwidth measures bits a second over whole seconds.
type bandwidth struct {
	bytes, packets  uint64
	since           int64
	bits, perSecond float64
}

func (r *bandwidth) add(n int) {
	r.bytes += uint64(n)
	r.packets++
}

func (r *bandwidth) tick(now int64) {
	passed := now - r.since
	if passed < 1_000_000 {
		return
	}
	seconds := float64(passed) / 1e6
	r.bits, r.perSecond = float64(r.bytes*8)/seconds, float64(r.packets)/seconds
	r.bytes, r.packets, r.since = 0, 0, now
}

// roundTrip is how long an answer takes (§4.10).
type roundTrip struct {
	mean, deviation float64 // microseconds
	known           bool
}

func (r *roundTrip) add(sample float64) {
	if !r.known {
		r.known, r.mean, r.deviation = true, sample, sample/2
		return
	}
	r.deviation = 0.75*r.deviation + 0.25*abs(r.mean-sample)
	r.mean = 0.875*r.mean + 0.125*sample
}

// values are what to go by: before the first answer 100 ms, as the draft has it.
func (r *roundTrip) values() (mean, deviation float64) {
	if !r.known {
		return 100_000, 50_000
	}
	return r.mean, r.deviation
}

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}
