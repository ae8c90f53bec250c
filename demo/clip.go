package demo

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/pmp4"

	"podium.tv/podium/packager/media"
)

// lecture is made by scripts/make-demo-clip.sh.
//
//go:embed media/lecture.mp4
var lecture []byte

// Clip is a short programme that can be repeated without a seam: its duration is a whole number of GOPs, and its
// sound ends within one frame of its picture.
type Clip struct {
	// Tracks are H.264 video and AAC audio.
	Tracks []media.Track

	// Samples are those of each track in decoding order. The first picture is presented at zero, so that pictures
	// before reordering have a negative DTS.
	Samples [][]media.Sample

	// Duration is the length of one repetition.
	Duration time.Duration
}

// Lecture is the clip that is part of the program.
func Lecture() (*Clip, error) {
	c, err := ReadClip(bytes.NewReader(lecture))
	if err != nil {
		return nil, fmt.Errorf("the lecture in the program: %w", err)
	}
	return c, nil
}

// maxClip bounds what ReadClip takes into memory.
const maxClip = 64 << 20

// ReadClip reads an MP4 file with one H.264 and at most one AAC track.
func ReadClip(r io.ReadSeeker) (*Clip, error) {
	var p pmp4.Presentation
	if err := p.Unmarshal(r); err != nil {
		return nil, fmt.Errorf("read mp4: %w", err)
	}
	c := &Clip{}
	for _, t := range p.Tracks {
		codec, err := clipCodec(t.Codec)
		if err != nil {
			return nil, err
		}
		samples, err := clipSamples(t, codec.Kind())
		if err != nil {
			return nil, fmt.Errorf("track %d: %w", t.ID, err)
		}
		c.Tracks = append(c.Tracks, media.Track{ID: len(c.Tracks) + 1, Timescale: int(t.TimeScale), Codec: codec})
		c.Samples = append(c.Samples, samples)
		if codec.Kind() == media.Video {
			c.Duration = clipDuration(t)
		}
	}
	if err := c.trim(); err != nil {
		return nil, err
	}
	return c, nil
}

func clipCodec(c codecs.Codec) (media.Codec, error) {
	switch c := c.(type) {
	case *codecs.H264:
		return &media.H264{SPS: c.SPS, PPS: c.PPS}, nil
	case *codecs.MPEG4Audio:
		conf, err := c.Config.Marshal()
		if err != nil {
			return nil, fmt.Errorf("aac config: %w", err)
		}
		return &media.AAC{Config: conf}, nil
	}
	return nil, fmt.Errorf("codec %T in a clip: H.264 and AAC expected", c)
}

func clipDuration(t *pmp4.Track) time.Duration {
	var ticks int64
	for _, s := range t.Samples {
		ticks += int64(s.Duration)
	}
	return time.Duration(ticks) * time.Second / time.Duration(t.TimeScale)
}

func clipSamples(t *pmp4.Track, kind media.Kind) ([]media.Sample, error) {
	if len(t.Samples) == 0 {
		return nil, errors.New("no samples")
	}
	var (
		out   = make([]media.Sample, 0, len(t.Samples))
		dts   = -int64(t.Samples[0].PTSOffset)
		total = 0
	)
	for i, s := range t.Samples {
		if total += int(s.PayloadSize); total > maxClip {
			return nil, fmt.Errorf("more than %d bytes", maxClip)
		}
		payload, err := s.GetPayload()
		if err != nil {
			return nil, fmt.Errorf("sample %d: %w", i, err)
		}
		sample := media.Sample{
			DTS: dts, PTS: dts + int64(s.PTSOffset), Sync: !s.IsNonSyncSample, Units: [][]byte{payload},
		}
		if kind == media.Video {
			var units h264.AVCC
			if err := units.Unmarshal(payload); err != nil {
				return nil, fmt.Errorf("sample %d: %w", i, err)
			}
			sample.Units = units
		}
		out = append(out, sample)
		dts += int64(s.Duration)
	}
	return out, nil
}

// trim checks that the clip can be repeated, and cuts sound that lasts longer than the picture.
func (c *Clip) trim() error {
	if c.Duration <= 0 || !c.Samples[c.video()][0].Sync {
		return errors.New("a clip begins with a key frame, and this one has none")
	}
	for i, t := range c.Tracks {
		if t.Kind() != media.Audio {
			continue
		}
		end := media.FromDuration(c.Duration, t.Timescale)
		samples := c.Samples[i]
		for len(samples) > 0 && samples[len(samples)-1].PTS >= end {
			samples = samples[:len(samples)-1]
		}
		if n := len(samples); n < 2 || end-samples[n-1].PTS > 2*(samples[1].PTS-samples[0].PTS) {
			return errors.New("the clip's sound is shorter than its picture")
		}
		c.Samples[i] = samples
	}
	return nil
}

// video is the index of the picture's track.
func (c *Clip) video() int { return (&media.Init{Tracks: c.Tracks}).Leading() }
