package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// Codec is a codec with the parameters a decoder needs before the first sample.
type Codec interface {
	// Name is the codec's short lower-case name: h264, h265, aac, opus, mp2, ac3, eac3, webvtt.
	Name() string
	Kind() Kind
	// RFC6381 is the codec's entry in the CODECS attribute (RFC 6381 §3), such as avc1.64001f.
	RFC6381() string
}

// H264 is ITU-T H.264 with its parameter sets, as NAL units without start codes.
type H264 struct {
	SPS []byte `json:"sps"`
	PPS []byte `json:"pps"`
}

// H265 is ITU-T H.265 with its parameter sets, as NAL units without start codes.
type H265 struct {
	VPS []byte `json:"vps"`
	SPS []byte `json:"sps"`
	PPS []byte `json:"pps"`
}

// AAC is MPEG-4 audio; Config is the AudioSpecificConfig (ISO 14496-3 §1.6.2.1).
type AAC struct {
	Config []byte `json:"config"`
}

// Opus is RFC 6716 audio, always at 48 kHz.
type Opus struct {
	Channels int `json:"channels"`
}

// MP2 is MPEG-1 audio of layer II or III (ISO 11172-3).
type MP2 struct {
	SampleRate int `json:"sampleRate"`
	Channels   int `json:"channels"`
}

var (
	_ Codec = (*H264)(nil)
	_ Codec = (*H265)(nil)
	_ Codec = (*AAC)(nil)
	_ Codec = (*Opus)(nil)
	_ Codec = (*MP2)(nil)
)

// Name implements Codec.
func (*H264) Name() string { return "h264" }

// Kind implements Codec.
func (*H264) Kind() Kind { return Video }

// RFC6381 implements Codec.
func (c *H264) RFC6381() string {
	if len(c.SPS) < 4 {
		return "avc1"
	}
	return fmt.Sprintf("avc1.%02x%02x%02x", c.SPS[1], c.SPS[2], c.SPS[3])
}

// Name implements Codec.
func (*H265) Name() string { return "h265" }

// Kind implements Codec.
func (*H265) Kind() Kind { return Video }

// RFC6381 implements Codec (ISO 14496-15 §E.3): profile, compatibility flags in reversed bit order, tier and level, then
// the six bytes of constraint flags without the zeros at their end.
func (c *H265) RFC6381() string {
	// Behind the NAL unit's header and the byte that holds the VPS id stands profile_tier_level (H.265 §7.3.2.2, §7.3.3).
	sps := h264.EmulationPreventionRemove(c.SPS[:min(len(c.SPS), 64)])
	if len(sps) < 15 {
		return "hvc1"
	}
	ptl := sps[3:15]
	space, tier := "", "L"
	if n := ptl[0] >> 6; n > 0 {
		space = string(rune('A' + n - 1))
	}
	if ptl[0]&0x20 != 0 {
		tier = "H"
	}
	compatibility := bits.Reverse32(binary.BigEndian.Uint32(ptl[1:]))
	out := fmt.Sprintf("hvc1.%s%d.%X.%s%d", space, ptl[0]&0x1f, compatibility, tier, ptl[11])
	for _, constraint := range bytes.TrimRight(ptl[5:11], "\x00") {
		out += fmt.Sprintf(".%X", constraint)
	}
	return out
}

// Name implements Codec.
func (*AAC) Name() string { return "aac" }

// Kind implements Codec.
func (*AAC) Kind() Kind { return Audio }

// RFC6381 implements Codec. The object type of HE-AAC is that of its extension.
func (c *AAC) RFC6381() string {
	conf, err := c.Parse()
	if err != nil {
		return "mp4a.40.2"
	}
	if conf.ExtensionType != 0 {
		return fmt.Sprintf("mp4a.40.%d", conf.ExtensionType)
	}
	return fmt.Sprintf("mp4a.40.%d", conf.Type)
}

// Parse reads the AudioSpecificConfig.
func (c *AAC) Parse() (mpeg4audio.AudioSpecificConfig, error) {
	var conf mpeg4audio.AudioSpecificConfig
	if err := conf.Unmarshal(c.Config); err != nil {
		return conf, fmt.Errorf("read AudioSpecificConfig: %w", err)
	}
	return conf, nil
}

// Name implements Codec.
func (*Opus) Name() string { return "opus" }

// Kind implements Codec.
func (*Opus) Kind() Kind { return Audio }

// RFC6381 implements Codec.
func (*Opus) RFC6381() string { return "opus" }

// Name implements Codec.
func (*MP2) Name() string { return "mp2" }

// Kind implements Codec.
func (*MP2) Kind() Kind { return Audio }

// RFC6381 implements Codec: object type 0x6B is ISO 11172-3 audio. Browsers know it by capitals only.
func (*MP2) RFC6381() string { return "mp4a.6B" }

// Picture is what a video track's parameter sets say of the picture; zero where they do not tell.
type Picture struct {
	Width, Height int
	FrameRate     float64 // frames per second
}

// PictureOf reads width, height and frame rate out of a video codec's parameter sets.
func PictureOf(c Codec) Picture {
	switch c := c.(type) {
	case *H264:
		var sps h264.SPS
		if sps.Unmarshal(c.SPS) == nil {
			return picture(sps.Width(), sps.Height(), sps.FPS())
		}
	case *H265:
		var sps h265.SPS
		if sps.Unmarshal(c.SPS) == nil {
			return picture(sps.Width(), sps.Height(), sps.FPS())
		}
	}
	return Picture{}
}

// What is believed of a picture: level 6.2 of H.264 and H.265 ends at 16,384 samples a side, and 300 frames per second.
const (
	maxSide      = 16_384
	maxFrameRate = 300
)

// picture leaves out what parameter sets cannot mean: cropping may exceed the picture, and a frame rate divide by zero.
func picture(width, height int, rate float64) Picture {
	var p Picture
	if width > 0 && width <= maxSide && height > 0 && height <= maxSide {
		p.Width, p.Height = width, height
	}
	if rate > 0 && rate <= maxFrameRate {
		p.FrameRate = rate
	}
	return p
}

// Equal says whether two codecs are the same with the same parameters, so that a decoder set up for
// one can go on with the other.
func Equal(a, b Codec) bool {
	switch a := a.(type) {
	case *H264:
		b, ok := b.(*H264)
		return ok && bytes.Equal(a.SPS, b.SPS) && bytes.Equal(a.PPS, b.PPS)
	case *H265:
		b, ok := b.(*H265)
		return ok && bytes.Equal(a.VPS, b.VPS) && bytes.Equal(a.SPS, b.SPS) && bytes.Equal(a.PPS, b.PPS)
	case *AAC:
		b, ok := b.(*AAC)
		return ok && bytes.Equal(a.Config, b.Config)
	case *Opus:
		b, ok := b.(*Opus)
		return ok && *a == *b
	case *MP2:
		b, ok := b.(*MP2)
		return ok && *a == *b
	case *AC3:
		b, ok := b.(*AC3)
		return ok && bytes.Equal(a.Config, b.Config)
	case *EAC3:
		b, ok := b.(*EAC3)
		return ok && bytes.Equal(a.Config, b.Config)
	case *WebVTT:
		b, ok := b.(*WebVTT)
		return ok && *a == *b
	}
	return false
}
