package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmpeg1audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg1audio"
	"github.com/pion/rtp"

	"podium.tv/podium/packager/media"
)

// mp2Clock is the rate of RTP times of MPEG audio (RFC 2250 §3.1).
const mp2Clock = 90000

// mp2Essence reads RFC 2250: MPEG-1 and MPEG-2 audio of layers II and III. What they are is told by their frames only.
type mp2Essence struct {
	decoder rtpmpeg1audio.Decoder
	coded   *media.MP2
}

func newMP2() (*mp2Essence, error) {
	e := &mp2Essence{}
	if err := e.decoder.Init(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *mp2Essence) timescale() int {
	if e.coded == nil {
		return 0
	}
	return e.coded.SampleRate
}

func (*mp2Essence) clockRate() int          { return mp2Clock }
func (*mp2Essence) starts(*rtp.Packet) bool { return true }
func (*mp2Essence) lost()                   {}

func (e *mp2Essence) codec() media.Codec {
	if e.coded == nil {
		return nil
	}
	return e.coded
}

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
		var head mpeg1audio.FrameHeader
		if err := head.Unmarshal(f); err != nil {
			return dst, fmt.Errorf("mpeg audio frame: %w", err)
		}
		if head.Layer < 2 {
			return dst, fmt.Errorf("mpeg audio of layer %d: layer 2 or 3 expected", head.Layer)
		}
		coded := media.MP2{SampleRate: head.SampleRate, Channels: 2}
		if head.ChannelMode == mpeg1audio.ChannelModeMono {
			coded.Channels = 1
		}
		if e.coded == nil || *e.coded != coded {
			e.coded = &coded
		}
		dst = append(dst, frame{stamp: pkt.Timestamp, offset: offset, units: [][]byte{f}})
		offset += int64(head.SampleCount())
	}
	return dst, nil
}

func (*mp2Essence) sample(f frame, pts int64) (media.Sample, bool, error) {
	return audioSample(f, pts)
}
