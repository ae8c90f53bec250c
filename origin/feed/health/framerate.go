package health

import "time"

// steadyWindow is how long pictures are counted for a figure that grades are given by: networks deliver in bursts.
const steadyWindow = 10 * time.Second

// frameRate counts pictures.
type frameRate struct {
	nominal float64 // as the parameter sets tell, 0 where they do not
	rate    rate

	began   time.Time
	count   int
	windows int
	steady  float64 // of the last whole steadyWindow
	best    float64 // the most that one had
}

func (f *frameRate) add(now time.Time) {
	f.rate.add(1, now)
	if f.began.IsZero() || now.Before(f.began) || now.Sub(f.began) > 2*steadyWindow {
		f.began, f.count = now, 0
	}
	if span := now.Sub(f.began); span >= steadyWindow {
		f.steady = float64(f.count) / span.Seconds()
		f.began, f.count = now, 0
		// What a server had buffered comes all at once at the beginning.
		f.windows++
		if f.windows > 1 || f.nominal > 0 && f.steady <= 1.1*f.nominal {
			f.best = max(f.best, f.steady)
		}
		if f.nominal > 0 {
			f.best = min(f.best, f.nominal)
		}
	}
	f.count++
}
