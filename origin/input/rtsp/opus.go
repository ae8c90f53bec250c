package rtsp

import (
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"podium.tv/podium/packager/media"
)

// opusClock is the rate of Opus' RTP times whatever it codes (RFC 7587 §4.1).
const opusClock = 48000

// opusEssence reads RFC 7587: a packet is a frame.
type opusEssence struct {
	coded *media.Opus
}

func newOpus(f *format.Opus) *opusEssence {
	return &opusEssence{coded: &media.Opus{Channels: max(f.ChannelCount, 1)}}
}

func (*opusEssence) Timescale() int          { return opusClock }
func (*opusEssence) clockRate() int          { return opusClock }
func (*opusEssence) starts(*rtp.Packet) bool { return true }
func (*opusEssence) Lost()                   {}
func (e *opusEssence) Codec() media.Codec    { return e.coded }

func (*opusEssence) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	return append(dst, frame{stamp: pkt.Timestamp, units: [][]byte{pkt.Payload}}), nil
}

func (*opusEssence) sample(f frame, pts int64) (media.Sample, bool, error) {
	return audioSample(f, pts)
}
