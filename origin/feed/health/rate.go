package health

import "time"

// The window that bytes are counted in: of slots, so that it slides.
const (
	rateWindow = 2 * time.Second
	rateSlots  = 8
	rateSlot   = rateWindow / rateSlots
)

// rate is the bytes and pieces of the last rateWindow.
type rate struct {
	slots [rateSlots + 1]int // one for each slot that is over, and the one that is filled
	began int64              // number of the first slot
	now   int64              // number of the slot that is filled
	begun bool
}

func slotOf(now time.Time) int64 { return now.UnixNano() / int64(rateSlot) }

// add counts n.
func (r *rate) add(n int, now time.Time) {
	r.turn(now)
	r.slots[r.now%int64(len(r.slots))] += n
}

// turn empties the slots that time has passed over.
func (r *rate) turn(now time.Time) {
	slot := slotOf(now)
	if !r.begun || slot < r.now || slot-r.now > 10*rateSlots {
		// The first, or the clock was set, or nothing came for long.
		*r = rate{begun: true, began: slot, now: slot}
		return
	}
	for r.now < slot {
		r.now++
		r.slots[r.now%int64(len(r.slots))] = 0
	}
}

// perSecond is the mean of the slots that are over.
func (r *rate) perSecond(now time.Time) float64 {
	if !r.begun {
		return 0
	}
	r.turn(now)
	whole := min(r.now-r.began, rateSlots)
	if whole <= 0 {
		return 0
	}
	sum := 0
	for n := r.now - whole; n < r.now; n++ {
		sum += r.slots[n%int64(len(r.slots))]
	}
	return float64(sum) / (time.Duration(whole) * rateSlot).Seconds()
}
