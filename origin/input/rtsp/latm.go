package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpfragmented"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// latmEssence reads AAC as RFC 6416 carries it, with its config in the description or in the stream.
type latmEssence struct {
	decoder *rtpfragmented.Decoder
	inBand  bool
	mux     *mpeg4audio.StreamMuxConfig

	conf  *mpeg4audio.AudioSpecificConfig
	coded *media.AAC
	rate  sbrClock
}

func newLATM(f *format.MPEG4AudioLATM) (*latmEssence, error) {
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil, err
	}
	e := &latmEssence{decoder: decoder, inBand: f.CPresent}
	if !e.inBand {
		if err := e.configure(f.StreamMuxConfig); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *latmEssence) configure(mux *mpeg4audio.StreamMuxConfig) error {
	if mux == nil || len(mux.Programs) == 0 || len(mux.Programs[0].Layers) == 0 ||
		mux.Programs[0].Layers[0].AudioSpecificConfig == nil {
		return errors.New("latm without an audio config")
	}
	if len(mux.Programs) != 1 || len(mux.Programs[0].Layers) != 1 {
		return fmt.Errorf("latm with %d programs: one program of one layer expected", len(mux.Programs))
	}
	conf := mux.Programs[0].Layers[0].AudioSpecificConfig
	coded, err := elementary.AACCodec(conf)
	if err != nil {
		return err
	}
	if e.coded == nil || !media.Equal(e.coded, coded) {
		e.coded, e.rate = coded, newSBRClock(conf)
	}
	e.mux, e.conf = mux, conf
	return nil
}

func (e *latmEssence) Timescale() int {
	if e.conf == nil {
		return 0
	}
	return e.conf.SampleRate
}

func (e *latmEssence) clockRate() int {
	if e.inBand {
		return 90000 // RFC 6416 §7.1: the default rate where the config is in the stream.
	}
	return e.rate.current
}

func (*latmEssence) starts(*rtp.Packet) bool { return true }
func (e *latmEssence) Lost()                 { e.rate.lost() }

func (e *latmEssence) Codec() media.Codec {
	if e.coded == nil {
		return nil
	}
	return e.coded
}

func (e *latmEssence) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	payload, err := e.decoder.Decode(pkt)
	if errors.Is(err, rtpfragmented.ErrMorePacketsNeeded) {
		return dst, errMore
	}
	if err != nil {
		e.Lost()
		return dst, err
	}
	element := mpeg4audio.AudioMuxElement{MuxConfigPresent: e.inBand, StreamMuxConfig: e.mux}
	if err := element.Unmarshal(payload); err != nil {
		if e.inBand && e.mux == nil {
			return dst, errMore // The config comes with a later element.
		}
		return dst, fmt.Errorf("latm element: %w", err)
	}
	if e.inBand && element.StreamMuxConfig != e.mux {
		if err := e.configure(element.StreamMuxConfig); err != nil {
			return dst, err
		}
	}
	step := elementary.AACFrame(e.conf)
	if !e.inBand {
		e.rate.observe(pkt.Timestamp, int64(len(element.Payloads))*step)
	}
	for i, sub := range element.Payloads {
		if len(sub) == 0 || len(sub[0]) == 0 {
			continue
		}
		dst = append(dst, frame{stamp: pkt.Timestamp, offset: int64(i) * step, units: [][]byte{sub[0][0]}})
	}
	return dst, nil
}

func (*latmEssence) sample(f frame, pts int64) (media.Sample, bool, error) {
	return audioSample(f, pts)
}
