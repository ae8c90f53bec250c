package mpegts

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/eac3"

	"podium.tv/podium/origin/input/elementary"
)

// eac3Frames reads E-AC-3 (ETSI TS 102 366 annex E). What makes up six blocks is one access unit. Substreams beside the first, such as
// the further channels of 7.1, are left out: what is left is whole.
type eac3Frames struct {
	elementary.EAC3
	unit   []byte
	blocks int
}

const (
	eac3Header = 8
	eac3Blocks = 6
)

func (*eac3Frames) size(b []byte) (int, bool) {
	if b[0] != 0x0b || len(b) > 1 && b[1] != 0x77 {
		return 0, false
	}
	if len(b) < eac3Header {
		return 0, true
	}
	var info eac3.SyncInfo
	if info.Unmarshal(b) != nil {
		return 0, false
	}
	n := info.FrameSize()
	return n, n >= eac3Header
}

func (e *eac3Frames) frames(dst [][]byte, unit []byte) ([][]byte, error) {
	var info eac3.SyncInfo
	if err := info.Unmarshal(unit); err != nil {
		return dst, err
	}
	if info.Strmtyp == 1 || info.Substreamid != 0 {
		return dst, nil
	}
	n := info.NumBlocks()
	if n == eac3Blocks {
		e.unit, e.blocks = nil, 0
		return append(dst, unit), nil
	}
	e.unit = append(e.unit, unit...)
	if e.blocks += n; e.blocks < eac3Blocks {
		return dst, nil
	}
	whole := e.unit
	e.unit, e.blocks = nil, 0
	return append(dst, whole), nil
}
