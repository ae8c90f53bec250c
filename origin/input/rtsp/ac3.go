package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpac3"
	"github.com/pion/rtp"

	"podium.tv/podium/packager/media"
)

// ac3Essence reads RFC 4184. The description tells the sampling rate; all else is told by the frames only.
type ac3Essence struct {
	format  *format.AC3
	decoder *rtpac3.Decoder
	coded   *media.AC3
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

func (e *ac3Essence) timescale() int        { return e.format.SampleRate }
func (e *ac3Essence) clockRate() int        { return e.format.SampleRate }
func (*ac3Essence) starts(*rtp.Packet) bool { return true }
func (*ac3Essence) lost()                   {} // The decoder looks at sequence numbers itself.

func (e *ac3Essence) codec() media.Codec {
	if e.coded == nil {
		return nil
	}
	return e.coded
}

func (e *ac3Essence) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	frames, err := e.decoder.Decode(pkt)
	if errors.Is(err, rtpac3.ErrMorePacketsNeeded) || errors.Is(err, rtpac3.ErrNonStartingPacketAndNoPrevious) {
		return dst, errMore
	}
	if err != nil {
		return dst, err
	}
	for i, f := range frames {
		coded, err := media.ReadAC3(f)
		if err != nil {
			return dst, err
		}
		if coded.SampleRate() != e.format.SampleRate {
			return dst, fmt.Errorf("ac-3 frame at %d Hz: %d Hz were described", coded.SampleRate(), e.format.SampleRate)
		}
		if e.coded == nil || !e.coded.Fits(coded) {
			e.coded = coded
		}
		dst = append(dst, frame{stamp: pkt.Timestamp, offset: int64(i) * media.AC3Samples, units: [][]byte{f}})
	}
	return dst, nil
}

func (*ac3Essence) sample(f frame, pts int64) (media.Sample, bool, error) {
	return audioSample(f, pts)
}
