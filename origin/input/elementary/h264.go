package elementary

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"podium.tv/podium/packager/media"
)

// H264 is a track of H.264. Make it by NewH264.
type H264 struct {
	pictures[*h264.DTSExtractor]

	sps       parameterSet
	described *media.H264
	open      openGOP
}

// NewH264 makes the essence of a track whose parameter sets come in the stream, or by Offer.
func NewH264() *H264 {
	e := &H264{pictures: pictures[*h264.DTSExtractor]{name: "h264"}}
	e.order.fresh = func() *h264.DTSExtractor {
		x := &h264.DTSExtractor{}
		x.Initialize()
		return x
	}
	return e
}

// Offer implements Video.
func (e *H264) Offer(sets ...[]byte) {
	for _, set := range sets {
		e.take(set)
	}
	e.advance()
}

var _ Video = (*H264)(nil)

// Codec implements Essence.
func (e *H264) Codec() media.Codec {
	if e.described == nil {
		return nil
	}
	return e.described
}

// take looks at a parameter set; it says whether the unit has to stay in the sample.
func (e *H264) take(unit []byte) (keep bool) {
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
func (e *H264) advance() {
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

// Sample implements Video.
func (e *H264) Sample(units [][]byte, pts int64) (media.Sample, bool, error) {
	return e.sample(units, stamp{pts: pts})
}

// SampleAt implements Video.
func (e *H264) SampleAt(units [][]byte, pts, dts int64) (media.Sample, bool, error) {
	return e.sample(units, stamp{pts: pts, dts: dts, given: true})
}

func (e *H264) sample(all [][]byte, at stamp) (media.Sample, bool, error) {
	units := all[:0]
	picture, sync := false, false
	for _, unit := range all {
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
	switch {
	case sync:
		e.open = openGOP{known: true, idr: at.dts}
	case at.given && e.open.recovers(units, at.dts):
		sync = true
		e.open.began, e.open.from = e.open.began || !e.begun, at.pts
	case e.open.began && e.leading && at.pts < e.open.from:
		return media.Sample{}, false, nil // It refers to what came before the recovery point.
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
	return e.finish(units, at, sync, e.described.SPS, e.described.PPS)
}
