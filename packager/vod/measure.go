package vod

import (
	"time"
)

// measured is the peak and the mean bit rate of segments (RFC 8216bis §4.1): the peak is the largest of any run of
// segments that lasts between half and one and a half target durations.
func measured(sizes []int64, durations []time.Duration, target time.Duration) (peak, mean int) {
	var total int64
	var lasts time.Duration
	rate := func(bytes int64, d time.Duration) int { return int(float64(8*bytes)/d.Seconds() + 0.5) }
	for i := range sizes {
		total += sizes[i]
		lasts += durations[i]
		var bytes int64
		var d time.Duration
		for j := i; j < len(sizes); j++ {
			bytes += sizes[j]
			d += durations[j]
			if d > target*3/2 {
				break
			}
			if d >= target/2 {
				peak = max(peak, rate(bytes, d))
			}
		}
	}
	if lasts > 0 {
		mean = max(rate(total, lasts), 1)
	}
	return max(peak, mean, 1), mean
}

// targetDuration is the longest segment's duration rounded to whole seconds (RFC 8216bis §4.4.3.1).
func targetDuration(durations []time.Duration) time.Duration {
	longest := time.Second
	for _, d := range durations {
		longest = max(longest, d.Round(time.Second))
	}
	return longest
}
