package udp

import "encoding/binary"

// syncByte begins each packet of MPEG-TS (ISO 13818-1 §2.4.3.2).
const (
	syncByte   = 0x47
	packetSize = 188
)

// rtp is what is read of an RTP packet (RFC 3550 §5.1).
type rtp struct {
	sequence uint16
	stamp    uint32
	source   uint32 // SSRC
	payload  []byte
}

// readRTP reads an RTP packet of MPEG-TS. Of other packets, such as SMPTE 2022-1's for error correction, it is false, whatever
// payload type they have: RFC 3551 gives 33, but encoders take dynamic ones too. MPEG-TS itself never begins with RTP's version.
func readRTP(b []byte) (p rtp, ok bool) {
	const header = 12
	if len(b) < header || b[0]>>6 != 2 {
		return p, false
	}
	p = rtp{sequence: binary.BigEndian.Uint16(b[2:]), stamp: binary.BigEndian.Uint32(b[4:]), source: binary.BigEndian.Uint32(b[8:])}
	at := header + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 { // A header extension.
		if len(b) < at+4 {
			return p, false
		}
		at += 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
	}
	end := len(b)
	if b[0]&0x20 != 0 { // Padding, whose last byte counts it.
		end -= int(b[len(b)-1])
	}
	if at >= end {
		return p, false
	}
	p.payload = b[at:end]
	if p.payload[0] != syncByte || len(p.payload) > packetSize && p.payload[packetSize] != syncByte {
		return p, false
	}
	return p, true
}
