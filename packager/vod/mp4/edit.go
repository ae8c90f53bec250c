package mp4

import (
	"fmt"
	"math"

	"podium.tv/podium/packager/media"
)

// Edit is which part of a track is played and when, in the track's timescale (ISO 14496-12 §8.6.6).
type Edit struct {
	// Begin is the media time at which the part begins.
	Begin int64
	// End is the media time behind it, math.MaxInt64 where it is the track's own.
	End int64
	// Delay is when the part is played, from the beginning of the movie.
	Delay int64
}

// Shift is what is added to media times to have times of the movie.
func (e Edit) Shift() int64 { return e.Delay - e.Begin }

// maxEdit bounds times: sums of them do not overflow.
const maxEdit = 1 << 56

// readEdits reads an elst box: none, or pauses and then one part played at its own rate. More parts than
// one would be a cut film, which is for an editing program to render.
func readEdits(b []byte, movie uint32, timescale int) (Edit, error) {
	edit := Edit{End: math.MaxInt64}
	if len(b) == 0 {
		return edit, nil
	}
	version, _, body, err := full(box{"elst", b}, 4)
	if err != nil {
		return edit, err
	}
	count, size := u32(body), 12
	if version == 1 {
		size = 20
	}
	body = body[4:]
	if uint64(count)*uint64(size) > uint64(len(body)) {
		return edit, damaged("elst of %d edits in %d bytes", count, len(body))
	}
	found := false
	for range count {
		var duration, begin int64
		if version == 1 {
			duration, begin = int64(u64(body)), int64(u64(body[8:]))
		} else {
			duration, begin = int64(u32(body)), int64(int32(u32(body[4:])))
		}
		rate := u32(body[size-4:])
		body = body[size:]
		if duration < 0 || duration > maxEdit || begin > maxEdit || begin < -1 {
			return edit, damaged("edit of %d from %d", duration, begin)
		}
		switch {
		case begin == -1:
			if !found {
				edit.Delay += media.Ticks(duration, int(movie), timescale)
			}
		case found:
			return edit, fmt.Errorf("%w: an edit list of more than one part", ErrUnsupported)
		case rate != 0x10000:
			return edit, fmt.Errorf("%w: an edit played at another rate", ErrUnsupported)
		default:
			found = true
			edit.Begin = begin
			if duration > 0 {
				// The movie's clock is coarse: what it rounds off must not cut a sample.
				edit.End = begin + media.Ticks(duration+1, int(movie), timescale)
			}
		}
	}
	if edit.Delay > maxEdit {
		return edit, damaged("edits with a pause of %d", edit.Delay)
	}
	return edit, nil
}
