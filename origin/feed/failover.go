package feed

import "time"

// Failover says when a source is left for another, and when a better one is taken back. At 0 a limit is the default, or off where that
// is the default; below 0 it is off.
type Failover struct {
	// NoVideo is how long no picture may come, or no sound of a source that has no pictures. A stamp that stands still is none.
	// It defaults to 3 s.
	NoVideo time.Duration
	// NoAudio is how long no sound may come of a source that has said it has some. It defaults to 10 s.
	NoAudio time.Duration
	// Frozen, Black and Silent are how long a picture may stay the same or black, and sound be silent. They are off by default.
	Frozen, Black, Silent time.Duration
	// Errors is how many packets a minute may be lost or broken. It is off by default.
	Errors int
	// BitrateBelow, in bits a second, is what a source must not stay below for ten seconds. It is off by default.
	BitrateBelow float64
	// BackAfter is how long a better source has to be good before it is taken back from one that is good too. It defaults to
	// 10 s, and doubles with each time after the first that the better one did not last a minute.
	BackAfter time.Duration
}

func (p *Failover) setDefaults() {
	p.NoVideo = limit(p.NoVideo, 3*time.Second)
	p.NoAudio = limit(p.NoAudio, 10*time.Second)
	p.Frozen, p.Black, p.Silent = max(p.Frozen, 0), max(p.Black, 0), max(p.Silent, 0)
	if p.BackAfter == 0 {
		p.BackAfter = 10 * time.Second
	}
	p.BackAfter = max(p.BackAfter, 0)
}

// limit is a limit as it is set, by its default at 0, and 0 where it is off.
func limit(set, byDefault time.Duration) time.Duration {
	if set == 0 {
		return byDefault
	}
	return max(set, 0)
}
