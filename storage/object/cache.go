package object

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"
)

// cacheItemOverhead is about what an item costs beside its key and body, in bytes: list element, map slot, headers.
const cacheItemOverhead = 128

// Cache is the hot cache: bodies by key in memory, bounded by bytes, the least recently used going first. Bodies are
// shared and must not be written to.
type Cache struct {
	// Limit is how many bytes the items may take, keys and bookkeeping included. It defaults to 256 MiB. An item of
	// more than a quarter of it is not kept.
	Limit int64
	// Timeout is how long a load may take, whoever waits for it. It defaults to 15 s.
	Timeout time.Duration
	// MaxLoads is how many loads of different keys run at once; others wait. It defaults to 64.
	MaxLoads int
	// Name is the label "cache" of the metrics. It defaults to "hot".
	Name string
	// Metrics defaults to none.
	Metrics *Metrics

	//
	// private
	//

	metrics *cacheMetrics
	flight  singleflight.Group
	slots   chan struct{}

	// One lock for all: on two cores spreading the keys over sixteen locks made Get no faster (BenchmarkCacheGet),
	// and with one the order of use is exact and the bound simple.
	mutex   sync.Mutex
	items   *simplelru.LRU[string, []byte]
	bytes   int64  // of all items
	removed uint64 // counts calls of Remove
}

// Initialize prepares the cache.
func (c *Cache) Initialize() error {
	if c.Limit == 0 {
		c.Limit = 256 << 20
	}
	if c.Limit < 0 {
		return fmt.Errorf("cache: limit is %d bytes, expected 1 or more", c.Limit)
	}
	if c.Timeout <= 0 {
		c.Timeout = 15 * time.Second
	}
	if c.MaxLoads <= 0 {
		c.MaxLoads = 64
	}
	if c.Name == "" {
		c.Name = "hot"
	}
	c.metrics = c.Metrics.cache(c.Name)
	c.metrics.limit.Set(float64(c.Limit))
	c.slots = make(chan struct{}, c.MaxLoads)
	// The number of items is not what bounds us.
	items, err := simplelru.NewLRU(math.MaxInt, c.dropped)
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	c.items = items
	return nil
}

// Get returns the body kept under key. It allocates nothing.
func (c *Cache) Get(key string) ([]byte, bool) {
	c.mutex.Lock()
	body, ok := c.items.Get(key)
	c.mutex.Unlock()
	if ok {
		c.metrics.hits.Inc()
	} else {
		c.metrics.misses.Inc()
	}
	return body, ok
}

// Put keeps body under key, unless it is too large; then what was kept under key before goes.
func (c *Cache) Put(key string, body []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.keep(key, body)
}

// Remove forgets key. A load under way does not bring it back.
func (c *Cache) Remove(key string) {
	c.mutex.Lock()
	c.removed++
	c.items.Remove(key)
	c.mutex.Unlock()
	c.flight.Forget(key)
}

// Load returns the body kept under key, or else calls load, once for all who ask at the same time, and keeps what it
// returns. An error is not kept. Load returns early with ctx's error where ctx ends, and the others go on waiting:
// load has a context of its own that carries ctx's values and ends after Timeout.
func (c *Cache) Load(
	ctx context.Context, key string, load func(context.Context) ([]byte, error),
) ([]byte, error) {
	if body, ok := c.Get(key); ok {
		return body, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	done := c.flight.DoChan(key, func() (any, error) {
		return c.load(context.WithoutCancel(ctx), key, load)
	})
	select {
	case res := <-done:
		if res.Err != nil {
			return nil, res.Err
		}
		body, _ := res.Val.([]byte)
		return body, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Bytes returns how many bytes the items take now.
func (c *Cache) Bytes() int64 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.bytes
}

func (c *Cache) load(
	ctx context.Context, key string, load func(context.Context) ([]byte, error),
) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	defer func() {
		// singleflight would end the whole process.
		if p := recover(); p != nil {
			err = fmt.Errorf("load %s: panic: %v", key, p)
		}
		if err != nil {
			c.metrics.errors.Inc()
		}
	}()

	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("load %s: %d loads are under way: %w", key, c.MaxLoads, ctx.Err())
	}

	// Another load may have ended between the caller's look and this one's start.
	c.mutex.Lock()
	body, ok := c.items.Peek(key)
	removed := c.removed
	c.mutex.Unlock()
	if ok {
		return body, nil
	}

	body, err = load(ctx)
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if removed == c.removed { // else what was read may be what was removed
		c.keep(key, body)
	}
	return body, nil
}

// keep inserts an item after it has made room; the mutex is held.
func (c *Cache) keep(key string, body []byte) {
	c.items.Remove(key)
	size := itemSize(key, body)
	if size > c.Limit/4 {
		return
	}
	for c.bytes+size > c.Limit {
		c.items.RemoveOldest()
		c.metrics.evicted.Inc()
	}
	c.items.Add(key, body)
	c.bytes += size
	c.metrics.items.Inc()
	c.metrics.bytes.Add(float64(size))
}

// dropped is called for each item that goes; the mutex is held.
func (c *Cache) dropped(key string, body []byte) {
	size := itemSize(key, body)
	c.bytes -= size
	c.metrics.items.Dec()
	c.metrics.bytes.Sub(float64(size))
}

func itemSize(key string, body []byte) int64 {
	return int64(len(key)) + int64(cap(body)) + cacheItemOverhead
}
