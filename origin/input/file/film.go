package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"podium.tv/podium/packager/vod/mp4"
)

// film is a file that is read from its beginning to its end, and again.
type film interface {
	// step reads on, and delivers what it finds. It is io.EOF behind the last sample.
	step() error
	// rewind goes back to the beginning.
	rewind() error
}

// errContainer means that a file is of a kind that is not read here.
var errContainer = errors.New("only MP4, MOV and MPEG-TS are played")

// openFilm finds out what a file is.
func openFilm(f io.ReaderAt, size int64, in *intake) (film, error) {
	head := make([]byte, 4*204)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read it: %w", err)
	}
	head = head[:n]
	if n == 0 {
		return nil, errors.New("it is empty")
	}
	if isTS(head) {
		return openTS(f, size, in), nil
	}
	movie, err := mp4.Open(f, size)
	if errors.Is(err, mp4.ErrNotMP4) {
		return nil, fmt.Errorf("%w, this is %s: convert it by `ffmpeg -i IN -c copy OUT.mp4`, "+
			"or where that is refused by `ffmpeg -i IN -c:v libx264 -c:a aac OUT.mp4`", errContainer, container(head))
	}
	if err != nil {
		return nil, err
	}
	return openMP4(f, movie, in)
}

// isTS says whether packets of MPEG-TS stand at the beginning, with or without a time before each (ISO 13818-1 §2.4.3.2, M2TS).
func isTS(b []byte) bool {
	at := func(first, stride int) bool {
		return len(b) > first+2*stride && b[first] == 0x47 && b[first+stride] == 0x47 && b[first+2*stride] == 0x47
	}
	return at(0, 188) || at(4, 192) || at(0, 204)
}

// container names what a file is, by its first bytes.
func container(b []byte) string {
	for _, c := range []struct{ begins, name string }{
		{"\x1a\x45\xdf\xa3", "Matroska or WebM"},
		{"FLV", "FLV"},
		{"RIFF", "AVI or WAVE"},
		{"\x00\x00\x01\xba", "an MPEG program stream"},
		{"ID3", "MP3"},
		{"OggS", "Ogg"},
		{"\x30\x26\xb2\x75", "Windows Media"},
		{"#EXTM3U", "a playlist"},
	} {
		if bytes.HasPrefix(b, []byte(c.begins)) {
			return c.name
		}
	}
	return "something else"
}
