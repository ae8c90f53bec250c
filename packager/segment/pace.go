package segment

import (
	"slices"
	"time"

	"podium.tv/podium/packager/media"
)

// Pace learns how long a source's frames last and chooses how long parts are: at least the target, and such that a whole
// number of frames fills each to 85 % or more (RFC 8216bis §4.4.4.9). It outlives epochs and connections, so that a source
// that comes back goes on with the same parts.
type Pace struct {
	// Target is the length aimed at.
	Target time.Duration

	timescale int
	frames    [128]uint32
	count     int // of frames ever seen
	chosen    time.Duration
	since     int // count when it was chosen
}

const (
	paceStep = 5 * time.Millisecond
	paceMost = 5 // times the target
	// paceSlack is the room that is left for stamps to vary more than they did, where they vary.
	paceSlack = 3 * time.Millisecond
)

// observe takes note of a frame's duration.
func (p *Pace) observe(duration uint32, timescale int) {
	if p.timescale != timescale {
		*p = Pace{Target: p.Target, timescale: timescale}
	}
	p.frames[p.count%len(p.frames)] = duration
	p.count++
}

// length is how long parts are to be, or 0 while too little is known.
func (p *Pace) length() time.Duration {
	n := min(p.count, len(p.frames))
	if n < 4 || p.chosen != 0 && p.count == p.since {
		return p.chosen
	}
	sums := p.sums(n)
	switch {
	case p.chosen != 0 && sums.fit(p.chosen, 0):
		// Shorter parts are worth another part target only where they are a good deal shorter, and sure to stay.
		if best := p.choose(&sums); n == len(p.frames) && best < p.chosen*9/10 {
			p.chosen = best
		}
	case n < len(p.frames)/8 && sums.total < p.ticks(3*p.Target):
		return p.chosen
	default:
		p.chosen = p.choose(&sums)
	}
	p.since = p.count
	return p.chosen
}

// choose is the shortest length that suits, or the target where none does: its parts are then said to end within frames.
func (p *Pace) choose(sums *frameSums) time.Duration {
	slack := time.Duration(0)
	if sums.jitter > 1 {
		slack = paceSlack
	}
	for length := p.Target; length <= paceMost*p.Target; length += paceStep {
		if sums.fit(length, slack) {
			return length
		}
	}
	return p.Target
}

func (p *Pace) ticks(d time.Duration) int64 { return media.FromDuration(d, p.timescale) }

// frameSums are the least and the most that runs of 1, 2, 3... frames lasted.
type frameSums struct {
	timescale   int
	least, most []int64
	total       int64
	jitter      int64
}

func (p *Pace) sums(n int) frameSums {
	frames := make([]int64, n)
	for i := range frames {
		frames[i] = int64(p.frames[(p.count-n+i)%len(p.frames)])
	}
	usual := slices.Sorted(slices.Values(frames))[n/2]
	s := frameSums{timescale: p.timescale}
	for i := range frames {
		if frames[i] > usual*3/2 || frames[i] < usual/2 {
			frames[i] = usual // A frame was lost, or there was a pause; or stamps were mended: no pace.
		}
		s.total += frames[i]
	}
	s.jitter = slices.Max(frames) - slices.Min(frames)
	limit := p.ticks(paceMost * p.Target)
	for run := 1; run <= n/2+1 && run <= n; run++ {
		var sum int64
		for _, f := range frames[:run] {
			sum += f
		}
		least, most := sum, sum
		for i := run; i < n; i++ {
			sum += frames[i] - frames[i-run]
			least, most = min(least, sum), max(most, sum)
		}
		s.least, s.most = append(s.least, least), append(s.most, most)
		if least > limit {
			break
		}
	}
	return s
}

// fit says whether parts of a length would be filled well: the most frames that always fit fill 85 %, with room.
func (s *frameSums) fit(length, slack time.Duration) bool {
	ticks, room := media.FromDuration(length, s.timescale), media.FromDuration(slack, s.timescale)
	for run := len(s.most) - 1; run >= 0; run-- {
		if s.most[run]+room <= ticks {
			return (s.least[run]-room)*100 >= ticks*85
		}
	}
	return false
}
