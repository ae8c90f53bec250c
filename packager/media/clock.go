package media

import "time"

// Ticks converts a media time from one timescale to another, rounding down, without overflow for any time
// a stream can reach.
func Ticks(t int64, from, to int) int64 {
	if from == to {
		return t
	}
	whole, rest := split(t, int64(from))
	return whole*int64(to) + rest*int64(to)/int64(from)
}

// Duration is a media time as a time.Duration, rounded down to the nanosecond.
func Duration(t int64, timescale int) time.Duration {
	whole, rest := split(t, int64(timescale))
	return time.Duration(whole)*time.Second + time.Duration(rest*int64(time.Second)/int64(timescale))
}

// FromDuration is a time.Duration as a media time, rounded down to the tick.
func FromDuration(d time.Duration, timescale int) int64 {
	whole, rest := split(int64(d), int64(time.Second))
	return whole*int64(timescale) + rest*int64(timescale)/int64(time.Second)
}

// split parts a time into whole seconds and a rest that is never negative, so that times before zero round down too.
func split(t, scale int64) (whole, rest int64) {
	whole, rest = t/scale, t%scale
	if rest < 0 {
		whole, rest = whole-1, rest+scale
	}
	return whole, rest
}
