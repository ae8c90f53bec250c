package rtsp

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"

	"podium.tv/podium/packager/media"
)

const videoClock = 90000

// h264Essence reads RFC 6184.
type h264Essence struct {
	format  *format.H264
	decoder *rtph264.Decoder
	at      accessUnitTime
	order   decodeOrder[*h264.DTSExtractor]

	sps, pps  parameterSet
	described *media.H264
}

func newH264(f *format.H264) (*h264Essence, error) {
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil, err
	}
	e := &h264Essence{format: f, decoder: decoder}
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

func (e *h264Essence) timescale() int              { return videoClock }
func (e *h264Essence) clockRate() int              { return videoClock }
func (e *h264Essence) starts(pkt *rtp.Packet) bool { return e.format.PTSEqualsDTS(pkt) }

func (e *h264Essence) waiting() bool { return e.order.waiting() }

func (e *h264Essence) lost() {
	e.at.reset()
	e.order.lost()
}

func (e *h264Essence) codec() media.Codec {
	if e.described == nil {
		return nil
	}
	return e.described
}

func (e *h264Essence) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	units, err := e.decoder.Decode(pkt)
	switch {
	case errors.Is(err, rtph264.ErrMorePacketsNeeded):
		e.at.incomplete(pkt)
		return dst, errMore
	case errors.Is(err, rtph264.ErrNonStartingPacketAndNoPrevious):
		return dst, errMore // We came in the middle of a picture.
	case err != nil:
		e.lost()
		return dst, err
	}
	return append(dst, frame{stamp: e.at.complete(pkt), units: units}), nil
}

// take looks at a parameter set; it says whether the unit has to stay in the sample.
func (e *h264Essence) take(unit []byte) (keep bool) {
	if len(unit) < 2 || len(unit) > maxParameterSet {
		return false
	}
	if h264.NALUType(unit[0]&0x1F) == h264.NALUTypeSPS {
		if e.sps.offer(unit) {
			return false
		}
		var parsed h264.SPS
		if parsed.Unmarshal(unit) != nil {
			e.sps.next = nil
		}
		return false
	}
	id, ok := pictureParameterSetID(unit, 1)
	if !ok {
		return false
	}
	if current := e.pps.latest(); current != nil {
		if ours, _ := pictureParameterSetID(current, 1); ours != id {
			return true
		}
	}
	// A change between random access points: the pictures until the next one need it.
	return !e.pps.offer(unit)
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
		units = e.dropCurrent(units)
	}
	if e.described == nil {
		return media.Sample{}, false, nil
	}
	var parameters [][]byte
	if sync {
		parameters = [][]byte{e.described.SPS, e.described.PPS}
	}
	dts, ok, err := e.order.dts(units, parameters, pts, sync)
	if err != nil {
		return media.Sample{}, false, fmt.Errorf("h264 access unit at %d: %w", pts, err)
	}
	return media.Sample{PTS: pts, DTS: dts, Sync: sync, Units: units}, ok, nil
}

// dropCurrent takes out a parameter set that became the track's own with this access unit.
func (e *h264Essence) dropCurrent(units [][]byte) [][]byte {
	kept := units[:0]
	for _, unit := range units {
		if e.described != nil && h264.NALUType(unit[0]&0x1F) == h264.NALUTypePPS && bytes.Equal(unit, e.described.PPS) {
			continue
		}
		kept = append(kept, unit)
	}
	return kept
}
