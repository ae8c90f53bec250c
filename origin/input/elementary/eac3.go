package elementary

import (
	"bytes"

	"podium.tv/podium/packager/media"
)

// EAC3 is a track of E-AC-3, which its access units alone tell all of. The zero value is ready.
type EAC3 struct {
	coded *media.EAC3
}

var _ Audio = (*EAC3)(nil)

// Codec implements Essence.
func (e *EAC3) Codec() media.Codec {
	if e.coded == nil {
		return nil
	}
	return e.coded
}

// Timescale implements Essence.
func (e *EAC3) Timescale() int {
	if e.coded == nil {
		return 0
	}
	return e.coded.SampleRate()
}

// eac3Rate is how long the beginning of the config is, which tells the bit rate (ETSI TS 102 366 §F.6): it may change without
// the sound being another.
const eac3Rate = 2

// Frame implements Audio. A frame is an access unit.
func (e *EAC3) Frame(frame []byte, pts int64) (media.Sample, int64, error) {
	coded, samples, err := media.ReadEAC3(frame, 0)
	if err != nil {
		return media.Sample{}, 0, err
	}
	if e.coded == nil || !bytes.Equal(e.coded.Config[eac3Rate:], coded.Config[eac3Rate:]) {
		rate := len(frame) * 8 * coded.SampleRate() / max(samples, 1) / 1000
		if e.coded, _, err = media.ReadEAC3(frame, rate); err != nil {
			return media.Sample{}, 0, err
		}
	}
	return sound(frame, pts), int64(samples), nil
}
