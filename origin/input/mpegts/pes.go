package mpegts

import "errors"

// pes is a packet of an elementary stream, put together (ISO 13818-1 §2.4.3.6).
type pes struct {
	payload  []byte
	pts, dts stamp
	stamped  bool // pts and dts are told
	// scrambled says that the payload cannot be read.
	scrambled bool
}

var (
	errShortPES = errors.New("PES packet with a header that is cut short")
	errNoPES    = errors.New("PES packet without its start code")
	errLargePES = errors.New("PES packet that is too large")
)

// pesHeader is the length of a header without optional fields.
const pesHeader = 9

// readPES reads a packet that is whole. It is false for streams without media, such as padding.
func readPES(b []byte) (p pes, ok bool, err error) {
	if len(b) < pesHeader {
		return p, false, errShortPES
	}
	if b[0] != 0 || b[1] != 0 || b[2] != 1 {
		return p, false, errNoPES
	}
	if !hasHeader(b[3]) {
		return p, false, nil
	}
	end := pesHeader + int(b[8])
	if b[6]&0xc0 != 0x80 || len(b) < end {
		return p, false, errShortPES
	}
	p.payload, p.scrambled = b[end:], b[6]&0x30 != 0
	p.times(b[7]>>6, b[pesHeader:end])
	return p, len(p.payload) > 0, nil
}

// hasHeader says whether the header goes on behind the length (ISO 13818-1 table 2-22).
func hasHeader(id byte) bool {
	switch id {
	case 0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff:
		return false
	}
	return id > 0xbc
}

// maxReorder is how long a picture is held at most between decoding and presentation. What says more is a mistake.
const maxReorder = 10 * 90000

func (p *pes) times(flags byte, b []byte) {
	if flags&2 == 0 || len(b) < 5 || b[0]&1 == 0 || b[2]&1 == 0 || b[4]&1 == 0 {
		return
	}
	p.pts, p.stamped = readStamp(b), true
	p.dts = p.pts
	if flags != 3 || len(b) < 10 || b[5]&1 == 0 || b[7]&1 == 0 || b[9]&1 == 0 {
		return
	}
	dts := readStamp(b[5:])
	if d := nearest(int64(p.pts - dts)); d >= 0 && d <= maxReorder {
		p.dts = dts
	}
}

func readStamp(b []byte) stamp {
	return stamp(b[0]>>1&7)<<30 | stamp(b[1])<<22 | stamp(b[2]>>1)<<15 | stamp(b[3])<<7 | stamp(b[4]>>1)
}
