package mpegts

// header is what a packet says of itself (ISO 13818-1 §2.4.3.2, §2.4.3.4).
type header struct {
	pid           uint16
	damaged       bool // transport_error_indicator: the demodulator could not mend it
	starts        bool // payload_unit_start_indicator
	scrambled     bool
	discontinuity bool // the counter may jump with this packet
	counter       byte
	payload       []byte // nil if there is none, which does not count
}

const nullPID = 0x1fff

func pidOf(packet []byte) uint16 { return uint16(packet[1]&0x1f)<<8 | uint16(packet[2]) }

// readHeader is false for a packet that contradicts itself.
func readHeader(packet []byte) (h header, ok bool) {
	h = header{
		pid: pidOf(packet), damaged: packet[1]&0x80 != 0, starts: packet[1]&0x40 != 0,
		scrambled: packet[3]&0xc0 != 0, counter: packet[3] & 0x0f,
	}
	control := packet[3] >> 4 & 3
	rest := packet[4:]
	if control&2 != 0 {
		n := int(rest[0])
		if n > len(rest)-1 {
			return h, false
		}
		h.discontinuity = n > 0 && rest[1]&0x80 != 0
		rest = rest[1+n:]
	}
	if control&1 != 0 {
		h.payload = rest
	}
	return h, control != 0
}
