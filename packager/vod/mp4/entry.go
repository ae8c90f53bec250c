package mp4

import (
	"bytes"
	"fmt"
	"strings"

	"podium.tv/podium/packager/media"
)

// readEntries reads the stsd box: one sample entry, or several that are the same.
func (t *Track) readEntries(b []byte) error {
	_, _, body, err := full(box{"stsd", b}, 4)
	if err != nil {
		return err
	}
	var first box
	err = walk(body[4:], func(b box) error {
		switch {
		case first.kind == "":
			first = b
		case b.kind != first.kind || !bytes.Equal(b.body, first.body):
			t.Unsuitable = "parameters that change in the middle"
		}
		return nil
	})
	if err != nil {
		return err
	}
	if first.kind == "" {
		return damaged("track %d has no sample entry", t.id)
	}
	t.Entry = first.kind
	if t.Unsuitable != "" {
		return nil
	}
	if t.Kind == media.Video {
		return t.readVisual(first)
	}
	return t.readSound(first)
}

// visualHeader and soundHeader are the bytes of a sample entry before its boxes (ISO 14496-12 §12.1.3 and §12.2.3).
const (
	visualHeader = 78
	soundHeader  = 28
)

func (t *Track) readVisual(b box) error {
	t.Unsuitable = codecName(b.kind)
	if len(b.body) < visualHeader {
		return damaged("sample entry %q of %d bytes", b.kind, len(b.body))
	}
	return walk(b.body[visualHeader:], func(c box) error {
		var err error
		switch {
		case c.kind == "avcC" && (b.kind == "avc1" || b.kind == "avc3"):
			err = t.readAVC(c.body)
		case c.kind == "hvcC" && (b.kind == "hvc1" || b.kind == "hev1"):
			err = t.readHEVC(c.body)
		}
		return err
	})
}

// readAVC reads ISO 14496-15 §5.3.3.1.
func (t *Track) readAVC(b []byte) error {
	if len(b) < 7 {
		return damaged("avcC of %d bytes", len(b))
	}
	t.LengthSize = int(b[4]&3) + 1
	sps, rest, err := sets(b[6:], int(b[5]&31))
	if err != nil {
		return err
	}
	if len(rest) < 1 {
		return damaged("avcC without a picture parameter set")
	}
	pps, _, err := sets(rest[1:], int(rest[0]))
	if err != nil {
		return err
	}
	if len(sps) != 1 || len(pps) != 1 {
		// The stored form has room for one of each; more are rare, and ffmpeg puts them into the stream.
		t.Unsuitable = fmt.Sprintf("H.264 with %d and %d parameter sets", len(sps), len(pps))
		return nil
	}
	t.Codec, t.Unsuitable = &media.H264{SPS: sps[0], PPS: pps[0]}, ""
	return nil
}

// readHEVC reads ISO 14496-15 §8.3.3.1.
func (t *Track) readHEVC(b []byte) error {
	if len(b) < 23 {
		return damaged("hvcC of %d bytes", len(b))
	}
	t.LengthSize = int(b[21]&3) + 1
	arrays, rest := int(b[22]), b[23:]
	found := map[byte][]byte{}
	for range arrays {
		if len(rest) < 3 {
			return damaged("hvcC is too short")
		}
		kind := rest[0] & 0x3f
		units, after, err := sets(rest[3:], int(u16(rest[1:])))
		if err != nil {
			return err
		}
		rest = after
		if len(units) > 0 && found[kind] == nil {
			found[kind] = units[0]
		}
	}
	c := &media.H265{VPS: found[32], SPS: found[33], PPS: found[34]}
	if c.VPS == nil || c.SPS == nil || c.PPS == nil {
		t.Unsuitable = "H.265 without parameter sets in its header"
		return nil
	}
	t.Codec, t.Unsuitable = c, ""
	return nil
}

// sets reads parameter sets behind 16-bit lengths.
func sets(b []byte, count int) (out [][]byte, rest []byte, err error) {
	for range count {
		if len(b) < 2 || len(b)-2 < int(u16(b)) {
			return nil, nil, damaged("a parameter set is cut short")
		}
		n := int(u16(b))
		if n > 0 {
			out = append(out, bytes.Clone(b[2:2+n]))
		}
		b = b[2+n:]
	}
	return out, b, nil
}

