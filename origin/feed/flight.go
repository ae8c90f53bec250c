package feed

import "time"

const (
	// shortFlight is a time on the air that was not worth a switch where viewers could have stayed with another line.
	shortFlight = time.Minute
	// scrap is one that was not even worth leaving the slate for, and maxScraps how many of them are put up with.
	scrap     = 4 * time.Second
	maxScraps = 3
	// unsteadyWait is how long a line that brought only scraps has to be good before it takes the slate's place.
	unsteadyWait = 5 * time.Second
	// maxBack bounds how long a line that does not last has to be good.
	maxBack = 5 * time.Minute
)

// flight is how a line fared on the air: the guard against one that comes and goes.
type flight struct {
	on     bool
	began  time.Time
	shorts int // so many of the last in a row were short
	scraps int // and so many scraps
}

// start says that the line is on the air.
func (f *flight) start(now time.Time) {
	if !f.on {
		f.on, f.began = true, now
	}
}

// land says that it is not any more.
func (f *flight) land(now time.Time) {
	if !f.on {
		return
	}
	f.on = false
	lasted := now.Sub(f.began)
	f.shorts++
	f.scraps++
	if lasted >= shortFlight {
		f.shorts = 0
	}
	if lasted >= scrap {
		f.scraps = 0
	}
}

// steady says that the line may take the slate's place with its first key frame.
func (f *flight) steady() bool { return f.scraps < maxScraps }

// back is how long the line has to be good before it takes the place of another that is good.
func (f *flight) back(after time.Duration) time.Duration {
	return min(after<<min(max(f.shorts-1, 0), 6), max(after, maxBack))
}

// fly keeps the books of what is on the air.
func (d *director) fly(on shown, now time.Time) {
	for i, l := range d.feed.lines {
		if n := &d.notes[i]; l == on.line {
			n.flight.start(now)
		} else {
			n.flight.land(now)
		}
	}
}
