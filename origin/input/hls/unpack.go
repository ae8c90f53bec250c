package hls

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/origin/input"
)

// unpacker reads segments of one kind, one after the other.
type unpacker interface {
	// unpack delivers what is in a segment that lasts about as long as is told. Its error is of this segment, or of all.
	unpack(body []byte, lasts time.Duration) error
	// close delivers what is left.
	close()
}

var errForeign = errors.New("a segment is neither MPEG-TS, nor fragmented MP4, nor packed audio")

// kind is what segments are made of.
type kind uint8

const (
	transportStream kind = iota + 1
	fragmentedMP4
	packedAudio
)

// kindOf looks at a segment's first bytes; what a server says of its type is wrong too often.
func kindOf(body, init []byte) (kind, error) {
	switch {
	case len(body) == 0:
		return 0, errors.New("a segment of no bytes")
	case isBox(init), isBox(body):
		return fragmentedMP4, nil
	case body[0] == 0x47, isTS(body):
		return transportStream, nil
	case bytes.HasPrefix(body, []byte("ID3")), isFrame(body):
		return packedAudio, nil
	case bytes.HasPrefix(body, []byte("WEBVTT")):
		return 0, fmt.Errorf("%w: it is text (WebVTT)", errForeign)
	}
	return 0, fmt.Errorf("%w: it begins with %s", errForeign, begins(body[:min(len(body), 64)]))
}

// isTS says whether packets of 188 bytes begin somewhere in the first of them.
func isTS(body []byte) bool {
	for at := range min(188, max(len(body)-2*188, 0)) {
		if body[at] == 0x47 && body[at+188] == 0x47 && body[at+2*188] == 0x47 {
			return true
		}
	}
	return false
}

func isBox(body []byte) bool {
	if len(body) < 8 {
		return false
	}
	switch string(body[4:8]) {
	case "ftyp", "styp", "moof", "moov", "sidx", "emsg", "prft", "free", "mdat":
		return true
	}
	return false
}

// isFrame says whether the first bytes are the sync word of ADTS, MPEG audio or AC-3.
func isFrame(body []byte) bool {
	return len(body) > 2 && (body[0] == 0xff && body[1]&0xe0 == 0xe0 || body[0] == 0x0b && body[1] == 0x77)
}

// newUnpacker makes the one for a kind of segments; init is what stands before them.
func (p *Pull) newUnpacker(k kind, init []byte, r input.Receiver) unpacker {
	switch k {
	case fragmentedMP4:
		return newFMP4(init, r, p.parametersWait())
	case packedAudio:
		return newPacked(r, p.parametersWait())
	default:
		return newTS(r, p.parametersWait())
	}
}

// safely reads a segment: what a stranger sends must not end the process, whatever a third party's parser makes of it.
func safely(u unpacker, body []byte, lasts time.Duration) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a segment that cannot be read: %v", p)
		}
	}()
	return u.unpack(body, lasts)
}
