package slate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/vod/mp4"
)

// Bounds of a loop, which is held in memory.
const (
	maxBytes   = 64 << 20
	maxSamples = 100_000
)

// Read reads a loop from an MP4 file: its first track of H.264 and its first of AAC.
func Read(r io.ReaderAt, size int64) (*Loop, error) {
	if size > maxBytes {
		return nil, fmt.Errorf("%w, this has %d MB and at most %d can be held", ErrUnsuitable, size>>20, maxBytes>>20)
	}
	file, err := mp4.Open(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsuitable, err)
	}
	l := new(Loop)
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		for _, t := range file.Tracks {
			if t.Kind != kind || !carried(t.Codec) {
				continue
			}
			one, err := readRun(r, t)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrUnsuitable, err)
			}
			l.tracks = append(l.tracks, one)
			break
		}
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	return l, nil
}

// carried says whether every player can play it, the oldest box too.
func carried(c media.Codec) bool {
	switch c.(type) {
	case *media.H264, *media.AAC:
		return true
	}
	return false
}

func readRun(r io.ReaderAt, t *mp4.Track) (run, error) {
	scale := t.Timescale
	if t.Kind == media.Video {
		scale = 90000
	}
	out := run{Track: media.Track{Timescale: scale, Codec: t.Codec}}
	cursor := t.Samples()
	for bytes := int64(0); ; {
		var s mp4.Sample
		err := cursor.Next(&s)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if bytes += int64(s.Size); bytes > maxBytes || len(out.samples) == maxSamples {
			return out, fmt.Errorf("more than %d samples or %d MB", maxSamples, maxBytes>>20)
		}
		body := make([]byte, s.Size)
		if _, err := r.ReadAt(body, s.Pos); err != nil {
			return out, err
		}
		units := [][]byte{body}
		if t.Kind == media.Video {
			if units, err = unitsOf(body, t.LengthSize); err != nil {
				return out, err
			}
		}
		dts := media.Ticks(s.DTS, t.Timescale, scale)
		out.samples = append(out.samples, media.Sample{
			DTS: dts, PTS: dts + media.Ticks(int64(max(s.Offset, 0)), t.Timescale, scale),
			Sync: s.Sync || t.Kind == media.Audio, Units: units,
		})
		out.length = media.Ticks(s.DTS+int64(s.Duration), t.Timescale, scale)
		if out.frame == 0 {
			out.frame = out.length
		}
	}
}

// unitsOf parts a sample into its NAL units (ISO 14496-15 §5.3.2).
func unitsOf(body []byte, lengthSize int) ([][]byte, error) {
	var units [][]byte
	for len(body) > 0 {
		if lengthSize < 1 || lengthSize > 4 || len(body) < lengthSize {
			return nil, fmt.Errorf("a picture ends within the length of a NAL unit of %d bytes", lengthSize)
		}
		var word [4]byte
		copy(word[4-lengthSize:], body[:lengthSize])
		size := int64(binary.BigEndian.Uint32(word[:]))
		body = body[lengthSize:]
		if size > int64(len(body)) {
			return nil, fmt.Errorf("a NAL unit of %d bytes in a picture that has %d left", size, len(body))
		}
		if size > 0 {
			units = append(units, body[:size:size])
		}
		body = body[size:]
	}
	return units, nil
}
