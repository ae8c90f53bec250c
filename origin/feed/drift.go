package feed

import "time"

const (
	// driftWindow is how long a track's skew is gathered for one look at it.
	driftWindow = 4 * time.Second
	// maxDrift is how far sound may run off the picture before it is put right. Viewers notice sound that is 45 ms early or 125 ms late
	// (ITU-R BT.1359), and to put it right is heard as a click, so it is not done more often than that.
	maxDrift = 100 * time.Millisecond
	// maxPace is how fast the skew changes at most where clocks drift, 1.5 %. What changes faster is how the stream is delivered,
	// which says nothing of its stamps.
	maxPace = driftWindow * 15 / 1000
	// maxSpread is how unevenly a track may come if its arrival is to say anything: files and playlists come segment by segment.
	maxSpread = 400 * time.Millisecond
)

// drift watches whether a track's stamps run off those of the pictures that come at the same time: its sampling clock is not the
// camera's, and its stamps were counted by it. The zero value begins anew.
type drift struct {
	began     time.Time
	n         int
	sum       time.Duration
	low, high time.Duration

	known bool
	base  time.Duration // the skew that the track began with
	mean  time.Duration // of the last window
}

// add takes the skew of a sample that came now, and says by how much the track has run off, once that is too much. The skew is
// expected to be less by as much from then on.
func (d *drift) add(skew time.Duration, now time.Time) (off time.Duration, tooMuch bool) {
	if d.n == 0 || now.Before(d.began) {
		d.began, d.n, d.sum, d.low, d.high = now, 0, 0, skew, skew
	}
	d.n++
	d.sum += skew
	d.low, d.high = min(d.low, skew), max(d.high, skew)
	if now.Sub(d.began) < driftWindow {
		return 0, false
	}
	mean, even := d.sum/time.Duration(d.n), d.high-d.low <= maxSpread && now.Sub(d.began) < 2*driftWindow
	d.n = 0
	switch {
	case !even:
		d.known = false
		return 0, false
	case !d.known:
		d.known, d.base, d.mean = true, mean, mean
		return 0, false
	}
	if step := mean - d.mean; step.Abs() > maxPace {
		d.base += step
	}
	d.mean = mean
	if off = mean - d.base; off.Abs() <= maxDrift {
		return 0, false
	}
	d.mean = d.base
	return off, true
}
