package health

import "time"

// jitter is how unevenly samples come, measured as that of packets is in RFC 3550 §6.4.1, by DTS: that rises evenly.
type jitter struct {
	mean time.Duration
}

// add takes by how much later than the one before it a sample came, and by how much later it is stamped.
func (j *jitter) add(arrived, stamped time.Duration) {
	off := (arrived - stamped).Abs()
	if off > time.Second {
		return // A jump or a break, which is no jitter.
	}
	j.mean += (off - j.mean) / 16
}
