package render

// The numbers of the one program. Boxes remember PIDs over a zap, so they are the same for every channel.
const (
	patPID        = 0
	pmtPID        = 0x1000
	firstPID      = 0x100
	programNumber = 1
	streamNumber  = 1 // transport_stream_id
)

// table is a section of program specific information (ISO 13818-1 §2.4.4) that is sent again and again.
type table struct {
	pid     uint16
	section []byte
	counter uint8
}

func (m *muxer) writeTables() {
	m.tablesShown = true
	m.writeTable(&m.pat)
	m.writeTable(&m.pmt)
}

func (m *muxer) writeTable(t *table) {
	for rest, start := t.section, true; len(rest) > 0; start = false {
		room := packetRoom
		if start {
			room-- // for the pointer field
		}
		n := min(len(rest), room)
		out := m.space(packetSize)
		if out != nil {
			out[0] = 0x47
			out[1] = byte(t.pid >> 8)
			out[2] = byte(t.pid)
			out[3] = 0x10 | t.counter
			out = out[packetHeader:]
			if start {
				m.out[len(m.out)-packetSize+1] |= 0x40
				out[0] = 0
				out = out[1:]
			}
			for i := copy(out, rest[:n]); i < len(out); i++ {
				out[i] = 0xff
			}
		}
		t.counter = (t.counter + 1) & 15
		rest = rest[n:]
	}
}

// patSection is the program association section (ISO 13818-1 §2.4.4.3) of the one program.
func patSection() []byte {
	return closeSection([]byte{
		0x00, 0xb0, 0,
		0, streamNumber, 0xc1, 0, 0,
		0, programNumber, 0xe0 | pmtPID>>8, pmtPID & 0xff,
	}, 0)
}

// pmtSection is the program map section (ISO 13818-1 §2.4.4.8). Its version follows from its content, so that a
// changed table is seen as one without anybody counting.
func pmtSection(streams []stream, clock int) []byte {
	pcr := streams[clock].form.pid
	b := make([]byte, 0, 256)
	b = append(b, 0x02, 0xb0, 0, 0, programNumber, 0xc1, 0, 0, 0xe0|byte(pcr>>8), byte(pcr), 0xf0, 0)
	for i := range streams {
		if streams[i].text {
			continue
		}
		f := &streams[i].form
		b = append(b, f.streamType, 0xe0|byte(f.pid>>8), byte(f.pid), 0xf0|byte(len(f.descriptors)>>8), byte(len(f.descriptors)))
		b = append(b, f.descriptors...)
	}
	return closeSection(b, byte(crc32MPEG2(b))&0x1f)
}

// closeSection sets length and version and appends the checksum.
func closeSection(b []byte, version byte) []byte {
	length := len(b) - 3 + 4
	b[1] |= byte(length >> 8)
	b[2] = byte(length)
	b[5] |= version << 1
	sum := crc32MPEG2(b)
	return append(b, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

// crc32MPEG2 is the checksum of ISO 13818-1 annex A, bit by bit: it is made of a hundred bytes a segment.
func crc32MPEG2(b []byte) uint32 {
	sum := uint32(0xffffffff)
	for _, c := range b {
		sum ^= uint32(c) << 24
		for range 8 {
			if sum&0x80000000 != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}
