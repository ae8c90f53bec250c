package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpmpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// aacEssence reads RFC 3640 in AAC-hbr mode.
type aacEssence struct {
	decoder *rtpmpeg4audio.Decoder
	conf    *mpeg4audio.AudioSpecificConfig
	coded   *media.AAC
	rate    sbrClock
}

func newAAC(f *format.MPEG4Audio) (*aacEssence, error) {
	// The decoder of RFC 3640 takes a length field of any width, and one of more than 32 bits only serves to overflow it.
	if f.SizeLength > 32 || f.IndexLength > 32 || f.IndexDeltaLength > 32 {
		return nil, fmt.Errorf("aac with AU headers of %d, %d and %d bits: at most 32 expected",
			f.SizeLength, f.IndexLength, f.IndexDeltaLength)
	}
	coded, err := elementary.AACCodec(f.Config)
	if err != nil {
		return nil, err
	}
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil, err
	}
	return &aacEssence{decoder: decoder, conf: f.Config, coded: coded, rate: newSBRClock(f.Config)}, nil
}

func (e *aacEssence) Timescale() int        { return e.conf.SampleRate }
func (e *aacEssence) clockRate() int        { return e.rate.current }
func (*aacEssence) starts(*rtp.Packet) bool { return true }
func (e *aacEssence) Codec() media.Codec    { return e.coded }
func (e *aacEssence) Lost()                 { e.rate.lost() }

func (e *aacEssence) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	units, err := e.decoder.Decode(pkt)
	if errors.Is(err, rtpmpeg4audio.ErrMorePacketsNeeded) {
		return dst, errMore
	}
	if err != nil {
		e.Lost()
		return dst, err
	}
	step := elementary.AACFrame(e.conf)
	e.rate.observe(pkt.Timestamp, int64(len(units))*step)
	for i, unit := range units {
		dst = append(dst, frame{stamp: pkt.Timestamp, offset: int64(i) * step, units: [][]byte{unit}})
	}
	return dst, nil
}

func (*aacEssence) sample(f frame, pts int64) (media.Sample, bool, error) {
	return audioSample(f, pts)
}

// audioSample makes a sample of a frame of any audio codec.
func audioSample(f frame, pts int64) (media.Sample, bool, error) {
	if len(f.units) != 1 || len(f.units[0]) == 0 {
		return media.Sample{}, false, nil
	}
	return media.Sample{PTS: pts, DTS: pts, Sync: true, Units: f.units}, true, nil
}
