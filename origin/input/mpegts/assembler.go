package mpegts

// maxPES is the size of a PES packet in the making. Pictures of level 6.2 of H.264 and H.265 stay below it.
const maxPES = 8 << 20

// assembler puts the PES packets of one PID together. Their length is often not told: the next one ends them.
type assembler struct {
	buf  []byte
	want int // 0 where the length is not told or not known yet
	open bool
	// joined says that what is in the making goes on in other PES packets; split, that this was seen once, and that
	// packets are not whole before the next begins.
	joined, split bool
}

// begin takes the first bytes of a packet.
func (a *assembler) begin(payload []byte) {
	a.buf, a.want, a.open, a.joined = append(a.buf[:0], payload...), 0, true, false
	a.measure()
}

// add takes more bytes; it is false if the packet has become too large.
func (a *assembler) add(payload []byte) bool {
	if !a.open {
		return true
	}
	if len(a.buf)+len(payload) > maxPES {
		a.open = false
		return false
	}
	a.buf = append(a.buf, payload...)
	a.measure()
	return true
}

// join goes on with the payload of another packet, if there is something to go on with.
func (a *assembler) join(payload []byte) bool {
	a.split = true
	if !a.open {
		return false
	}
	if !a.joined && a.want > 0 && len(a.buf) > a.want {
		a.buf = a.buf[:a.want]
	}
	a.joined, a.want = true, 0
	return a.add(payload)
}

// measure reads the length, once there is one to read.
func (a *assembler) measure() {
	if a.joined || a.want > 0 || len(a.buf) < 6 {
		return
	}
	if n := int(a.buf[4])<<8 | int(a.buf[5]); n > 0 {
		a.want = 6 + n
	}
}

// whole says that all is there that was told.
func (a *assembler) whole() bool { return a.open && a.want > 0 && len(a.buf) >= a.want }

// take gives the packet, which is valid until the next call of begin.
func (a *assembler) take() []byte {
	a.open = false
	if a.want > 0 && len(a.buf) > a.want {
		return a.buf[:a.want]
	}
	return a.buf
}

func (a *assembler) drop() { a.open = false }
