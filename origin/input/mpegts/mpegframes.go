package mpegts

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg1audio"

	"podium.tv/podium/origin/input/elementary"
)

// mpegFrames reads MPEG audio of layers II and III (ISO 11172-3 §2.4.1).
type mpegFrames struct{ elementary.MP2 }

const mpegHeader = 5 // What the parser asks for; the header itself is four bytes.

func (*mpegFrames) size(b []byte) (int, bool) {
	if b[0] != 0xff || len(b) > 1 && b[1]&0xf0 != 0xf0 {
		return 0, false
	}
	if len(b) < mpegHeader {
		return 0, true
	}
	var h mpeg1audio.FrameHeader
	if h.Unmarshal(b) != nil || h.Bitrate <= 0 || h.SampleRate <= 0 {
		return 0, false
	}
	// A slot is a byte (§2.4.3.1). The parser's own count is wrong for layer III at half sampling rates.
	n := h.SampleCount() / 8 * h.Bitrate / h.SampleRate
	if h.Padding {
		n++
	}
	return n, n > mpegHeader
}

func (*mpegFrames) frames(dst [][]byte, unit []byte) ([][]byte, error) { return append(dst, unit), nil }
