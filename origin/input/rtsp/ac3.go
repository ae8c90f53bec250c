package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpac3"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// ac3Essence reads RFC 4184. The description tells the sampling rate; all else is told by the frames only.
type ac3Essence struct {
	elementary.AC3
	format  *format.AC3
	decoder *rtpac3.Decoder
}

func newAC3(f *format.AC3) (*ac3Essence, error) {
	switch f.SampleRate {
	case 32000, 44100, 48000:
	default:
		return nil, fmt.Errorf("ac-3 at %d Hz: 32000, 44100 or 48000 expected", f.SampleRate)
	}
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil, err
	}
	return &ac3Essence{format: f, decoder: decoder}, nil
}

func (e *ac3Essence) Timescale() int        { return e.format.SampleRate }
func (e *ac3Essence) clockRate() int        { return e.format.SampleRate }
func (*ac3Essence) starts(*rtp.Packet) bool { return true }
func (*ac3Essence) Lost()                   {} // The decoder looks at sequence numbers itself.

func (e *ac3Essence) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	frames, err := e.decoder.Decode(pkt)
	if errors.Is(err, rtpac3.ErrMorePacketsNeeded) || errors.Is(err, rtpac3.ErrNonStartingPacketAndNoPrevious) {
		return dst, errMore
	}
	if err != nil {
		return dst, err
	}
	for i, f := range frames {
		_, lasts, err := e.Frame(f, 0)
		if err != nil {
			return dst, err
		}
		if rate := e.AC3.Timescale(); rate != e.format.SampleRate {
			return dst, fmt.Errorf("ac-3 frame at %d Hz: %d Hz were described", rate, e.format.SampleRate)
		}
		dst = append(dst, frame{stamp: pkt.Timestamp, offset: int64(i) * lasts, units: [][]byte{f}})
	}
	return dst, nil
}

func (*ac3Essence) sample(f frame, pts int64) (media.Sample, bool, error) {
	return audioSample(f, pts)
}