func (t *Track) readSound(b box) error {
	t.Unsuitable = codecName(b.kind)
	if len(b.body) < soundHeader {
		return damaged("sample entry %q of %d bytes", b.kind, len(b.body))
	}
	t.Channels = int(u16(b.body[16:]))
	if b.kind != "mp4a" {
		return nil
	}
	// QuickTime's versions 1 and 2 of the entry are longer.
	header := soundHeader
	switch u16(b.body[8:]) {
	case 1:
		header += 16
	case 2:
		header += 36
	}
	if len(b.body) < header {
		return damaged("sample entry %q of %d bytes", b.kind, len(b.body))
	}
	return walk(b.body[header:], func(b box) error {
		if b.kind == "wave" { // QuickTime keeps the descriptor in here.
			return walk(b.body, t.readDescriptorBox)
		}
		return t.readDescriptorBox(b)
	})
}

func (t *Track) readDescriptorBox(b box) error {
	if b.kind == "esds" {
		_, _, body, err := full(b, 0)
		if err != nil {
			return err
		}
		t.readDescriptor(body)
	}
	return nil
}

// readDescriptor looks for the decoder's configuration (ISO 14496-1 §7.2.6): objects with a tag and a length.
func (t *Track) readDescriptor(b []byte) {
	for len(b) >= 2 {
		tag := b[0]
		size, n := 0, 1
		for ; n < len(b) && n <= 4; n++ {
			size = size<<7 | int(b[n]&0x7f)
			if b[n]&0x80 == 0 {
				n++
				break
			}
		}
		b = b[min(n, len(b)):]
		size = min(size, len(b))
		skip := size
		switch {
		case tag == 3 && size >= 3: // ES descriptor: its optional fields, then what is in it.
			skip = 3
			flags := b[2]
			if flags&0x80 != 0 {
				skip += 2
			}
			if flags&0x40 != 0 && len(b) > skip {
				skip += 1 + int(b[skip])
			}
			if flags&0x20 != 0 {
				skip += 2
			}
		case tag == 4 && size >= 13: // Decoder configuration.
			if b[0] != 0x40 && b[0] != 0x67 { // MPEG-4 audio, MPEG-2 AAC LC.
				t.Unsuitable = codecName(fmt.Sprintf("mp4a.%02x", b[0]))
				return
			}
			skip = 13
		case tag == 5 && size > 0:
			c := &media.AAC{Config: bytes.Clone(b[:size])}
			if reason := unsuitableAAC(c); reason != "" {
				t.Unsuitable = reason
				return
			}
			t.Codec, t.Unsuitable = c, ""
			return
		}
		b = b[min(skip, len(b)):]
	}
}

// unsuitableAAC says what keeps an AAC track from being put out in every form.
func unsuitableAAC(c *media.AAC) string {
	conf, err := c.Parse()
	switch {
	case err != nil:
		return "AAC of an unknown profile"
	case conf.ChannelConfig < 1 || conf.ChannelConfig > 7:
		return "AAC with channels of its own order"
	case conf.FrameLengthFlag:
		return "AAC with 960 samples a frame"
	case len(c.Config) > 64:
		return "AAC with a large configuration"
	}
	return ""
}

// codecName is a sample entry's name for people.
func codecName(kind string) string {
	switch kind {
	case "mp4v":
		return "MPEG-4 part 2"
	case "ac-3", "sac3":
		return "AC-3"
	case "ec-3":
		return "E-AC-3"
	case "Opus":
		return "Opus"
	case "av01":
		return "AV1"
	case "vp08":
		return "VP8"
	case "vp09":
		return "VP9"
	case "jpeg", "mjpa", "mjpb":
		return "Motion JPEG"
	case "apcn", "apch", "apcs", "apco", "ap4h", "ap4x":
		return "ProRes"
	case "alac":
		return "ALAC"
	case "fLaC":
		return "FLAC"
	case ".mp3", "mp4a.69", "mp4a.6b":
		return "MP3"
	case "sowt", "twos", "lpcm", "in24", "in32", "fl32", "raw ":
		return "PCM"
	}
	return "the codec " + strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, kind)
}
