package mp4

import (
	"encoding/binary"
	"strings"

	"podium.tv/podium/packager/media"
)

// Track is one track with sound or pictures.
type Track struct {
	// Codec is nil where it is none that Podium puts out; Unsuitable then tells what it is.
	Codec      media.Codec
	Unsuitable string
	Kind       media.Kind
	Timescale  int
	// Language is an RFC 5646 tag, or empty.
	Language string
	// Entry is the sample entry's name, such as avc1 or Opus, and Channels what it tells of a sound's channels, as far as
	// it tells.
	Entry    string
	Channels int
	// LengthSize is how many bytes of length stand before each NAL unit.
	LengthSize int
	// Enabled is the track's own word for being played by default.
	Enabled bool
	// Turned says that the header has the picture turned or mirrored when it is shown.
	Turned bool
	// Edit says which part of the track is played, and when.
	Edit Edit

	id       uint32
	tables   tables
	defaults defaults
	file     *File
}

// defaults are a trex box's, for fragments that do not tell their own.
type defaults struct{ duration, size, flags uint32 }

// readTrack reads a trak box. It returns nil for a track that has neither sound nor pictures.
func (f *File) readTrack(b []byte) (*Track, error) {
	t := &Track{file: f, Enabled: true}
	var edits []byte
	var handler string
	var entries []byte
	err := walkDeep(b, func(b box) error {
		switch b.kind {
		case "tkhd":
			version, flags, body, err := full(b, 20)
			if err != nil {
				return err
			}
			t.Enabled = flags&1 != 0
			at := 8
			if version == 1 {
				at = 16
			}
			t.id = u32(body[at:])
			// The matrix (ISO 14496-12 §8.3.2): telephones hold film upright by it.
			if m := at + 8 + at/2 + 16; len(body) >= m+20 && t.Kind != media.Audio {
				t.Turned = u32(body[m+4:]) != 0 || u32(body[m+12:]) != 0 || int32(u32(body[m:])) < 0 || int32(u32(body[m+16:])) < 0
			}
		case "elst":
			edits = b.body
		case "mdhd":
			return t.readMediaHeader(b)
		case "elng":
			if len(b.body) > 4 {
				t.Language = strings.TrimRight(string(b.body[4:min(len(b.body), 64)]), "\x00")
			}
		case "hdlr":
			if _, _, body, err := full(b, 8); err == nil && handler == "" {
				handler = string(body[4:8])
			}
		case "stsd":
			entries = b.body
		default:
			t.tables.set(b)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	switch handler {
	case "vide":
		t.Kind = media.Video
	case "soun":
		t.Kind = media.Audio
	case "sbtl", "text", "subt", "clcp", "subp":
		f.Texts = true
		return nil, nil
	default:
		return nil, nil
	}
	if t.Timescale == 0 {
		return nil, damaged("track %d has no timescale", t.id)
	}
	if err := t.tables.check(t.id); err != nil {
		return nil, err
	}
	if t.tables.samples == 0 && f.fragments == 0 {
		return nil, nil
	}
	if err := t.readEntries(entries); err != nil {
		return nil, err
	}
	t.Turned = t.Turned && t.Kind == media.Video
	t.Edit, err = readEdits(edits, f.timescale, t.Timescale)
	return t, err
}

// walkDeep walks a trak box and the boxes in it that only hold others.
func walkDeep(b []byte, yield func(box) error) error { return walkTo(maxDepth, b, yield) }

// maxDepth bounds boxes in boxes; a sample table lies three deep.
const maxDepth = 8

func walkTo(depth int, b []byte, yield func(box) error) error {
	return walk(b, func(b box) error {
		switch b.kind {
		case "mdia", "minf", "stbl", "edts":
			if depth == 0 {
				return damaged("boxes more than %d deep", maxDepth)
			}
			return walkTo(depth-1, b.body, yield)
		}
		return yield(b)
	})
}

func (t *Track) readMediaHeader(b box) error {
	version, _, body, err := full(b, 20)
	if err != nil {
		return err
	}
	at := 8
	if version == 1 {
		at = 16
	}
	scale := u32(body[at:])
	if scale == 0 || scale > maxTimescale {
		return damaged("timescale %d, expected 1 to %d", scale, maxTimescale)
	}
	t.Timescale = int(scale)
	at += 8
	if version == 1 {
		at += 4
	}
	if len(body) >= at+2 && t.Language == "" {
		t.Language = language(binary.BigEndian.Uint16(body[at:]))
	}
	return nil
}

// language unpacks three letters of five bits (ISO 14496-12 §8.4.2.3). Below 0x400 stand the Macintosh's own codes.
func language(packed uint16) string {
	if packed < 0x400 || packed == 0x7fff {
		return ""
	}
	code := string([]byte{byte(packed>>10&31) + 0x60, byte(packed>>5&31) + 0x60, byte(packed&31) + 0x60})
	if code == "und" || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return code
}
