package play

import (
	"context"
	"time"
)

// place gives each run its presentation time, and returns the wall clock at the presentation time 0.
func (s *Service) place(ctx context.Context, c subject, v view, sc *scene, runs []run) (zero time.Time, err error) {
	if v.slides() {
		zero = time.Unix(0, 0)
		if ch, ok := c.(*Channel); ok {
			if runs[0].first, err = ch.began(ctx, runs[0].first); err != nil {
				return zero, err
			}
		}
		onClock(runs, zero)
		return zero, nil
	}
	zero = runs[0].first.Start
	if sc.start != nil && runs[0].first.Seq == sc.entries[0].Seq {
		// The view begins inside its first segment, and so does the presentation: players cut what is before it.
		runs[0].skipped = min(*sc.start, runs[0].first.Duration)
		zero = zero.Add(runs[0].skipped)
	}
	if v.mode == startOver {
		onClock(runs, zero)
		return zero, nil
	}
	for i := 1; i < len(runs); i++ {
		runs[i].start = runs[i-1].start + runs[i-1].duration()
	}
	return zero, nil
}

// onClock puts each run at the wall clock at which it was put out.
func onClock(runs []run, zero time.Time) {
	for i := range runs {
		runs[i].start = max(runs[i].first.Start.Add(runs[i].skipped).Sub(zero), 0)
	}
}
