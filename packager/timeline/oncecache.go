package timeline

import (
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
)

// onceCache makes the caches at their first use, so that a zero HourCache works.
type onceCache struct {
	once sync.Once
	hourLRUs
}

type hourLRUs struct {
	decoded *lru.Cache[string, []Entry]
	packed  *lru.Cache[string, *Packed]
}

func (o *onceCache) get(c *HourCache) *hourLRUs {
	o.once.Do(func() {
		decoded, packed := c.Size, c.Packed
		if decoded <= 0 {
			decoded = 256
		}
		if packed <= 0 {
			packed = 2048
		}
		// The only error is a size that is not positive.
		o.decoded, _ = lru.New[string, []Entry](decoded)
		o.packed, _ = lru.New[string, *Packed](packed)
	})
	return &o.hourLRUs
}
