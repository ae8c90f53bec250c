package rtsp

import (
	"errors"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmpeg1audio"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// mp2Clock is the rate of RTP times of MPEG audio (RFC 2250 §3.1).
const mp2Clock = 90000

// mp2Essence reads RFC 2250: MPEG-1 and MPEG-2 audio of layers II and III. What they are is told by their frames only.
type mp2Essence struct {
	elementary.MP2
	decoder rtpmpeg1audio.Decoder
}

func newMP2() (*mp2Essence, error) {
	e := &mp2Essence{}
	if err := e.decoder.Init(); err != nil {
		return nil, err
	}
	return e, nil
}

func (*mp2Essence) clockRate() int          { return mp2Clock }
func (*mp2Essence) starts(*rtp.Packet) bool { return true }
func (*mp2Essence) Lost()                   {}

func (e *mp2Essence) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	frames, err := e.decoder.Decode(pkt)
	if errors.Is(err, rtpmpeg1audio.ErrMorePacketsNeeded) || errors.Is(err, rtpmpeg1audio.ErrNonStartingPacketAndNoPrevious) {
		return dst, errMore
	}
	if err != nil {
		return dst, err
	}
	var offset int64
	for _, f := range frames {
		_, lasts, err := e.Frame(f, 0)
		if err != nil {
			return dst, err
		}
		dst = append(dst, frame{stamp: pkt.Timestamp, offset: offset, units: [][]byte{f}})
		offset += lasts
	}
	return dst, nil
}

func (*mp2Essence) sample(f frame, pts int64) (media.Sample, bool, error) {
	return audioSample(f, pts)
}
