package elementary

import (
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// openGOP finds where to start in H.264 without IDR pictures. Broadcasters' encoders begin with one and never send another:
// I pictures with a recovery point stand in for them (H.264 §D.2.8), and only B pictures shown before them refer to what came earlier.
type openGOP struct {
	known bool
	idr   int64 // DTS of the last IDR picture, or of the first picture
	// from is the PTS of the recovery point that the track was begun with, where began says that there is one.
	began bool
	from  int64
}

// withoutIDR is how long there is no IDR picture before recovery points are taken for one, in 90 kHz.
const withoutIDR = 3 * VideoTimescale

// recovers says whether a picture is one to start from; units are those of a picture that is no IDR picture.
func (g *openGOP) recovers(units [][]byte, dts int64) bool {
	if !g.known || dts < g.idr {
		g.known, g.idr = true, dts
	}
	if dts-g.idr < withoutIDR {
		return false
	}
	for _, unit := range units {
		if h264.NALUType(unit[0]&0x1f) == h264.NALUTypeSEI && recoveryPoint(unit) {
			return true
		}
	}
	return false
}

// maxSEI bounds what is looked through for a recovery point.
const maxSEI = 1024

const seiRecoveryPoint = 6

// recoveryPoint says that all pictures from here on are right, without a delay (H.264 §D.1.8).
func recoveryPoint(unit []byte) bool {
	b := h264.EmulationPreventionRemove(unit[1:min(len(unit), maxSEI)])
	for len(b) > 2 {
		kind, rest, ok := seiNumber(b)
		if !ok {
			return false
		}
		size, rest, ok := seiNumber(rest)
		if !ok || size > len(rest) {
			return false
		}
		if kind == seiRecoveryPoint {
			pos := 0
			frames, err := bits.ReadGolombUnsigned(rest[:size], &pos)
			return err == nil && frames == 0
		}
		b = rest[size:]
	}
	return false
}

// seiNumber reads a type or a size (H.264 §7.3.2.3.1).
func seiNumber(b []byte) (n int, rest []byte, ok bool) {
	for i, v := range b {
		n += int(v)
		if v != 0xff {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}
