package media

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/eac3"
)

// EAC3 is ETSI TS 102 366 annex E audio. A sample is all frames, of all substreams, of one access unit.
type EAC3 struct {
	// Config is the body of its dec3 box (annex F.6).
	Config []byte `json:"config"`
}

var _ Codec = (*EAC3)(nil)

// Name implements Codec.
func (*EAC3) Name() string { return "eac3" }

// Kind implements Codec.
func (*EAC3) Kind() Kind { return Audio }

// RFC6381 implements Codec.
func (*EAC3) RFC6381() string { return "ec-3" }

// SampleRate is in Hz; 0 where the configuration does not tell.
func (c *EAC3) SampleRate() int {
	if len(c.Config) < 5 {
		return 0
	}
	return ac3Rate(c.Config[2] >> 6)
}

// Channels counts those of the first substream, low frequencies included; 0 where the configuration does not tell.
func (c *EAC3) Channels() int {
	if len(c.Config) < 5 {
		return 0
	}
	return ac3Channels(c.Config[3]>>1&7, c.Config[3]&1 != 0)
}

// ReadEAC3 reads what an access unit of E-AC-3 with one independent substream says of its codec, and how many
// samples it stands for. rate is its bit rate in kb/s, which frames do not tell.
func ReadEAC3(unit []byte, rate int) (codec *EAC3, samples int, err error) {
	var first eac3.SyncInfo
	if err := first.Unmarshal(unit); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrBadAudio, err)
	}
	if first.Fscod == 3 || first.Strmtyp == 1 || first.Substreamid != 0 {
		return nil, 0, fmt.Errorf("%w: E-AC-3 of stream type %d, substream %d, sampling rate code %d",
			ErrBadAudio, first.Strmtyp, first.Substreamid, first.Fscod)
	}
	for rest := unit; len(rest) > 0; {
		var info eac3.SyncInfo
		if err := info.Unmarshal(rest); err != nil {
			return nil, 0, fmt.Errorf("%w: %w", ErrBadAudio, err)
		}
		if info.Strmtyp == 1 || info.Substreamid != 0 {
			return nil, 0, fmt.Errorf("%w: E-AC-3 with more than one substream", ErrBadAudio)
		}
		if info.FrameSize() > len(rest) {
			return nil, 0, fmt.Errorf("%w: %d bytes of E-AC-3, expected %d", ErrBadAudio, len(rest), info.FrameSize())
		}
		samples += 256 * info.NumBlocks()
		rest = rest[info.FrameSize():]
	}
	low := byte(0)
	if first.Lfeon {
		low = 1
	}
	// data_rate 13, num_ind_sub 3; fscod 2, bsid 5, reserved 1; asvc 1, bsmod 3, acmod 3, lfeon 1 (the
	// service is not read: the main one is meant); reserved 3, num_dep_sub 4, reserved 1.
	rate = min(max(rate, 0), 1<<13-1)
	return &EAC3{Config: []byte{
		byte(rate >> 5), byte(rate << 3), first.Fscod<<6 | first.Bsid<<1, first.Acmod<<1 | low, 0,
	}}, samples, nil
}

func (c *EAC3) check() error {
	if c.SampleRate() == 0 {
		return fmt.Errorf("%w: E-AC-3 configuration %x, expected the body of a dec3 box", ErrBadAudio, c.Config)
	}
	return nil
}
