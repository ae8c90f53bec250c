package mpegts

import (
	"fmt"

	"podium.tv/podium/origin/input/elementary"
)

// coding knows the frames of one kind of sound.
type coding interface {
	elementary.Audio
	// size reads the length of the unit that b begins with: 0 if more bytes are needed to tell. It is false if none begins there.
	size(b []byte) (n int, ok bool)
	// frames appends the frames of a unit.
	frames(dst [][]byte, unit []byte) ([][]byte, error)
}

// audio makes samples of frames, which do not need to begin where PES packets do.
type audio struct {
	track  *stream
	coding coding

	rest   []byte // of a unit that is not whole yet
	synced bool
	found  [][]byte

	known bool  // next is known
	next  int64 // when the next frame begins, in scale
	scale int
	stamp stamp // of the first frame that begins from here on
	dated bool  // there is a stamp
}

// tolerance is how far time stamps may be from counted samples, as a part of a second: they are rounded to ticks, some to
// milliseconds. Counted times keep players from hearing that.
const tolerance = 333

func (a *audio) lost() { a.rest, a.synced, a.known, a.dated = a.rest[:0], false, false, false }

// continues implements essence.
func (*audio) continues([]byte) ([]byte, bool) { return nil, false }

func (a *audio) read(d *Demuxer, p *pes) {
	carried := len(a.rest)
	b := make([]byte, 0, carried+len(p.payload))
	b = append(append(b, a.rest...), p.payload...)
	at, dated := 0, false
	for at < len(b) {
		if at >= carried && p.stamped && !dated {
			dated, a.stamp, a.dated = true, p.pts, true
		}
		n, ok := a.unit(b[at:])
		if !ok {
			if a.synced {
				d.broken(fmt.Errorf("%s frame expected, something else found", a.track.Name))
			}
			a.synced = false
			at++
			continue
		}
		if n == 0 {
			break
		}
		a.synced = true
		a.take(d, b[at:at+n:at+n])
		at += n
	}
	a.rest = append(a.rest[:0], b[at:]...)
}

// unit finds the length of the unit at the beginning of b, 0 if it is not whole. Out of step, another unit has to follow it.
func (a *audio) unit(b []byte) (n int, ok bool) {
	n, ok = a.coding.size(b)
	if !ok || n == 0 || n > len(b) {
		return 0, ok
	}
	if !a.synced && n < len(b) {
		if _, ok := a.coding.size(b[n:]); !ok {
			return 0, false
		}
	}
	return n, true
}

func (a *audio) take(d *Demuxer, unit []byte) {
	frames, err := a.coding.frames(a.found[:0], unit)
	a.found = frames[:0]
	if err != nil {
		d.broken(err)
	}
	for _, frame := range frames {
		a.frame(d, frame)
	}
	clear(frames)
}

// frame delivers a frame.
func (a *audio) frame(d *Demuxer, frame []byte) {
	s, lasts, err := a.coding.Frame(frame, 0)
	if err != nil {
		d.broken(err)
		return
	}
	scale := a.coding.Timescale()
	if scale <= 0 {
		return
	}
	if scale != a.scale {
		a.scale, a.known = scale, false
	}
	if a.dated {
		a.dated = false
		t := rescale(d.clock.time(a.stamp), scale)
		if off := t - a.next; !a.known || off > int64(scale/tolerance) || off < -int64(scale/tolerance) {
			a.next, a.known = t, true
		}
	}
	if !a.known {
		return
	}
	s.PTS, s.DTS = a.next, a.next
	a.next += lasts
	d.deliver(a.track, s)
}

// rescale converts 90 kHz.
func rescale(t int64, scale int) int64 {
	const from = 90000
	whole, part := t/from, t%from
	return whole*int64(scale) + (part*int64(scale)+sign(part)*from/2)/from
}

func sign(v int64) int64 {
	if v < 0 {
		return -1
	}
	return 1
}
