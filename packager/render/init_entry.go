package render

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"podium.tv/podium/packager/media"
)

// ErrBadParameters says that a codec's parameters cannot be read.
var ErrBadParameters = errors.New("bad codec parameters")

// sampleEntry is the box of the stsd box that tells a decoder what to expect.
func sampleEntry(track *media.Track) ([]byte, error) {
	b := new(boxes)
	var err error
	switch c := track.Codec.(type) {
	case *media.H264:
		err = appendAVC1(b, c)
	case *media.H265:
		err = appendHVC1(b, c)
	case *media.AAC:
		err = appendAAC(b, track, c)
	case *media.Opus:
		err = appendOpus(b, c)
	case *media.MP2:
		openAudio(b, "mp4a", c.Channels, c.SampleRate)
		appendESDS(b, track.ID, objectMPEG1Audio, nil)
		b.close()
	case *media.AC3:
		err = appendDolby(b, "ac-3", "dac3", c.Channels(), c.SampleRate(), c.Config)
	case *media.EAC3:
		err = appendDolby(b, "ec-3", "dec3", c.Channels(), c.SampleRate(), c.Config)
	case *media.WebVTT:
		appendWVTT(b, c)
	default:
		err = fmt.Errorf("%w: codec %T has no CMAF form", ErrBadParameters, track.Codec)
	}
	return b.b, err
}

func openVideo(b *boxes, kind string, p media.Picture) {
	b.open(kind)
	b.zeros(6)
	b.u16(1)
	b.zeros(16)
	b.u16(uint16(p.Width))
	b.u16(uint16(p.Height))
	b.u32(0x480000) // 72 dpi, as always.
	b.u32(0x480000)
	b.zeros(4)
	b.u16(1)
	b.zeros(32)
	b.u16(24)
	b.u16(0xffff)
}

// appendPixelShape writes the pasp box (ISO 14496-12 §12.1.4) where pixels are not square, as in SD television.
func appendPixelShape(b *boxes, c media.Codec) {
	w, h := pixelShape(c)
	if h == 0 {
		return
	}
	b.open("pasp")
	b.u32(uint32(w))
	b.u32(uint32(h))
	b.close()
}

// appendAVC1 writes ISO 14496-15 §5.4.2.
func appendAVC1(b *boxes, c *media.H264) error {
	var sps h264.SPS
	if err := sps.Unmarshal(c.SPS); err != nil {
		return fmt.Errorf("%w: read SPS: %w", ErrBadParameters, err)
	}
	if len(c.PPS) == 0 || len(c.PPS) > 0xffff || len(c.SPS) > 0xffff {
		return fmt.Errorf("%w: SPS of %d and PPS of %d bytes", ErrBadParameters, len(c.SPS), len(c.PPS))
	}
	openVideo(b, "avc1", media.PictureOf(c))
	b.open("avcC")
	b.u8(1, c.SPS[1], c.SPS[2], c.SPS[3], 0xff, 0xe1)
	b.u16(uint16(len(c.SPS)))
	b.bytes(c.SPS)
	b.u8(1)
	b.u16(uint16(len(c.PPS)))
	b.bytes(c.PPS)
	switch sps.ProfileIdc {
	case 100, 110, 122, 144:
		b.u8(0xfc|byte(sps.ChromaFormatIdc), 0xf8|byte(sps.BitDepthLumaMinus8), 0xf8|byte(sps.BitDepthChromaMinus8), 0)
	}
	b.close()
	appendPixelShape(b, c)
	b.close()
	return nil
}

