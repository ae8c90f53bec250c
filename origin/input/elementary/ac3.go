package elementary

import "podium.tv/podium/packager/media"

// AC3 is a track of AC-3, which its frames alone tell all of. The zero value is ready.
type AC3 struct {
	coded *media.AC3
}

var _ Audio = (*AC3)(nil)

// Codec implements Essence.
func (e *AC3) Codec() media.Codec {
	if e.coded == nil {
		return nil
	}
	return e.coded
}

// Timescale implements Essence.
func (e *AC3) Timescale() int {
	if e.coded == nil {
		return 0
	}
	return e.coded.SampleRate()
}

// Frame implements Audio.
func (e *AC3) Frame(frame []byte, pts int64) (media.Sample, int64, error) {
	coded, err := media.ReadAC3(frame)
	if err != nil {
		return media.Sample{}, 0, err
	}
	if e.coded == nil || !e.coded.Fits(coded) {
		e.coded = coded
	}
	return sound(frame, pts), media.AC3Samples, nil
}
