package rtsp

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pion/rtp"

	"podium.tv/podium/packager/media"
)

const videoClock = 90000

// pictures is what reading H.264 and H.265 have in common: access units of NAL units, whose decoding times have to be found
// and whose parameter sets are kept apart from them.
type pictures[E extractor] struct {
	name string
	// decode is the depacketizer's; more and middle are the errors by which it says that the access unit goes on, and
	// that we came in the middle of one.
	decode       func(*rtp.Packet) ([][]byte, error)
	more, middle error
	inOrder      func(*rtp.Packet) bool // gortsplib's PTSEqualsDTS

	at    accessUnitTime
	order decodeOrder[E]
	pps   parameterSet
}

func (*pictures[E]) timescale() int                { return videoClock }
func (*pictures[E]) clockRate() int                { return videoClock }
func (p *pictures[E]) starts(pkt *rtp.Packet) bool { return p.inOrder(pkt) }
func (p *pictures[E]) waiting() bool               { return p.order.waiting() }

func (p *pictures[E]) lost() {
	p.at.reset()
	p.order.lost()
}

func (p *pictures[E]) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	units, err := p.decode(pkt)
	switch {
	case errors.Is(err, p.more):
		p.at.incomplete(pkt)
		return dst, errMore
	case errors.Is(err, p.middle):
		return dst, errMore
	case err != nil:
		p.lost()
		return dst, err
	}
	return append(dst, frame{stamp: p.at.complete(pkt), units: units}), nil
}

// takePPS looks at a picture parameter set with a NAL unit header of some bytes; it says whether the unit has to stay in
// the sample.
func (p *pictures[E]) takePPS(unit []byte, header int) (keep bool) {
	id, ok := pictureParameterSetID(unit, header)
	if !ok {
		return false
	}
	if current := p.pps.latest(); current != nil {
		if ours, _ := pictureParameterSetID(current, header); ours != id {
			return true
		}
	}
	// A change between random access points: the pictures until the next one need it.
	return !p.pps.offer(unit)
}

// withoutPPS takes the picture parameter set out that became the track's own with this access unit.
func (*pictures[E]) withoutPPS(units [][]byte, pps []byte) [][]byte {
	kept := units[:0]
	for _, unit := range units {
		if !bytes.Equal(unit, pps) {
			kept = append(kept, unit)
		}
	}
	return kept
}

// finish makes the sample of an access unit; sets are the track's parameter sets that the decoding order is found by.
func (p *pictures[E]) finish(units [][]byte, pts int64, sync bool, sets ...[]byte) (media.Sample, bool, error) {
	var parameters [][]byte
	if sync {
		parameters = sets
	}
	dts, ok, err := p.order.dts(units, parameters, pts, sync)
	if err != nil {
		return media.Sample{}, false, fmt.Errorf("%s access unit at %d: %w", p.name, pts, err)
	}
	return media.Sample{PTS: pts, DTS: dts, Sync: sync, Units: units}, ok, nil
}
