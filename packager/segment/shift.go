package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrTime says that a shifted decoding time would be before zero, which the box cannot hold, or too large for it.
var ErrTime = errors.New("decoding time out of range")

// AppendShifted appends a copy of one or more concatenated fragments of one track whose decoding times are ticks later,
// in the track's timescale. Only the tfdt boxes differ (ISO 14496-12 §8.8.12): composition offsets and durations are
// relative to them.
func AppendShifted(dst, fragment []byte, ticks int64) ([]byte, error) {
	before := len(dst)
	dst = append(grow(dst, len(fragment)), fragment...)
	if ticks == 0 {
		return dst, nil
	}
	for rest := dst[before:]; len(rest) > 0; {
		kind, body, next, err := nextBox(rest)
		if err != nil {
			return dst[:before], err
		}
		rest = next
		if kind != "moof" {
			continue
		}
		if err := shiftMoof(body, ticks); err != nil {
			return dst[:before], err
		}
	}
	return dst, nil
}

func shiftMoof(body []byte, ticks int64) error {
	for len(body) > 0 {
		kind, traf, rest, err := nextBox(body)
		if err != nil {
			return err
		}
		body = rest
		if kind != "traf" {
			continue
		}
		for len(traf) > 0 {
			kind, box, rest, err := nextBox(traf)
			if err != nil {
				return err
			}
			traf = rest
			if kind != "tfdt" {
				continue
			}
			if err := shiftTime(box, ticks); err != nil {
				return err
			}
		}
	}
	return nil
}

func shiftTime(b []byte, ticks int64) error {
	var r Reader
	if err := r.openTime(b); err != nil {
		return err
	}
	limit := int64(maxTime)
	if b[0] == 0 {
		limit = math.MaxUint32
	}
	if ticks < -maxTime || ticks > maxTime || r.time+ticks < 0 || r.time+ticks > limit {
		return fmt.Errorf("%w: %d shifted by %d, expected 0 to %d", ErrTime, r.time, ticks, limit)
	}
	if b[0] == 0 {
		binary.BigEndian.PutUint32(b[4:], uint32(r.time+ticks))
		return nil
	}
	binary.BigEndian.PutUint64(b[4:], uint64(r.time+ticks))
	return nil
}
