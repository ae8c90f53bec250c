package timeline

import (
	"context"
	"errors"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"podium.tv/podium/storage/object"
)

// HourCache keeps decoded index objects of past hours in memory, and which hours have none. The zero value holds 256 of
// them, about 300 kB each.
type HourCache struct {
	// Size is the number of hours kept. It defaults to 256.
	Size int

	once   onceCache
	flight singleflight.Group

	mu      sync.Mutex
	changes uint64 // counts the calls of forget
}

// maxIndexObject bounds an index object; a usual one has 40 kB.
const maxIndexObject = 16 << 20

// loadTimeout bounds the reading of one index object.
const loadTimeout = 15 * time.Second

// cached returns the entries of an hour where they are in memory.
func (c *HourCache) cached(name string) (entries []Entry, ok bool) {
	return c.once.get(c.Size).Get(name)
}

// load returns the entries of an hour, none where the store has no such object.
func (c *HourCache) load(ctx context.Context, store object.Store, name string) ([]Entry, error) {
	if entries, ok := c.cached(name); ok {
		return entries, nil
	}
	// One reader's patience must not decide for all: the read goes on when the first who asked has gone.
	ch := c.flight.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		c.mu.Lock()
		changes := c.changes
		c.mu.Unlock()
		entries, err := fetchIndex(ctx, store, name)
		if err == nil {
			c.keep(name, entries, changes)
		}
		return entries, err
	})
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case r := <-ch:
		if r.Err != nil {
			return nil, r.Err
		}
		entries, _ := r.Val.([]Entry)
		return entries, nil
	}
}

// keep keeps what was read, unless an index was written meanwhile: it may have been this one.
func (c *HourCache) keep(name string, entries []Entry, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes == changes {
		c.once.get(c.Size).Add(name, entries)
	}
}

// forget is called when an index object was written or removed. Whoever reads from now on reads the new one.
func (c *HourCache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.flight.Forget(name)
	c.once.get(c.Size).Remove(name)
}

// fetchIndex reads an index object from the store; none has no entries.
func fetchIndex(ctx context.Context, store object.Store, name string) ([]Entry, error) {
	b, err := store.Get(ctx, name, 0, maxIndexObject+1)
	if errors.Is(err, object.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return DecodeIndex(b)
}

type hourLRU = lru.Cache[string, []Entry]
