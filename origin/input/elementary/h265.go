package elementary

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"podium.tv/podium/packager/media"
)

// H265 is a track of H.265. Make it by NewH265.
type H265 struct {
	pictures[*h265.DTSExtractor]

	vps, sps  parameterSet
	described *media.H265
}

// NewH265 makes the essence of a track whose parameter sets come in the stream, or by Offer.
func NewH265() *H265 {
	e := &H265{pictures: pictures[*h265.DTSExtractor]{name: "h265"}}
	e.order.fresh = func() *h265.DTSExtractor {
		x := &h265.DTSExtractor{}
		x.Initialize()
		return x
	}
	return e
}

// Offer implements Video.
func (e *H265) Offer(sets ...[]byte) {
	for _, set := range sets {
		e.take(set)
	}
	e.advance()
}

var _ Video = (*H265)(nil)

// Codec implements Essence.
func (e *H265) Codec() media.Codec {
	if e.described == nil {
		return nil
	}
	return e.described
}

func h265Type(unit []byte) h265.NALUType { return h265.NALUType((unit[0] >> 1) & 0x3F) }

// take looks at a parameter set; it says whether the unit has to stay in the sample.
func (e *H265) take(unit []byte) (keep bool) {
	if len(unit) < 3 || len(unit) > maxParameterSet {
		return false
	}
	switch h265Type(unit) {
	case h265.NALUType_VPS_NUT:
		e.vps.offer(unit)
		return false
	case h265.NALUType_SPS_NUT:
		if e.sps.offer(unit) {
			return false
		}
		var parsed h265.SPS
		if parsed.Unmarshal(unit) != nil {
			e.sps.next = nil
		}
		return false
	default: // A picture parameter set.
	}
	if !e.takePPS(unit, 2) {
		return false
	}
	var parsed h265.PPS
	if e.pps.next != nil && parsed.Unmarshal(e.pps.next) != nil {
		e.pps.next = nil
		return false
	}
	return true
}

func (e *H265) advance() {
	if e.vps.latest() == nil || e.sps.latest() == nil || e.pps.latest() == nil {
		return
	}
	if e.described != nil && e.vps.next == nil && e.sps.next == nil && e.pps.next == nil {
		return
	}
	e.vps.advance()
	e.sps.advance()
	e.pps.advance()
	e.described = &media.H265{VPS: e.vps.current, SPS: e.sps.current, PPS: e.pps.current}
}

// Sample implements Video.
func (e *H265) Sample(units [][]byte, pts int64) (media.Sample, bool, error) {
	return e.sample(units, stamp{pts: pts})
}

// SampleAt implements Video.
func (e *H265) SampleAt(units [][]byte, pts, dts int64) (media.Sample, bool, error) {
	return e.sample(units, stamp{pts: pts, dts: dts, given: true})
}

func (e *H265) sample(all [][]byte, at stamp) (media.Sample, bool, error) {
	units := all[:0]
	picture, sync, skipped := false, false, false
	for _, unit := range all {
		if len(unit) < 2 {
			continue
		}
		typ := h265Type(unit)
		switch {
		case typ == h265.NALUType_VPS_NUT || typ == h265.NALUType_SPS_NUT || typ == h265.NALUType_PPS_NUT:
			if e.take(unit) {
				units = append(units, unit)
			}
			continue
		case typ == h265.NALUType_AUD_NUT || typ == h265.NALUType_FD_NUT ||
			typ == h265.NALUType_EOS_NUT || typ == h265.NALUType_EOB_NUT:
			continue
		case typ == h265.NALUType_IDR_W_RADL || typ == h265.NALUType_IDR_N_LP || typ == h265.NALUType_CRA_NUT:
			picture, sync = true, true
		case typ == h265.NALUType_RASL_N || typ == h265.NALUType_RASL_R:
			picture, skipped = true, true
		case typ < h265.NALUType_VPS_NUT:
			picture = true
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
	if skipped && e.isLeading(at.given) {
		// It refers to pictures before the one we started from (H.265 §8.1.3, NoRaslOutputFlag).
		return media.Sample{}, false, nil
	}
	if sync {
		units = e.withoutPPS(units, e.described.PPS)
	}
	return e.finish(units, at, sync, e.described.SPS, e.described.PPS)
}
