package timeline

import (
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
)

// onceCache makes the cache at its first use, so that a zero HourCache works.
type onceCache struct {
	once  sync.Once
	cache *hourLRU
}

func (o *onceCache) get(size int) *hourLRU {
	o.once.Do(func() {
		if size <= 0 {
			size = 256
		}
		// The only error is a size that is not positive.
		o.cache, _ = lru.New[string, []Entry](size)
	})
	return o.cache
}