// appendHVC1 writes ISO 14496-15 §8.4.1: hvc1, which Apple wants, has its parameter sets here alone.
func appendHVC1(b *boxes, c *media.H265) error {
	var sps h265.SPS
	if err := sps.Unmarshal(c.SPS); err != nil {
		return fmt.Errorf("%w: read SPS: %w", ErrBadParameters, err)
	}
	sets := [][]byte{c.VPS, c.SPS, c.PPS}
	for i, set := range sets {
		if len(set) < 2 || len(set) > 0xffff {
			return fmt.Errorf("%w: %s of %d bytes", ErrBadParameters, [...]string{"VPS", "SPS", "PPS"}[i], len(set))
		}
	}
	// Profile, tier and level, without the bytes that keep start codes from appearing.
	plain := h264.EmulationPreventionRemove(c.SPS)
	if len(plain) < 15 {
		return fmt.Errorf("%w: SPS of %d bytes", ErrBadParameters, len(c.SPS))
	}
	openVideo(b, "hvc1", media.PictureOf(c))
	b.open("hvcC")
	b.u8(1)
	b.bytes(plain[3:15])
	b.u16(0xf000) // The least spatial segmentation and
	b.u8(0xfc)    // the kind of parallelism are not known.
	b.u8(0xfc|byte(sps.ChromaFormatIdc), 0xf8|byte(sps.BitDepthLumaMinus8), 0xf8|byte(sps.BitDepthChromaMinus8))
	b.u16(0) // Nor is the mean frame rate.
	nested := byte(0)
	if sps.TemporalIDNestingFlag {
		nested = 1
	}
	b.u8((sps.MaxSubLayersMinus1+1)&7<<3|nested<<2|3, byte(len(sets)))
	for i, set := range sets {
		const vps, complete = 32, 0x80
		b.u8(complete | byte(vps+i))
		b.u16(1)
		b.u16(uint16(len(set)))
		b.bytes(set)
	}
	b.close()
	appendPixelShape(b, c)
	b.close()
	return nil
}

func openAudio(b *boxes, kind string, channels, rate int) {
	b.open(kind)
	b.zeros(6)
	b.u16(1)
	b.zeros(8)
	b.u16(uint16(channels))
	b.u16(16)
	b.zeros(4)
	if rate > 0xffff {
		rate = 0 // It does not fit; the codec's own configuration tells.
	}
	b.u32(uint32(rate) << 16)
}

// Object types (ISO 14496-1 table 5).
const (
	objectAAC        = 0x40
	objectMPEG1Audio = 0x6b
)

func appendAAC(b *boxes, track *media.Track, c *media.AAC) error {
	conf, err := c.Parse()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadParameters, err)
	}
	channels := int(conf.ChannelConfig)
	if channels == 7 {
		channels = 8
	}
	openAudio(b, "mp4a", channels, conf.SampleRate)
	if len(c.Config) > 100 {
		return fmt.Errorf("%w: AudioSpecificConfig of %d bytes, at most 100", ErrBadParameters, len(c.Config))
	}
	appendESDS(b, track.ID, objectAAC, c.Config)
	b.close()
	return nil
}

// appendESDS writes the elementary stream descriptor (ISO 14496-14 §5.6). Bit rates stay 0, unknown: they
// belong to a segment, not to a codec, and the playlist tells them.
func appendESDS(b *boxes, id int, object byte, config []byte) {
	specific := 0
	if len(config) > 0 {
		specific = 2 + len(config)
	}
	b.full("esds", 0)
	b.u8(3, byte(3+2+13+specific+3))
	b.u16(uint16(id))
	b.u8(0)
	b.u8(4, byte(13+specific), object, 0x15) // An audio stream.
	b.zeros(3 + 4 + 4)
	if len(config) > 0 {
		b.u8(5, byte(len(config)))
		b.bytes(config)
	}
	b.u8(6, 1, 2)
	b.close()
}

// appendOpus writes the sample entry of "Encapsulation of Opus in ISO Base Media File Format" §4.3. PreSkip is 0: a
// live stream is joined long after its encoder's start.
func appendOpus(b *boxes, c *media.Opus) error {
	// Streams, coupled streams and the order of channels for 3 to 8 (RFC 7845 §5.1.1.2).
	layouts := [...][]byte{
		{2, 1, 0, 2, 1},
		{2, 2, 0, 1, 2, 3},
		{3, 2, 0, 4, 1, 2, 3},
		{4, 2, 0, 4, 1, 2, 3, 5},
		{4, 3, 0, 4, 1, 2, 3, 5, 6},
		{5, 3, 0, 6, 1, 2, 3, 4, 5, 7},
	}
	if c.Channels < 1 || c.Channels > 8 {
		return fmt.Errorf("%w: Opus with %d channels, expected 1 to 8", ErrBadParameters, c.Channels)
	}
	openAudio(b, "Opus", c.Channels, 48000)
	b.open("dOps")
	b.u8(0, byte(c.Channels))
	b.u16(0)
	b.u32(48000)
	b.u16(0)
	if c.Channels <= 2 {
		b.u8(0)
	} else {
		b.u8(1)
		b.bytes(layouts[c.Channels-3])
	}
	b.close()
	b.close()
	return nil
}
