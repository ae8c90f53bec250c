package mpegts

import "bytes"

// maxUnits bounds the NAL units of a PES packet: pictures of level 6.2 have at most 600 slices.
const maxUnits = 1024

var startCode = []byte{0, 0, 1}

// nalUnits splits a byte stream (H.264 and H.265 annex B). The units are parts of b. What stands before the first start code is the
// end of what was lost.
func nalUnits(b []byte) [][]byte {
	at := bytes.Index(b, startCode)
	if at < 0 {
		return nil
	}
	b = b[at+len(startCode):]
	units := make([][]byte, 0, 8)
	for len(units) < maxUnits {
		end := bytes.Index(b, startCode)
		unit := b
		if end >= 0 {
			unit = b[:end]
		}
		// No unit ends with zeros: they belong to the next start code, or fill up (§B.1.1).
		if n := trimmed(unit); n > 0 {
			units = append(units, unit[:n:n])
		}
		if end < 0 {
			break
		}
		b = b[end+len(startCode):]
	}
	return units
}

func trimmed(b []byte) int {
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	return n
}
