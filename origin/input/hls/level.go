package hls

import "time"

// level watches how long segments lie ready before they are needed. The portal's clock and ours are never quite of one
// speed: over days segments would heap up, or run out. The zero value is ready.
type level struct {
	seen   int
	lowest time.Duration
	goal   time.Duration
	set    bool
	rate   float64
}

const (
	// window is how many segments are looked at together: lists come when they come, and the least delayed counts.
	window = 16
	// maxRate is what a feed's dates follow: 100 ppm.
	maxRate = 1e-4
)

// observe takes note of how long a segment lay ready, and says by how much media should run faster than our clock.
func (l *level) observe(lay, target time.Duration) float64 {
	if l.seen == 0 || lay < l.lowest {
		l.lowest = lay
	}
	l.seen++
	if l.seen < window {
		return l.rate
	}
	l.seen = 0
	if !l.set {
		l.set, l.goal = true, l.lowest
		return l.rate
	}
	switch off := l.lowest - l.goal; {
	case off > target/4:
		l.rate = maxRate
	case off < -target/4:
		l.rate = -maxRate
	case off.Abs() < target/16:
		l.rate = 0
	}
	return l.rate
}
