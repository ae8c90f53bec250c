package rtptime

import "github.com/pion/rtp"

// AccessUnit finds the RTP time of the access unit that a depacketizer gives back. Where an encoder never
// sets the marker bit, it is the first packet of the next access unit that completes one, and the packet's time
// is not the unit's.
type AccessUnit struct {
	pending bool
	stamp   uint32
}

// Incomplete tells that pkt was taken and no access unit came of it.
func (t *AccessUnit) Incomplete(pkt *rtp.Packet) {
	t.pending, t.stamp = true, pkt.Timestamp
}

// Complete gives the time of the access unit that came of pkt.
func (t *AccessUnit) Complete(pkt *rtp.Packet) uint32 {
	if t.pending && t.stamp != pkt.Timestamp {
		// pkt itself belongs to the next one and waits in the depacketizer.
		stamp := t.stamp
		t.stamp = pkt.Timestamp
		return stamp
	}
	t.pending = false
	return pkt.Timestamp
}

// Reset tells that packets are missing before the next.
func (t *AccessUnit) Reset() { t.pending = false }
