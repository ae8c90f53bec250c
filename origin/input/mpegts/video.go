package mpegts

import (
	"bytes"
	"fmt"

	"podium.tv/podium/origin/input/elementary"
)

// syntax knows where pictures begin.
type syntax interface {
	// begins says whether a NAL unit is the first of an access unit, if a slice of another one came before it; slice, whether it
	// is itself one.
	begins(unit []byte) (first, slice bool)
	// field says whether an access unit is one field of a frame, and second, whether it completes the one before it.
	field(units [][]byte) (is, second bool)
	lost()
}

// video makes samples of pictures.
type video struct {
	track   *stream
	essence elementary.Video
	syntax  syntax

	known    bool  // dts and delay are of the picture before
	dts      int64 // in 90 kHz, as all here
	delay    int64 // from decoding to presentation
	step     int64 // from one picture to the next
	half     [][]byte
	halfTime [2]int64 // PTS and DTS of half
}

// defaultStep is that of 25 pictures a second.
const defaultStep = 3600

func (v *video) lost() {
	v.half, v.known = nil, false
	v.syntax.lost()
	v.essence.Lost()
}

// continues implements essence: a PES packet without a time stamp that does not begin a picture.
func (v *video) continues(b []byte) (payload []byte, ok bool) {
	if len(b) < pesHeader || !bytes.HasPrefix(b, startCode) || !hasHeader(b[3]) || b[6]&0xc0 != 0x80 || b[7]&0x80 != 0 {
		return nil, false
	}
	end := pesHeader + int(b[8])
	if end >= len(b) {
		return nil, false
	}
	payload = b[end:]
	head := bytes.TrimLeft(payload, "\x00")
	zeros := len(payload) - len(head)
	if zeros < 2 || len(head) < 4 || head[0] != 1 {
		return payload, true
	}
	first, _ := v.syntax.begins(head[1:])
	return payload, !first
}

func (v *video) read(d *Demuxer, p *pes) {
	units := nalUnits(bytes.Clone(p.payload))
	if len(units) == 0 {
		d.broken(fmt.Errorf("%s PES packet without a NAL unit", v.track.Name))
		return
	}
	for first := true; len(units) > 0; first = false {
		n := v.pictureLength(units)
		picture := units[:n:n]
		units = units[n:]
		pts, dts, ok := v.times(d, p, first)
		if !ok {
			continue
		}
		v.picture(d, picture, pts, dts)
	}
}

// pictureLength is how many units make up the first access unit. One PES packet may hold several.
func (v *video) pictureLength(units [][]byte) int {
	sliced := false
	for i, unit := range units {
		first, slice := v.syntax.begins(unit)
		if sliced && first {
			return i
		}
		sliced = sliced || slice
	}
	return len(units)
}

// times gives the times of an access unit: those of the PES packet are of the first that begins in it (ISO 13818-1 §2.4.3.7).
func (v *video) times(d *Demuxer, p *pes, first bool) (pts, dts int64, ok bool) {
	if !first || !p.stamped {
		if !v.known {
			return 0, 0, false
		}
		v.dts += v.every()
		return v.dts + v.delay, v.dts, true
	}
	dts = d.clock.time(p.dts)
	if step := dts - v.dts; v.known && step > 0 && step <= 90000 {
		v.step = step
	}
	v.known, v.dts, v.delay = true, dts, nearest(int64(p.pts-p.dts))
	return dts + v.delay, dts, true
}

func (v *video) every() int64 {
	if v.step > 0 {
		return v.step
	}
	return defaultStep
}

// picture takes an access unit. Two fields of one frame are one sample (ISO 14496-15 §5.2.1), and have the times of the first.
func (v *video) picture(d *Demuxer, units [][]byte, pts, dts int64) {
	is, second := v.syntax.field(units)
	if half := v.half; half != nil {
		v.half = nil
		if second {
			v.sample(d, append(half, units...), v.halfTime[0], v.halfTime[1])
			return
		}
		v.sample(d, half, v.halfTime[0], v.halfTime[1])
	}
	if is {
		v.half, v.halfTime = units, [2]int64{pts, dts}
		return
	}
	v.sample(d, units, pts, dts)
}

func (v *video) sample(d *Demuxer, units [][]byte, pts, dts int64) {
	s, ok, err := v.essence.SampleAt(units, pts, dts)
	if err != nil {
		d.broken(err)
		return
	}
	if ok {
		d.deliver(v.track, s)
	}
}
