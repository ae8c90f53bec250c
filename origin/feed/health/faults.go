package health

import (
	"errors"
	"time"

	"podium.tv/podium/origin/input"
)

// Faults are counted in slots, so that the minute slides.
const (
	faultSlots = 12
	faultSlot  = 5 * time.Second
)

// faults is what went wrong.
type faults struct {
	last error
	at   time.Time

	slots [faultSlots]uint64
	slot  int64
}

func (f *faults) add(err error, now time.Time) {
	f.last, f.at = err, now
	f.turn(now)
	f.slots[f.slot%faultSlots] += weight(err)
}

// weight is how many faults an error tells of. A track that cannot be carried is one that is not there.
func weight(err error) uint64 {
	var loss *input.LossError
	var track *input.UnsupportedTrackError
	switch {
	case errors.As(err, &loss):
		return max(min(loss.Lost, 1<<20)+min(loss.Dropped, 1<<20)+min(loss.Broken, 1<<20), 1)
	case errors.As(err, &track):
		return 0
	}
	return 1
}

func (f *faults) turn(now time.Time) {
	slot := now.UnixNano() / int64(faultSlot)
	if slot < f.slot || slot-f.slot > faultSlots {
		f.slots, f.slot = [faultSlots]uint64{}, slot
	}
	for f.slot < slot {
		f.slot++
		f.slots[f.slot%faultSlots] = 0
	}
}

// perMinute is how many faults the last minute had.
func (f *faults) perMinute(now time.Time) float64 {
	f.turn(now)
	sum := uint64(0)
	for _, n := range f.slots {
		sum += n
	}
	return float64(sum)
}
