package elementary

import (
	"bytes"
	"fmt"

	"podium.tv/podium/packager/media"
)

// VideoTimescale is that of all video.
const VideoTimescale = 90000

// pictures is what H.264 and H.265 have in common: access units whose decoding times have to be found
// and whose parameter sets are kept apart from them.
type pictures[E extractor] struct {
	name  string
	order decodeOrder[E]
	pps   parameterSet
	// given says that the wire tells decoding times; begun, that a random access point came, and leading, that no other has
	// come since.
	given, begun, leading bool
}

// Timescale implements Essence.
func (*pictures[E]) Timescale() int { return VideoTimescale }

// Waiting implements Video.
func (p *pictures[E]) Waiting() bool {
	if p.given {
		return !p.begun
	}
	return p.order.waiting()
}

// Lost implements Video.
func (p *pictures[E]) Lost() { p.order.lost() }

// isLeading says that the pictures before the one we started from may be referred to.
func (p *pictures[E]) isLeading(given bool) bool {
	if given {
		return p.leading
	}
	return p.order.leading
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

// stamp is an access unit's times.
type stamp struct {
	pts, dts int64
	given    bool // dts is what the wire told
}

// finish makes the sample of an access unit; sets are the track's parameter sets that the decoding order is found by.
func (p *pictures[E]) finish(units [][]byte, at stamp, sync bool, sets ...[]byte) (media.Sample, bool, error) {
	if at.given {
		p.given = true
		p.leading = sync && !p.begun || p.leading && !sync
		p.begun = p.begun || sync
		return media.Sample{PTS: at.pts, DTS: at.dts, Sync: sync, Units: units}, p.begun, nil
	}
	var parameters [][]byte
	if sync {
		parameters = sets
	}
	dts, ok, err := p.order.dts(units, parameters, at.pts, sync)
	if err != nil {
		return media.Sample{}, false, fmt.Errorf("%s access unit at %d: %w", p.name, at.pts, err)
	}
	return media.Sample{PTS: at.pts, DTS: dts, Sync: sync, Units: units}, ok, nil
}
