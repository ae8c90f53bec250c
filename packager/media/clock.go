package media

import "time"

// Ticks converts a media time from one timescale to another, rounding down, without overflow for any time
// a stream can reach.
func Ticks(t int64, from, to int) int64 {
	if from == to {
		return t
	}
	f, o := int64(from), int64(to)
	whole, rest := t/f, t%f
	return whole*o + rest*o/f
}

// Duration is a media time as a time.Duration, rounded down to the nanosecond.
func Duration(t int64, timescale int) time.Duration {
	s := int64(timescale)
	return time.Duration(t/s)*time.Second + time.Duration(t%s)*time.Second/time.Duration(s)
}

// FromDuration is a time.Duration as a media time, rounded down to the tick.
func FromDuration(d time.Duration, timescale int) int64 {
	s := int64(timescale)
	whole, rest := int64(d/time.Second), int64(d%time.Second)
	return whole*s + rest*s/int64(time.Second)
}
