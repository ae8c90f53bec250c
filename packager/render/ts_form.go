package render

import (
	"fmt"

	"podium.tv/podium/packager/media"
)

// form is how a track goes into the multiplex.
type form struct {
	pid         uint16
	streamType  byte // ISO 13818-1 table 2-34
	streamID    byte // ISO 13818-1 table 2-22
	descriptors []byte

	// For video: what goes before each random access point, in Annex B form, and before each other picture.
	access, delimiter []byte
	h265              bool

	// For AAC: the header of an empty frame.
	adts [7]byte
	opus bool
}

// The stream types and ids in use.
const (
	typeMPEG1Audio = 0x03
	typeMPEG2Audio = 0x04 // with the halved sampling rates
	typePrivate    = 0x06
	typeADTS       = 0x0f
	typeH264       = 0x1b
	typeH265       = 0x24
	typeAC3        = 0x81 // of ATSC A/53, as Apple's players want it
	typeEAC3       = 0x87

	idVideo   = 0xe0
	idAudio   = 0xc0
	idPrivate = 0xbd
)

func (s *stream) open(index int, track *media.Track) error {
	if track.Timescale <= 0 {
		return fmt.Errorf("%w: timescale %d, expected more than 0", ErrTracks, track.Timescale)
	}
	s.index, s.track = index, track
	s.video = track.Kind() == media.Video
	f := &s.form
	f.pid = firstPID + uint16(index)
	f.streamID = idAudio + byte(index)
	switch c := track.Codec.(type) {
	case *media.H264:
		f.streamType, f.streamID = typeH264, idVideo+byte(index)
		// An access unit delimiter begins each picture (ISO 13818-1 §2.14.1), as iOS and video.js insist.
		f.delimiter = appendUnits(nil, []byte{9, 0xf0})
		f.access = appendUnits(f.delimiter, c.SPS, c.PPS)
	case *media.H265:
		f.streamType, f.streamID, f.h265 = typeH265, idVideo+byte(index), true
		f.delimiter = appendUnits(nil, []byte{35 << 1, 1, 0x50})
		f.access = appendUnits(f.delimiter, c.VPS, c.SPS, c.PPS)
		f.descriptors = append(f.descriptors, registrationTag, 4, 'H', 'E', 'V', 'C')
	case *media.AAC:
		f.streamType = typeADTS
		if err := f.openAAC(c); err != nil {
			return err
		}
	case *media.Opus:
		// ETSI TS 103 491 and the Opus-in-TS draft: a registration and the channel configuration.
		if c.Channels < 1 || c.Channels > 8 {
			return fmt.Errorf("%w: Opus with %d channels, expected 1 to 8", ErrUnsuitable, c.Channels)
		}
		f.streamType, f.streamID, f.opus = typePrivate, idPrivate, true
		f.descriptors = append(f.descriptors, registrationTag, 4, 'O', 'p', 'u', 's', extensionTag, 2, 0x80, byte(c.Channels))
	case *media.MP2:
		f.streamType = typeMPEG1Audio
		if c.SampleRate < 32000 {
			f.streamType = typeMPEG2Audio
		}
	case *media.AC3:
		f.openDolby(typeAC3, "AC-3")
	case *media.EAC3:
		f.openDolby(typeEAC3, "EAC3")
	default:
		return fmt.Errorf("%w: codec %T", ErrUnsuitable, track.Codec)
	}
	if code := languageCode(track.Language); code != "" && !s.video {
		f.descriptors = append(f.descriptors, languageTag, 4, code[0], code[1], code[2], 0)
	}
	return nil
}

// openDolby makes the form of ATSC A/52 annex A and G.
func (f *form) openDolby(streamType byte, registration string) {
	f.streamType, f.streamID = streamType, idPrivate
	f.descriptors = append(append(f.descriptors, registrationTag, 4), registration...)
}

// Descriptor tags (ISO 13818-1 table 2-45).
const (
	registrationTag = 0x05
	languageTag     = 0x0a
	extensionTag    = 0x7f
)

// appendUnits returns a copy of prefix with NAL units behind it, in Annex B form.
func appendUnits(prefix []byte, units ...[]byte) []byte {
	dst := append([]byte(nil), prefix...)
	for _, u := range units {
		if len(u) == 0 {
			continue
		}
		dst = append(dst, 0, 0, 0, 1)
		dst = append(dst, u...)
	}
	return dst
}

// openAAC makes the ADTS header (ISO 14496-3 §1.A.2.2) that all frames share but for their length.
func (f *form) openAAC(c *media.AAC) error {
	conf, err := c.Parse()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	rate := adtsRate(conf.SampleRate)
	if rate < 0 {
		return fmt.Errorf("%w: AAC at %d Hz has no ADTS form", ErrUnsuitable, conf.SampleRate)
	}
	if conf.ChannelConfig < 1 || conf.ChannelConfig > 7 {
		return fmt.Errorf("%w: AAC with channel configuration %d, expected 1 to 7", ErrUnsuitable, conf.ChannelConfig)
	}
	if conf.FrameLengthFlag {
		return fmt.Errorf("%w: AAC with 960 samples a frame", ErrUnsuitable)
	}
	f.adts = [7]byte{
		0xff, 0xf1, // Without a checksum.
		byte(conf.Type-1)<<6 | byte(rate)<<2 | conf.ChannelConfig>>2,
		conf.ChannelConfig << 6,
		0, 0x1f, 0xfc, // Buffer fullness of a variable rate, one block.
	}
	return nil
}

// adtsRate is the index of a sampling rate (ISO 14496-3 table 1.18), or -1.
func adtsRate(hz int) int {
	for i, r := range [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350} {
		if r == hz {
			return i
		}
	}
	return -1
}
