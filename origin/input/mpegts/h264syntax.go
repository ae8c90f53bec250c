package mpegts

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// h264Syntax knows access units of H.264, and which are two fields of one frame: interlaced broadcasts code them as one picture
// or as two.
type h264Syntax struct {
	sps    []byte
	parsed h264.SPS
	fields bool // pictures may be fields
	before h264Field
}

// h264Field is one field.
type h264Field struct {
	open   bool // the field that goes with it has not come
	bottom bool
	number uint64 // frame_num
}

func (s *h264Syntax) lost() { s.before.open = false }

// begins implements syntax by H.264 §7.4.1.2.3.
func (*h264Syntax) begins(unit []byte) (first, slice bool) {
	switch typ := h264.NALUType(unit[0] & 0x1f); typ {
	case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeIDR:
		return len(unit) > 1 && unit[1]&0x80 != 0, true // first_mb_in_slice is 0.
	case h264.NALUTypeSEI, h264.NALUTypeSPS, h264.NALUTypePPS, h264.NALUTypeAccessUnitDelimiter:
		return true, false
	default:
		return typ >= 14 && typ <= 18, false
	}
}

// field implements syntax: the second field has the number of the first, the other parity, and is no IDR picture (H.264 §3.30).
func (s *h264Syntax) field(units [][]byte) (is, second bool) {
	for _, unit := range units {
		switch typ := h264.NALUType(unit[0] & 0x1f); typ {
		case h264.NALUTypeSPS:
			s.learn(unit)
		case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeIDR:
			if !s.fields {
				return false, false
			}
			now, ok := s.slice(unit)
			if !ok {
				s.before.open = false
				return false, false
			}
			if s.before.open && s.before.number == now.number && s.before.bottom != now.bottom && typ != h264.NALUTypeIDR {
				s.before.open = false
				return true, true
			}
			s.before = now
			return true, false
		default:
		}
	}
	return false, false
}

func (s *h264Syntax) learn(sps []byte) {
	if bytes.Equal(sps, s.sps) || len(sps) > 4096 {
		return
	}
	var parsed h264.SPS
	if parsed.Unmarshal(sps) != nil {
		return
	}
	s.sps, s.parsed = bytes.Clone(sps), parsed
	s.fields = !parsed.FrameMbsOnlyFlag
}

// maxSliceHeader is how many bytes hold what is read of a slice header.
const maxSliceHeader = 32

// slice reads a slice header (H.264 §7.3.3) as far as field or frame; it is false for a frame.
func (s *h264Syntax) slice(unit []byte) (f h264Field, field bool) {
	b := h264.EmulationPreventionRemove(unit[1:min(len(unit), maxSliceHeader)])
	pos := 0
	for range 3 { // first_mb_in_slice, slice_type, pic_parameter_set_id
		if _, err := bits.ReadGolombUnsigned(b, &pos); err != nil {
			return f, false
		}
	}
	n := int(s.parsed.Log2MaxFrameNumMinus4) + 4
	if s.parsed.SeparateColourPlaneFlag {
		n += 2 // colour_plane_id
	}
	number, err := bits.ReadBits(b, &pos, n)
	if err != nil {
		return f, false
	}
	field, err = bits.ReadFlag(b, &pos)
	if err != nil || !field {
		return f, false
	}
	bottom, err := bits.ReadFlag(b, &pos)
	return h264Field{open: true, bottom: bottom, number: number}, err == nil
}
