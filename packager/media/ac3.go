package media

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"
)

// AC3 is ETSI TS 102 366 audio. A sample is one frame.
type AC3 struct {
	// Config is the body of its dac3 box (annex F.4).
	Config []byte `json:"config"`
}

// AC3Samples is how many samples a frame of AC-3, and all frames of E-AC-3 that are heard together, stand for.
const AC3Samples = ac3.SamplesPerFrame

var _ Codec = (*AC3)(nil)

// ErrBadAudio says that audio frames, or the parameters of their codec, cannot be read.
var ErrBadAudio = errors.New("bad audio frame")

// Name implements Codec.
func (*AC3) Name() string { return "ac3" }

// Kind implements Codec.
func (*AC3) Kind() Kind { return Audio }

// RFC6381 implements Codec.
func (*AC3) RFC6381() string { return "ac-3" }

// SampleRate is in Hz; 0 where the configuration does not tell.
func (c *AC3) SampleRate() int {
	if len(c.Config) != 3 {
		return 0
	}
	return ac3Rate(c.Config[0] >> 6)
}

// Channels counts them, low frequencies included; 0 where the configuration does not tell.
func (c *AC3) Channels() int {
	if len(c.Config) != 3 {
		return 0
	}
	return ac3Channels(c.Config[1]>>3&7, c.Config[1]&4 != 0)
}

// ac3Rate is the sampling rate by its code, fscod; that of E-AC-3 at halved rates is not carried.
func ac3Rate(code byte) int {
	rates := [...]int{48000, 44100, 32000, 0}
	return rates[code&3]
}

func ac3Channels(mode byte, low bool) int {
	return (&ac3.BSI{Acmod: mode, LfeOn: low}).ChannelCount()
}

// ReadAC3 reads what a frame of AC-3 says of its codec. The frame has to be whole, and nothing may follow it.
func ReadAC3(frame []byte) (*AC3, error) {
	var sync ac3.SyncInfo
	if err := sync.Unmarshal(frame); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadAudio, err)
	}
	if size := sync.FrameSize(); len(frame) != size {
		return nil, fmt.Errorf("%w: %d bytes of AC-3, expected %d", ErrBadAudio, len(frame), size)
	}
	var info ac3.BSI
	if err := info.Unmarshal(frame[5:]); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadAudio, err)
	}
	low := byte(0)
	if info.LfeOn {
		low = 1
	}
	rate := sync.Frmsizecod >> 1
	// fscod 2, bsid 5, bsmod 3, acmod 3, lfeon 1, bit_rate_code 5, reserved 5.
	return &AC3{Config: []byte{
		sync.Fscod<<6 | info.Bsid<<1 | info.Bsmod>>2,
		info.Bsmod<<6 | info.Acmod<<3 | low<<2 | rate>>3,
		rate << 5,
	}}, nil
}

// Fits says whether a decoder set up for c goes on with frames that o was read from: the bit rate may differ.
func (c *AC3) Fits(o *AC3) bool {
	return len(c.Config) == 3 && len(o.Config) == 3 && c.Config[0] == o.Config[0] && c.Config[1]&0xfc == o.Config[1]&0xfc
}

func (c *AC3) check() error {
	if c.SampleRate() == 0 {
		return fmt.Errorf("%w: AC-3 configuration %x, expected the 3 bytes of a dac3 box", ErrBadAudio, c.Config)
	}
	return nil
}
