// Package rtptime puts the tracks of an RTP session on one axis: it unwraps their times, and places them by what sender
// reports tell, else by arrival.
package rtptime

import "time"

// maxReportSkew is how far the offset between two tracks that sender reports tell may be from the one their
// arrival tells. Beyond it the reports are not of one clock (cameras exist that report each track by its own).
const maxReportSkew = 3 * time.Second

// Base puts the tracks of one connection on a common axis. The first track that is heard starts at zero.
// Another starts where the sender reports of both say, else where its arrival says.
type Base struct {
	leading *Track
	arrived time.Time // when the leading track's last packet in decoding order came
	elapsed int64     // leading track's ticks then, from its own start
}

// Track unwraps the 32-bit RTP times of one track, and knows where the track lies on the time base.
type Track struct {
	// ClockRate is that of the RTP times.
	ClockRate int64

	started bool
	last    uint32
	ticks   int64 // of last, from the track's first packet on

	anchored bool
	origin   time.Duration // of tick zero on the time base

	clock senderClock
}

// Unwrap gives the 64-bit form of an RTP time; it need not be later than the last one.
func (t *Track) Unwrap(stamp uint32) int64 {
	if !t.started {
		t.started = true
		t.last = stamp
		return 0
	}
	t.ticks += int64(int32(stamp - t.last))
	t.last = stamp
	return t.ticks
}

// Peek unwraps a time near the last one without moving on to it.
func (t *Track) Peek(stamp uint32) int64 {
	return t.ticks + int64(int32(stamp-t.last))
}

// SetClock takes in what a sender report tells, once the track has started.
func (t *Track) SetClock(wall time.Time, stamp uint32) {
	t.clock = senderClock{known: true, wall: wall, ticks: t.Peek(stamp)}
}

// Observe takes note of a packet whose presentation and decoding order agree, and anchors the track on its first.
func (b *Base) Observe(t *Track, arrival time.Time) {
	if b.leading == nil {
		b.leading = t
	}
	if !t.anchored {
		t.anchored = true
		t.origin = b.originOf(t, arrival) // zero for the leading track
	}
	if t == b.leading {
		b.arrived, b.elapsed = arrival, t.ticks
	}
}

func (b *Base) originOf(t *Track, arrival time.Time) time.Duration {
	lead := b.leading
	if t == lead {
		return -Duration(t.ticks, t.ClockRate)
	}
	leadNow := lead.origin + Duration(b.elapsed, lead.ClockRate)
	byArrival := leadNow + arrival.Sub(b.arrived) - Duration(t.ticks, t.ClockRate)
	if !lead.clock.known || !t.clock.known {
		return byArrival
	}
	// Wall clock at tick zero of each; their difference is the difference of the origins.
	byReport := lead.origin + t.clock.at(0, t.ClockRate).Sub(lead.clock.at(0, lead.ClockRate))
	if skew := byReport - byArrival; skew > maxReportSkew || skew < -maxReportSkew {
		return byArrival
	}
	return byReport
}

// Anchored says that the track has its place on the time base.
func (t *Track) Anchored() bool { return t.anchored }

// Wall is the sender's wall clock at a tick, or the zero time where no report told it.
func (t *Track) Wall(ticks int64) time.Time { return t.clock.at(ticks, t.ClockRate) }

// PTS is a tick's place on the time base in a track's timescale.
func (t *Track) PTS(ticks, timescale int64) int64 {
	return scale(int64(t.origin), timescale, int64(time.Second)) + scale(ticks, timescale, t.ClockRate)
}

// Duration is how long some ticks last, rounded down.
func Duration(ticks, clockRate int64) time.Duration {
	return time.Duration(scale(ticks, int64(time.Second), clockRate))
}
