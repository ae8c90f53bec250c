package mpegts

import "podium.tv/podium/origin/input/elementary"

// loas reads AAC in LATM elements with sync words (ISO 14496-3 §1.7.2).
type loas struct{ elementary.LATM }

const loasHeader = 3

func (*loas) size(b []byte) (int, bool) {
	if b[0] != 0x56 || len(b) > 1 && b[1]&0xe0 != 0xe0 {
		return 0, false
	}
	if len(b) < loasHeader {
		return 0, true
	}
	n := int(b[1]&0x1f)<<8 | int(b[2])
	return loasHeader + n, n > 0
}

func (e *loas) frames(dst [][]byte, unit []byte) ([][]byte, error) {
	return e.Element(dst, unit[loasHeader:])
}
