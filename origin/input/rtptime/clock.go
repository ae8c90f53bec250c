package rtptime

import (
	"time"

	"github.com/pion/rtcp"
)

// ntpEpoch is 1970-01-01 in seconds of the NTP era that began in 1900 (RFC 5905 §6).
const ntpEpoch = 2208988800

// Senders without a clock report 1970, 1900 or their time since boot.
const (
	sanestYear = 2015
	latestYear = 2100
)

// Wall decodes the 64-bit NTP timestamp of a sender report: seconds in the upper half, and in the lower one
// units of 1/2^32 s (RFC 3550 §4), not nanoseconds. It is false for a clock that was never set.
func Wall(ntp uint64) (time.Time, bool) {
	seconds := int64(ntp>>32) - ntpEpoch
	nanos := int64(((ntp & 0xFFFFFFFF) * 1_000_000_000) >> 32)
	t := time.Unix(seconds, nanos).UTC()
	return t, t.Year() >= sanestYear && t.Year() <= latestYear
}

// NTP is the inverse of Wall, to the nearest unit above, so that decoding gives the same nanosecond.
func NTP(t time.Time) uint64 {
	seconds := uint64(t.Unix() + ntpEpoch)
	fraction := (uint64(t.Nanosecond())<<32 + 999_999_999) / 1_000_000_000
	return seconds<<32 | fraction
}

// SenderReport makes the report that ties an RTP time to the wall clock, with the fraction of the NTP timestamp
// in its right unit.
func SenderReport(ssrc uint32, wall time.Time, stamp, packets, octets uint32) *rtcp.SenderReport {
	return &rtcp.SenderReport{
		SSRC: ssrc, NTPTime: NTP(wall), RTPTime: stamp, PacketCount: packets, OctetCount: octets,
	}
}

// senderClock is what one track's sender said of its wall clock.
type senderClock struct {
	known bool
	wall  time.Time
	ticks int64 // unwrapped RTP time at wall
}

// at is the sender's wall clock at an unwrapped RTP time, or the zero time.
func (c *senderClock) at(ticks, clockRate int64) time.Time {
	if !c.known {
		return time.Time{}
	}
	return c.wall.Add(time.Duration(scale(ticks-c.ticks, int64(time.Second), clockRate)))
}

// scale is v*m/d rounded down, without overflow for any stretch of media time.
func scale(v, m, d int64) int64 {
	whole, rest := v/d, v%d
	if rest < 0 {
		whole--
		rest += d
	}
	return whole*m + rest*m/d
}
