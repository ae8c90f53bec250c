package object

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"
)

// cacheItemOverhead is about what an item costs beside its key and body, in bytes: list element, map slot, headers.
const cacheItemOverhead = 128

// cacheShards is how many locks the keys are spread over. With one, readers on several cores wait for each other,
// since every read moves its item to the front; see BenchmarkCacheGet.
const cacheShards = 16

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
	seed    maphash.Seed
	shards  [cacheShards]cacheShard
	bytes   atomic.Int64
	flight  singleflight.Group
	slots   chan struct{}
}

// cacheShard is the share of the keys that one lock guards.
type cacheShard struct {
	mutex   sync.Mutex
	items   *simplelru.LRU[string, []byte]
	removed uint64 // counts calls of Remove

	_ [64]byte // keep neighbours' locks off this cache line
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
	c.seed = maphash.MakeSeed()
	c.slots = make(chan struct{}, c.MaxLoads)
	for i := range c.shards {
		// The number of items is not what bounds us.
		items, err := simplelru.NewLRU[string, []byte](1<<40, nil)
		if err != nil {
			return fmt.Errorf("cache: %w", err)
		}
		c.shards[i].items = items
	}
	return nil
}

// Get returns the body kept under key. It allocates nothing.
func (c *Cache) Get(key string) ([]byte, bool) {
	s := c.shard(key)
	s.mutex.Lock()
	body, ok := s.items.Get(key)
	s.mutex.Unlock()
	if ok {
		c.metrics.hits.Inc()
	} else {
		c.metrics.misses.Inc()
	}
	return body, ok
}

// Put keeps body under key, unless it is too large; then what was kept under key before goes.
func (c *Cache) Put(key string, body []byte) {
	c.keep(key, body, nil)
}

// Remove forgets key. A load under way does not bring it back.
func (c *Cache) Remove(key string) {
	s := c.shard(key)
	s.mutex.Lock()
	s.removed++
	c.drop(s, key)
	s.mutex.Unlock()
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
	return c.bytes.Load()
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
	s := c.shard(key)
	s.mutex.Lock()
	body, ok := s.items.Peek(key)
	removed := s.removed
	s.mutex.Unlock()
	if ok {
		return body, nil
	}

	body, err = load(ctx)
	if err != nil {
		return nil, err
	}
	c.keep(key, body, &removed)
	return body, nil
}

// keep inserts an item; where removed is given, only if nothing was removed since it was read.
func (c *Cache) keep(key string, body []byte, removed *uint64) {
	s := c.shard(key)
	size := itemSize(key, body)
	if size > c.Limit/4 {
		s.mutex.Lock()
		c.drop(s, key)
		s.mutex.Unlock()
		return
	}
	// The room is taken before the item goes in, so that the bound holds at every instant.
	if !c.reserve(s, size) {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if removed != nil && *removed != s.removed {
		c.release(size)
		return
	}
	c.drop(s, key)
	s.items.Add(key, body)
	c.metrics.items.Inc()
}

// reserve takes size bytes, and evicts until they are there: from the shard of the key as long as it has items, then
// from the others. It returns false where all the room is reserved by others who have not put their items in yet.
func (c *Cache) reserve(own *cacheShard, size int64) bool {
	next := 0
	for {
		used := c.bytes.Load()
		if used+size <= c.Limit {
			if c.bytes.CompareAndSwap(used, used+size) {
				c.metrics.bytes.Add(float64(size))
				return true
			}
			continue
		}
		if c.evict(own) {
			continue
		}
		for next < cacheShards && !c.evict(&c.shards[next]) {
			next++
		}
		if next == cacheShards {
			return false
		}
	}
}

func (c *Cache) evict(s *cacheShard) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key, body, ok := s.items.RemoveOldest()
	if !ok {
		return false
	}
	c.release(itemSize(key, body))
	c.metrics.items.Dec()
	c.metrics.evicted.Inc()
	return true
}

// drop removes an item; the shard is locked.
func (c *Cache) drop(s *cacheShard, key string) {
	body, ok := s.items.Peek(key)
	if !ok {
		return
	}
	s.items.Remove(key)
	c.release(itemSize(key, body))
	c.metrics.items.Dec()
}

func (c *Cache) release(size int64) {
	c.bytes.Add(-size)
	c.metrics.bytes.Sub(float64(size))
}

func (c *Cache) shard(key string) *cacheShard {
	return &c.shards[maphash.String(c.seed, key)%cacheShards]
}

func itemSize(key string, body []byte) int64 {
	return int64(len(key)) + int64(cap(body)) + cacheItemOverhead
}
