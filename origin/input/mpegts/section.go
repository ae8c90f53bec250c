package mpegts

// maxSection is the length of a section of the tables that are read here (ISO 13818-1 §2.4.4.4).
const maxSection = 1024

// sections puts the sections of one PID together (ISO 13818-1 §2.4.4.1).
type sections struct {
	buf  []byte
	open bool
}

// lost drops what is begun.
func (s *sections) lost() { s.buf, s.open = s.buf[:0], false }

// write takes a packet's payload and calls take with each section that is whole. The section is valid during the call only.
func (s *sections) write(payload []byte, starts bool, take func(section []byte)) {
	if !starts {
		if s.open {
			s.buf = append(s.buf, payload...)
			s.cut(take)
		}
		return
	}
	if len(payload) == 0 || int(payload[0]) >= len(payload) {
		s.lost()
		return
	}
	tail, begin := payload[1:1+payload[0]], payload[1+payload[0]:]
	if s.open {
		s.buf = append(s.buf, tail...)
		s.cut(take)
	}
	s.buf, s.open = append(s.buf[:0], begin...), true
	s.cut(take)
}

// cut takes whole sections off. Bytes of 0xff fill the rest of a packet.
func (s *sections) cut(take func(section []byte)) {
	for s.open && len(s.buf) > 0 && s.buf[0] != 0xff {
		if len(s.buf) < 3 {
			return
		}
		size := 3 + int(s.buf[1]&0x0f)<<8 + int(s.buf[2])
		if size > maxSection {
			break
		}
		if len(s.buf) < size {
			return
		}
		take(s.buf[:size])
		s.buf = append(s.buf[:0], s.buf[size:]...)
	}
	s.lost()
}

// table is what the tables here have in common (ISO 13818-1 §2.4.4.11).
type table struct {
	extension    uint16 // transport_stream_id or program_number
	version      byte
	number, last byte
	body         []byte // without the CRC
}

// Identifiers of tables (ISO 13818-1 table 2-31).
const (
	tablePAT = 0x00
	tablePMT = 0x02
)

// readTable is false for another table, or one that does not hold yet; broken, for one that cannot be read.
func readTable(section []byte, id byte) (t table, ok, broken bool) {
	if section[0] != id || len(section) > 5 && section[5]&1 == 0 {
		return t, false, false
	}
	if len(section) < 12 || section[1]&0x80 == 0 || crc32(section) != 0 {
		return t, false, true
	}
	return table{
		extension: uint16(section[3])<<8 | uint16(section[4]),
		version:   section[5] >> 1 & 0x1f,
		number:    section[6],
		last:      section[7],
		body:      section[8 : len(section)-4],
	}, true, false
}
