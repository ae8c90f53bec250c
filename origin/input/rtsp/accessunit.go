package rtsp

import "github.com/pion/rtp"

// accessUnitTime finds the RTP time of the access unit that a depacketizer gives back. Where an encoder never
// sets the marker bit, it is the first packet of the next access unit that completes one, and the packet's time
// is not the unit's.
type accessUnitTime struct {
	pending bool
	stamp   uint32
}

// incomplete tells that pkt was taken and no access unit came of it.
func (t *accessUnitTime) incomplete(pkt *rtp.Packet) {
	t.pending, t.stamp = true, pkt.Timestamp
}

// complete gives the time of the access unit that came of pkt.
func (t *accessUnitTime) complete(pkt *rtp.Packet) uint32 {
	if t.pending && t.stamp != pkt.Timestamp {
		// pkt itself belongs to the next one and waits in the depacketizer.
		stamp := t.stamp
		t.stamp = pkt.Timestamp
		return stamp
	}
	t.pending = false
	return pkt.Timestamp
}

func (t *accessUnitTime) reset() { t.pending = false }
