// Package mp4 reads where the samples of MP4 and MOV files are, plain or fragmented, without reading the samples.
package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"podium.tv/podium/packager/media"
)

// File is an MP4 or MOV file (ISO 14496-12, QuickTime File Format).
type File struct {
	Tracks []*Track
	// Texts says that the file has tracks of text, which are not among the Tracks.
	Texts bool
	// Duration is what the movie header tells; zero where it does not, as in most fragmented files.
	Duration time.Duration

	r         io.ReaderAt
	size      int64
	fragments int64 // offset of the first moof box, or 0
	timescale uint32
}

// Bounds of what is read into memory. A day of film has a moov box of about 50 MB.
const (
	maxMoov      = 256 << 20
	maxMoof      = 16 << 20
	maxTopLevel  = 1 << 20 // boxes before moov
	maxTracks    = 64
	maxTimescale = media.MaxTimescale
)

// Open reads the file's header: all that is needed to find its samples.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: size}
	var moov []byte
	offset := int64(0)
	for n := 0; ; n++ {
		p, err := readPlace(r, offset, size)
		if errors.Is(err, io.EOF) || n > maxTopLevel {
			break
		}
		if err == nil && n == 0 && !begins(p.kind) {
			return nil, ErrNotMP4
		}
		if err != nil {
			if n == 0 {
				return nil, ErrNotMP4
			}
			if moov != nil {
				break // What stands behind the end of a whole movie is not our business.
			}
			return nil, err
		}
		switch {
		case p.kind == "moov" && moov == nil:
			if moov, err = readBody(r, p, size, maxMoov); err != nil {
				return nil, err
			}
		case p.kind == "moof" && f.fragments == 0:
			f.fragments = p.offset
		}
		if moov != nil && f.fragments != 0 {
			break
		}
		offset = p.end
	}
	if moov == nil {
		if offset > size {
			return nil, damaged("no moov box, and it ends inside of the one before: the file is cut short")
		}
		return nil, damaged("no moov box: the recording was not finished, or the file is cut short")
	}
	if err := f.readMoov(moov); err != nil {
		return nil, err
	}
	return f, nil
}

// begins says whether a box of that kind may stand first in a file.
func begins(kind string) bool {
	switch kind {
	case "ftyp", "styp", "moov", "moof", "mdat", "free", "skip", "wide", "pnot", "uuid", "sidx", "pdin", "meta":
		return true
	}
	return false
}

// readMoov reads the movie's header.
func (f *File) readMoov(moov []byte) error {
	var extends []byte
	err := walk(moov, func(b box) error {
		switch b.kind {
		case "mvhd":
			return f.readHeader(b)
		case "mvex":
			extends = b.body
		case "cmov":
			return fmt.Errorf("%w: compressed movie header", ErrUnsupported)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = walk(moov, func(b box) error {
		if b.kind != "trak" {
			return nil
		}
		if len(f.Tracks) == maxTracks {
			return damaged("more than %d tracks", maxTracks)
		}
		t, err := f.readTrack(b.body)
		if err == nil && t != nil {
			f.Tracks = append(f.Tracks, t)
		}
		return err
	})
	if err != nil {
		return err
	}
	return walk(extends, func(b box) error {
		if b.kind != "trex" {
			return nil
		}
		_, _, body, err := full(b, 20)
		if err != nil {
			return err
		}
		for _, t := range f.Tracks {
			if t.id == binary.BigEndian.Uint32(body) {
				t.defaults = defaults{u32(body[8:]), u32(body[12:]), u32(body[16:])}
			}
		}
		return nil
	})
}

func (f *File) readHeader(b box) error {
	version, _, body, err := full(b, 16)
	if err != nil {
		return err
	}
	var duration uint64
	if version == 1 {
		if len(body) < 28 {
			return damaged("mvhd of %d bytes", len(body))
		}
		f.timescale, duration = u32(body[16:]), binary.BigEndian.Uint64(body[20:])
	} else {
		f.timescale, duration = u32(body[8:]), uint64(u32(body[12:]))
		if duration == 0xffffffff {
			duration = 0
		}
	}
	if f.timescale == 0 || f.timescale > maxTimescale {
		f.timescale = 1000 // Nothing but edits and the duration count in it.
	}
	if duration < 1<<50 {
		f.Duration = media.Duration(int64(duration), int(f.timescale))
	}
	return nil
}

func u32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func u16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
