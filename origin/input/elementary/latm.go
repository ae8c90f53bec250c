package elementary

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"podium.tv/podium/packager/media"
)

// LATM is a track of AAC in LATM elements (ISO 14496-3 §1.7.3), whose config is told in the stream. The zero value is ready.
type LATM struct {
	aac AAC
	mux *mpeg4audio.StreamMuxConfig
}

var _ Audio = (*LATM)(nil)

// Codec implements Essence.
func (e *LATM) Codec() media.Codec { return e.aac.Codec() }

// Timescale implements Essence.
func (e *LATM) Timescale() int { return e.aac.Timescale() }

// Element appends the frames of an element. Elements before the first config have none.
func (e *LATM) Element(dst [][]byte, b []byte) ([][]byte, error) {
	element := mpeg4audio.AudioMuxElement{MuxConfigPresent: true, StreamMuxConfig: e.mux}
	if err := element.Unmarshal(b); err != nil {
		if e.mux == nil && element.UseSameStreamMux {
			return dst, nil
		}
		return dst, fmt.Errorf("latm element: %w", err)
	}
	if mux := element.StreamMuxConfig; mux != e.mux {
		conf, err := latmConfig(mux)
		if err != nil {
			return dst, err
		}
		if err := e.aac.Configure(conf); err != nil {
			return dst, err
		}
		e.mux = mux
	}
	for _, sub := range element.Payloads {
		if len(sub) > 0 && len(sub[0]) > 0 && len(sub[0][0]) > 0 {
			dst = append(dst, sub[0][0])
		}
	}
	return dst, nil
}

func latmConfig(mux *mpeg4audio.StreamMuxConfig) (*mpeg4audio.AudioSpecificConfig, error) {
	if len(mux.Programs) != 1 || len(mux.Programs[0].Layers) != 1 {
		return nil, fmt.Errorf("latm with %d programs: one program of one layer expected", len(mux.Programs))
	}
	conf := mux.Programs[0].Layers[0].AudioSpecificConfig
	if conf == nil {
		return nil, errors.New("latm without an audio config")
	}
	return conf, nil
}

// Frame implements Audio. A frame is one that Element gave.
func (e *LATM) Frame(frame []byte, pts int64) (media.Sample, int64, error) {
	return e.aac.Frame(frame, pts)
}
