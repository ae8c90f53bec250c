package object

import (
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before trying again: twice as long each time, from first to last, less up to a half
// at random, so that many nodes do not come back to a store at the same instant.
type backoff struct {
	first, last time.Duration

	tries int
}

func (b *backoff) next() time.Duration {
	wait := b.last
	if b.tries < 30 {
		wait = min(wait, b.first<<b.tries)
	}
	b.tries++
	return wait - rand.N(wait/2+1) //nolint:gosec // no secret
}

func (b *backoff) reset() {
	b.tries = 0
}
