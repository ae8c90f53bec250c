package render

import (
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// Shift appends a stored fragment of a track, or a run of its chunks, to dst, with its media times d later. It is one copy
// and a few bytes written. The shift is rounded down to the track's timescale, the same for each fragment, so that what
// was unbroken stays so. Times before zero are an error that wraps segment.ErrTime.
func Shift(dst, fragment []byte, track *media.Track, d time.Duration) ([]byte, error) {
	if track.Timescale <= 0 {
		return dst, fmt.Errorf("%w: timescale %d, expected more than 0", ErrTracks, track.Timescale)
	}
	out, err := segment.AppendShifted(dst, fragment, media.FromDuration(d, track.Timescale))
	if err != nil {
		return dst, fmt.Errorf("shift track %d by %s: %w", track.ID, d, err)
	}
	return out, nil
}
