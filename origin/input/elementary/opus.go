package elementary

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"

	"podium.tv/podium/packager/media"
)

// opusClock is the rate of Opus' times whatever it codes (RFC 7587 §4.1).
const opusClock = 48000

// Opus is a track of Opus packets.
type Opus struct {
	// Channels defaults to two.
	Channels int

	coded *media.Opus
}

var _ Audio = (*Opus)(nil)

// Codec implements Essence.
func (e *Opus) Codec() media.Codec {
	if e.coded == nil {
		e.coded = &media.Opus{Channels: 2}
		if e.Channels > 0 {
			e.coded.Channels = e.Channels
		}
	}
	return e.coded
}

// Timescale implements Essence.
func (*Opus) Timescale() int { return opusClock }

// Frame implements Audio.
func (*Opus) Frame(frame []byte, pts int64) (media.Sample, int64, error) {
	if len(frame) == 0 {
		return media.Sample{}, 0, errEmpty
	}
	lasts := opus.PacketDuration2(frame)
	if lasts <= 0 || lasts > opusClock*120/1000 {
		return media.Sample{}, 0, fmt.Errorf("opus packet of %d samples: at most 120 ms expected (RFC 6716 §3.2)", lasts)
	}
	return sound(frame, pts), lasts, nil
}
