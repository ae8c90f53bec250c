package render

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// ErrNoPicture says that a segment has no random access point, or is no video: it has no place in an I-frame playlist.
var ErrNoPicture = errors.New("no picture to begin with")

// IFrame appends a fragment to dst that holds only the first random access picture of a video track's stored fragment and
// lasts until the fragment's end: a segment of an I-frame playlist (RFC 8216bis §4.4.3.6). Its number is the fragment's.
func IFrame(dst []byte, track *media.Track, fragment []byte) ([]byte, error) {
	p, sequence, err := firstPicture(track, fragment)
	if err != nil {
		return dst, err
	}
	return segment.AppendFragment(dst, sequence, track, []segment.Piece{p}), nil
}

// IFrameTS appends the same picture as MPEG-TS: the tables and one PES packet, its times shifted. As a player takes these
// segments in any order, each says that it continues no other.
func IFrameTS(dst []byte, track *media.Track, fragment []byte, shift time.Duration) ([]byte, error) {
	p, sequence, err := firstPicture(track, fragment)
	if err != nil {
		return dst, err
	}
	p.Duration = 1 // A longer one would be filled with clock references.
	alone := &media.Init{Tracks: []media.Track{*track}}
	one := segment.AppendFragment(nil, sequence, track, []segment.Piece{p})
	out, _, err := TSWith(dst, alone, [][]byte{one}, TSOptions{Shift: shift, Discontinuity: true})
	return out, err
}

// firstPicture finds the first random access picture and how long the fragment lasts from it on.
func firstPicture(track *media.Track, fragment []byte) (p segment.Piece, sequence uint32, err error) {
	if track.Kind() != media.Video {
		return p, 0, fmt.Errorf("%w: track %d is %s", ErrNoPicture, track.ID, track.Kind())
	}
	r := segment.Reader{Rest: fragment}
	var s, first segment.StoredSample
	found := false
	for {
		if err := r.Next(&s); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return p, 0, fmt.Errorf("track %d: %w", track.ID, err)
		}
		if s.Sync && !found && len(s.Data) > 0 {
			first, found, sequence = s, true, r.Sequence()
		}
	}
	if !found {
		return p, 0, fmt.Errorf("%w: track %d has no random access point in %d bytes", ErrNoPicture, track.ID, len(fragment))
	}
	end := s.DTS + int64(s.Duration)
	p = segment.Piece{
		DTS: first.DTS, Offset: first.Offset, Sync: true,
		Duration: uint32(min(max(end-first.DTS, 1), math.MaxUint32)),
	}
	for rest := first.Data; len(rest) > 0; {
		var unit []byte
		if unit, rest, err = nextUnit(rest); err != nil {
			return p, 0, fmt.Errorf("track %d at %d: %w", track.ID, first.DTS, err)
		}
		p.Units = append(p.Units, unit)
	}
	return p, sequence, nil
}
