package rtsp

import (
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"podium.tv/podium/packager/media"
)

// h264Essence reads RFC 6184.
type h264Essence struct {
	pictures[*h264.DTSExtractor]

	sps       parameterSet
	described *media.H264
}

func newH264(f *format.H264) (*h264Essence, error) {
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil, err
	}
	e := &h264Essence{pictures: pictures[*h264.DTSExtractor]{
		name: "h264", decode: decoder.Decode, inOrder: f.PTSEqualsDTS,
		more: rtph264.ErrMorePacketsNeeded, middle: rtph264.ErrNonStartingPacketAndNoPrevious,
	}}
	e.order.fresh = func() *h264.DTSExtractor {
		x := &h264.DTSExtractor{}
		x.Initialize()
		return x
	}
	sps, pps := f.SafeParams()
	e.take(sps)
	e.take(pps)
	e.advance()
	return e, nil
}

func (e *h264Essence) codec() media.Codec {
	if e.described == nil {
		return nil
	}
	return e.described
}

// take looks at a parameter set; it says whether the unit has to stay in the sample.
func (e *h264Essence) take(unit []byte) (keep bool) {
	if len(unit) < 2 || len(unit) > maxParameterSet {
		return false
	}
	if h264.NALUType(unit[0]&0x1F) != h264.NALUTypeSPS {
		return e.takePPS(unit, 1)
	}
	if e.sps.offer(unit) {
		return false
	}
	var parsed h264.SPS
	if parsed.Unmarshal(unit) != nil {
		e.sps.next = nil
	}
	return false
}

// advance makes parameter sets that came in band those of the track.
func (e *h264Essence) advance() {
	if e.sps.latest() == nil || e.pps.latest() == nil {
		return
	}
	if e.described != nil && e.sps.next == nil && e.pps.next == nil {
		return
	}
	e.sps.advance()
	e.pps.advance()
	e.described = &media.H264{SPS: e.sps.current, PPS: e.pps.current}
}

func (e *h264Essence) sample(f frame, pts int64) (media.Sample, bool, error) {
	units := f.units[:0]
	picture, sync := false, false
	for _, unit := range f.units {
		if len(unit) == 0 {
			continue
		}
		switch typ := h264.NALUType(unit[0] & 0x1F); typ {
		case h264.NALUTypeSPS, h264.NALUTypePPS:
			if e.take(unit) {
				units = append(units, unit)
			}
			continue
		case h264.NALUTypeAccessUnitDelimiter, h264.NALUTypeFillerData,
			h264.NALUTypeEndOfSequence, h264.NALUTypeEndOfStream:
			continue
		case h264.NALUTypeIDR:
			picture, sync = true, true
		case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA:
			picture = true
		default: // SEI messages, and slices beside the primary ones.
		}
		units = append(units, unit)
	}
	if !picture {
		return media.Sample{}, false, nil
	}
	if sync {
		e.advance()
	}
	if e.described == nil {
		return media.Sample{}, false, nil
	}
	if sync {
		units = e.withoutPPS(units, e.described.PPS)
	}
	return e.finish(units, pts, sync, e.described.SPS, e.described.PPS)
}
