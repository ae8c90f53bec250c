package udp

import "time"

// jitter is how unevenly packets come (RFC 3550 §6.4.1), by the clock of MPEG-TS in RTP (RFC 2250 §2).
type jitter struct {
	stamp uint32
	at    time.Time
	value float64 // in ticks of 90 kHz
}

const ticks = 90000

func (j *jitter) observe(stamp uint32, at time.Time) {
	if !j.at.IsZero() {
		off := at.Sub(j.at).Seconds()*ticks - float64(int32(stamp-j.stamp))
		if off < 0 {
			off = -off
		}
		if off < ticks { // A second is a pause or a new clock.
			j.value += (off - j.value) / 16
		}
	}
	j.stamp, j.at = stamp, at
}

func (j *jitter) duration() time.Duration {
	return time.Duration(j.value / ticks * float64(time.Second))
}
