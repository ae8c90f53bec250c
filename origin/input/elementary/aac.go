package elementary

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"podium.tv/podium/packager/media"
)

// AACFrame is the length of an AAC frame at the core sampling rate, or the shorter one of ISO 14496-3 §4.5.1.1.
func AACFrame(conf *mpeg4audio.AudioSpecificConfig) int64 {
	if conf.FrameLengthFlag {
		return 960
	}
	return 1024
}

// AACCodec describes AAC by its config; an error names what a config must have.
func AACCodec(conf *mpeg4audio.AudioSpecificConfig) (*media.AAC, error) {
	if conf == nil || conf.SampleRate <= 0 || conf.SampleRate > 192000 {
		return nil, errors.New("aac without a sampling rate in its config")
	}
	b, err := conf.Marshal()
	if err != nil {
		return nil, fmt.Errorf("aac config: %w", err)
	}
	return &media.AAC{Config: b}, nil
}

// AAC is a track of AAC frames, whose config is told beside them: by NewAAC, or by Configure while it comes.
type AAC struct {
	conf  *mpeg4audio.AudioSpecificConfig
	coded *media.AAC
}

var _ Audio = (*AAC)(nil)

// NewAAC makes the essence of a track with that config.
func NewAAC(conf *mpeg4audio.AudioSpecificConfig) (*AAC, error) {
	e := new(AAC)
	if err := e.Configure(conf); err != nil {
		return nil, err
	}
	return e, nil
}

// Configure puts another config in force, as ADTS may tell with any frame. The same one changes nothing.
func (e *AAC) Configure(conf *mpeg4audio.AudioSpecificConfig) error {
	if e.conf != nil && conf != nil && *e.conf == *conf {
		return nil
	}
	coded, err := AACCodec(conf)
	if err != nil {
		return err
	}
	e.conf = conf
	if e.coded == nil || !media.Equal(e.coded, coded) {
		e.coded = coded
	}
	return nil
}

// Codec implements Essence.
func (e *AAC) Codec() media.Codec {
	if e.coded == nil {
		return nil
	}
	return e.coded
}

// Timescale implements Essence: the core's sampling rate.
func (e *AAC) Timescale() int {
	if e.conf == nil {
		return 0
	}
	return e.conf.SampleRate
}

// Frame implements Audio.
func (e *AAC) Frame(frame []byte, pts int64) (media.Sample, int64, error) {
	if len(frame) == 0 {
		return media.Sample{}, 0, errEmpty
	}
	if e.conf == nil {
		return media.Sample{}, 0, errors.New("an aac frame before its config")
	}
	return sound(frame, pts), AACFrame(e.conf), nil
}
