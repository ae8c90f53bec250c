package mpegts

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"

	"podium.tv/podium/origin/input/elementary"
)

// ac3Frames reads AC-3 (ETSI TS 102 366 §4.3).
type ac3Frames struct{ elementary.AC3 }

const ac3Header = 5

func (*ac3Frames) size(b []byte) (int, bool) {
	if b[0] != 0x0b || len(b) > 1 && b[1] != 0x77 {
		return 0, false
	}
	if len(b) < ac3Header {
		return 0, true
	}
	var info ac3.SyncInfo
	if info.Unmarshal(b) != nil {
		return 0, false
	}
	return info.FrameSize(), true
}

func (*ac3Frames) frames(dst [][]byte, unit []byte) ([][]byte, error) { return append(dst, unit), nil }
