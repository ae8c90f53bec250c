package mpegts

import "errors"

// declared is one elementary stream as the programme map tells it (ISO 13818-1 §2.4.4.9).
type declared struct {
	pid      uint16
	kind     byte // stream_type
	format   format
	language string // RFC 5646, or empty
	channels int    // of Opus
}

var errBadMap = errors.New("programme map table that cannot be read")

// maxDeclared bounds the streams of a program.
const maxDeclared = 32

// readMap reads the body of a programme map.
func readMap(body []byte) ([]declared, error) {
	if len(body) < 4 {
		return nil, errBadMap
	}
	n := int(body[2]&0x0f)<<8 | int(body[3])
	if len(body) < 4+n {
		return nil, errBadMap
	}
	var streams []declared
	for rest := body[4+n:]; len(rest) > 0; {
		if len(rest) < 5 {
			return nil, errBadMap
		}
		n := int(rest[3]&0x0f)<<8 | int(rest[4])
		if len(rest) < 5+n {
			return nil, errBadMap
		}
		s := declared{kind: rest[0], pid: uint16(rest[1]&0x1f)<<8 | uint16(rest[2])}
		s.describe(rest[5 : 5+n])
		rest = rest[5+n:]
		if len(streams) < maxDeclared && s.pid > 1 && s.pid != nullPID {
			streams = append(streams, s)
		}
	}
	return streams, nil
}
