package mpegts

import "bytes"

// continuity follows the counter of one PID (ISO 13818-1 §2.4.3.3).
type continuity struct {
	counter  byte
	begun    bool
	repeated bool
	last     [packetSize]byte // the last packet with payload
}

// verdict is what a packet's counter means.
type verdict uint8

const (
	inOrder   verdict = iota
	duplicate         // sent twice, as is allowed once
	gap               // packets are missing before it
)

// look judges a packet with payload; lost is how many are missing at least.
func (c *continuity) look(h *header, packet []byte) (v verdict, lost int) {
	switch next := (c.counter + 1) & 0x0f; {
	case !c.begun || h.discontinuity || h.counter == next:
	case h.counter == c.counter && !c.repeated && c.same(packet):
		c.repeated = true
		return duplicate, 0
	default:
		v, lost = gap, int((h.counter-next)&0x0f)
		lost = max(lost, 1)
	}
	c.begun, c.repeated, c.counter = true, false, h.counter
	copy(c.last[:], packet)
	return v, lost
}

// same says that a packet is the last one again: all but a clock reference is.
func (c *continuity) same(packet []byte) bool {
	if packet[3]&0x20 == 0 || packet[4] < 7 || packet[5]&0x10 == 0 {
		return bytes.Equal(packet, c.last[:])
	}
	return bytes.Equal(packet[:6], c.last[:6]) && bytes.Equal(packet[12:], c.last[12:])
}
