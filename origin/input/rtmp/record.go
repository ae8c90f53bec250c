package rtmp

import (
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// record is a decoder configuration record of pictures.
type record struct {
	sets   [][]byte // parameter sets, as NAL units, in their order
	length int      // of the length in front of each NAL unit of the stream
}

// defaultLength is that of a stream without a record: all encoders write four.
const defaultLength = 4

// maxSets bounds the parameter sets of a record; encoders write one of a kind.
const maxSets = 64

// readAVC reads an AVCDecoderConfigurationRecord (ISO 14496-15 §5.3.3.1).
func readAVC(b []byte) (record, error) {
	const head = 6
	if len(b) < head {
		return record{}, fmt.Errorf("h264 configuration of %d bytes: at least %d expected", len(b), head)
	}
	r := record{length: int(b[4]&3) + 1}
	b, err := r.take(b[head:], int(b[5]&0x1F))
	if err != nil {
		return record{}, fmt.Errorf("h264 configuration: %w", err)
	}
	if len(b) == 0 {
		return record{}, fmt.Errorf("h264 configuration: %w", errShort)
	}
	if _, err = r.take(b[1:], int(b[0])); err != nil { // What extends it is in the sequence parameter set too.
		return record{}, fmt.Errorf("h264 configuration: %w", err)
	}
	return r, nil
}

// readHEVC reads an HEVCDecoderConfigurationRecord (ISO 14496-15 §8.3.3.1).
func readHEVC(b []byte) (record, error) {
	const head = 23
	if len(b) < head {
		return record{}, fmt.Errorf("h265 configuration of %d bytes: at least %d expected", len(b), head)
	}
	r := record{length: int(b[21]&3) + 1}
	arrays := int(b[22])
	b = b[head:]
	for range arrays {
		if len(b) < 3 {
			return record{}, fmt.Errorf("h265 configuration: %w", errShort)
		}
		var err error
		if b, err = r.take(b[3:], int(binary.BigEndian.Uint16(b[1:]))); err != nil {
			return record{}, fmt.Errorf("h265 configuration: %w", err)
		}
	}
	return r, nil
}

// take reads some NAL units with a length of two bytes each, and gives what follows.
func (r *record) take(b []byte, n int) ([]byte, error) {
	if len(r.sets)+n > maxSets {
		return nil, fmt.Errorf("%d parameter sets: at most %d expected", len(r.sets)+n, maxSets)
	}
	for range n {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return nil, errShort
		}
		size := int(binary.BigEndian.Uint16(b))
		if size > 0 {
			r.sets = append(r.sets, b[2:2+size:2+size])
		}
		b = b[2+size:]
	}
	return b, nil
}

// extra are picture parameter sets besides the first: they are not in the description of a track, and have to stand in the
// stream, before every random access point.
func (r *record) extra(isPicture func(unit []byte) bool) [][]byte {
	var sets [][]byte
	seen := false
	for _, set := range r.sets {
		if !isPicture(set) {
			continue
		}
		if seen {
			sets = append(sets, set)
		}
		seen = true
	}
	return sets
}

// first are the parameter sets without the extra ones.
func (r *record) first(isPicture func(unit []byte) bool) [][]byte {
	var sets [][]byte
	seen := false
	for _, set := range r.sets {
		picture := isPicture(set)
		if !picture || !seen {
			sets = append(sets, set)
		}
		seen = seen || picture
	}
	return sets
}

func isPPS264(unit []byte) bool { return h264.NALUType(unit[0]&0x1F) == h264.NALUTypePPS }
func isPPS265(unit []byte) bool { return h265.NALUType(unit[0]>>1&0x3F) == h265.NALUType_PPS_NUT }

func isIDR264(unit []byte) bool { return h264.NALUType(unit[0]&0x1F) == h264.NALUTypeIDR }

func isIDR265(unit []byte) bool {
	t := h265.NALUType(unit[0] >> 1 & 0x3F)
	return t >= h265.NALUType_BLA_W_LP && t <= h265.NALUType_CRA_NUT
}

// maxUnits bounds the NAL units of an access unit: 600 slices (H.264 table A-1) with what goes with them.
const maxUnits = 1024

// splitUnits takes an access unit apart, whose NAL units have a length in front of them. Empty ones are left out.
func splitUnits(b []byte, length int) ([][]byte, error) {
	var units [][]byte
	for len(b) > 0 {
		if len(b) < length {
			return nil, fmt.Errorf("access unit: %w", errShort)
		}
		size := 0
		for _, v := range b[:length] {
			size = size<<8 | int(v)
		}
		b = b[length:]
		if size > len(b) {
			return nil, fmt.Errorf("nal unit of %d bytes in an access unit of which %d are left", size, len(b))
		}
		if size > 0 {
			if len(units) == maxUnits {
				return nil, fmt.Errorf("access unit of more than %d nal units", maxUnits)
			}
			units = append(units, b[:size:size])
		}
		b = b[size:]
	}
	return units, nil
}
