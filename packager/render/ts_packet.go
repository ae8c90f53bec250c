package render

import "slices"

const (
	packetSize   = 188
	packetHeader = 4
	packetRoom   = packetSize - packetHeader

	clockField = 8 // bytes of an adaptation field with a PCR and no stuffing
	flagsField = 2 // bytes of one with flags only

	flagDiscontinuity = 0x80
	flagRandomAccess  = 0x40
	flagClock         = 0x10
)

// pes is one PES packet to be written.
type pes struct {
	stream   *stream
	sync     bool
	dts, pts int64
	until    int64   // DTS of what follows on the stream
	clock    bool    // begins with a clock reference
	clocks   []int64 // times of more of them, spread over its packets
}

// space extends the output by n bytes and returns them, or nothing where only their number counts.
func (m *muxer) space(n int) []byte {
	m.size += n
	if m.dry {
		return nil
	}
	if cap(m.out)-len(m.out) < n {
		m.out = slices.Grow(m.out, max(n, len(m.out)/16))
	}
	m.out = m.out[:len(m.out)+n]
	return m.out[len(m.out)-n:]
}

// writePES writes m.chunks, the elementary stream's bytes, as one PES packet.
func (m *muxer) writePES(p *pes) error {
	var head [19]byte
	header, err := pesHeader(head[:0], p, m.shift, m.load)
	if err != nil {
		return err
	}
	left := m.load + len(header)

	first := 0
	var flags byte
	if p.stream.fresh {
		// Without it a demuxer takes the packet before for damaged (ISO 13818-1 §2.4.3.5).
		p.stream.fresh = false
		flags |= flagDiscontinuity
		first = flagsField
	}
	if p.sync {
		flags |= flagRandomAccess
		first = flagsField
	}
	if p.clock {
		flags |= flagClock
		first = clockField
	}
	if p.stream.broken && first > 0 {
		flags |= flagDiscontinuity
	}
	p.stream.broken = false
	src := source{chunk: header, more: m.chunks}
	packets := (left + first + packetRoom - 1) / packetRoom
	clocks := p.clocks
	spread := len(clocks) + 1
	step := 1 // which of the spread clock references is next

	for i := 0; left > 0; i++ {
		field, time := first, p.dts
		if i > 0 {
			if m.dry && len(clocks) == 0 {
				rest := (left + packetRoom - 1) / packetRoom
				m.size += rest * packetSize
				p.stream.counter = (p.stream.counter + uint8(rest&15)) & 15
				break
			}
			field, flags = 0, 0
			if len(clocks) > 0 && i >= step*packets/spread {
				field, flags, time = clockField, flagClock, clocks[0]
				clocks = clocks[1:]
				step++
			}
		}
		room := packetRoom - field
		stuffing := max(0, room-left)
		n := room - stuffing
		left -= n
		out := m.space(packetSize)
		if out == nil {
			p.stream.counter = (p.stream.counter + 1) & 15
			continue
		}
		out[0] = 0x47
		out[1] = byte(p.stream.form.pid >> 8)
		if i == 0 {
			out[1] |= 0x40
		}
		out[2] = byte(p.stream.form.pid)
		out[3] = 0x10 | p.stream.counter
		p.stream.counter = (p.stream.counter + 1) & 15
		if field += stuffing; field > 0 {
			out[3] |= 0x20
			writeField(out[packetHeader:packetHeader+field], flags, time+m.shift)
		}
		src.read(out[packetHeader+field:])
	}
	for _, t := range clocks { // The packet was too small for all of them.
		m.writeClock(p.stream, t)
	}
	return nil
}

// writeClock writes a packet that has nothing but a clock reference. It has no payload, so the continuity
// counter is that of the packet before it (ISO 13818-1 §2.4.3.3).
func (m *muxer) writeClock(s *stream, time int64) {
	out := m.space(packetSize)
	if out == nil {
		return
	}
	out[0] = 0x47
	out[1] = byte(s.form.pid >> 8)
	out[2] = byte(s.form.pid)
	out[3] = 0x20 | (s.counter-1)&15
	writeField(out[packetHeader:], flagClock, time+m.shift)
}

// writeField fills b with an adaptation field (ISO 13818-1 §2.4.3.4), padded with stuffing.
func writeField(b []byte, flags byte, time int64) {
	b[0] = byte(len(b) - 1)
	if len(b) == 1 {
		return
	}
	b[1] = flags
	b = b[2:]
	if flags&flagClock != 0 {
		base := uint64(time-pcrLead) & (1<<33 - 1)
		b[0] = byte(base >> 25)
		b[1] = byte(base >> 17)
		b[2] = byte(base >> 9)
		b[3] = byte(base >> 1)
		b[4] = byte(base<<7) | 0x7e
		b[5] = 0
		b = b[6:]
	}
	for i := range b {
		b[i] = 0xff
	}
}

// source is a run of bytes in pieces.
type source struct {
	chunk []byte
	more  [][]byte
}

// read fills out, which must not be longer than what is left.
func (s *source) read(out []byte) {
	if len(out) == packetRoom && len(s.chunk) >= packetRoom {
		*(*[packetRoom]byte)(out) = [packetRoom]byte(s.chunk)
		s.chunk = s.chunk[packetRoom:]
		return
	}
	for len(out) > 0 {
		if len(s.chunk) == 0 {
			s.chunk, s.more = s.more[0], s.more[1:]
			continue
		}
		n := copy(out, s.chunk)
		s.chunk, out = s.chunk[n:], out[n:]
	}
}
