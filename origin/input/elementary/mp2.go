package elementary

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg1audio"

	"podium.tv/podium/packager/media"
)

// MP2 is a track of MPEG-1 and MPEG-2 audio of layers II and III. What they are is told by their frames only. The zero value
// is ready.
type MP2 struct {
	coded *media.MP2
}

var _ Audio = (*MP2)(nil)

// Codec implements Essence.
func (e *MP2) Codec() media.Codec {
	if e.coded == nil {
		return nil
	}
	return e.coded
}

// Timescale implements Essence.
func (e *MP2) Timescale() int {
	if e.coded == nil {
		return 0
	}
	return e.coded.SampleRate
}

// Frame implements Audio.
func (e *MP2) Frame(frame []byte, pts int64) (media.Sample, int64, error) {
	var head mpeg1audio.FrameHeader
	if err := head.Unmarshal(frame); err != nil {
		return media.Sample{}, 0, fmt.Errorf("mpeg audio frame: %w", err)
	}
	if head.Layer < 2 {
		return media.Sample{}, 0, fmt.Errorf("mpeg audio of layer %d: layer 2 or 3 expected", head.Layer)
	}
	coded := media.MP2{SampleRate: head.SampleRate, Channels: 2}
	if head.ChannelMode == mpeg1audio.ChannelModeMono {
		coded.Channels = 1
	}
	if e.coded == nil || *e.coded != coded {
		e.coded = &coded
	}
	return sound(frame, pts), int64(head.SampleCount()), nil
}
