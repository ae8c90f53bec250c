package timeline

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"podium.tv/podium/storage/object"
)

// HourCache keeps index objects of past hours in memory, and which hours have none: the last that were asked for decoded,
// about 300 kB each, and more of them as they are stored, about 15 kB each.
type HourCache struct {
	// Size is the number of hours kept decoded. It defaults to 256.
	Size int
	// Packed is the number of hours kept as they are stored. It defaults to 2048.
	Packed int

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
	if entries, ok := c.once.get(c).decoded.Get(name); ok {
		return entries, true
	}
	p, ok := c.cachedPacked(name)
	if !ok {
		return nil, false
	}
	entries, err := c.decode(name, p)
	return entries, err == nil
}

// cachedPacked returns the index of an hour as it is stored, where it is in memory.
func (c *HourCache) cachedPacked(name string) (*Packed, bool) { return c.once.get(c).packed.Get(name) }

// load returns the entries of an hour, none where the store has no such object.
func (c *HourCache) load(ctx context.Context, store object.Store, name string) ([]Entry, error) {
	if entries, ok := c.cached(name); ok {
		return entries, nil
	}
	p, err := c.loadPacked(ctx, store, name)
	if err != nil {
		return nil, err
	}
	return c.decode(name, p)
}

func (c *HourCache) decode(name string, p *Packed) ([]Entry, error) {
	entries, err := p.Entries()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, ok := c.once.get(c).packed.Peek(name); ok && now == p { // Else it was written anew meanwhile.
		c.once.get(c).decoded.Add(name, entries)
	}
	return entries, nil
}

// loadPacked returns the index of an hour as it is stored, an empty one where the store has no such object.
func (c *HourCache) loadPacked(ctx context.Context, store object.Store, name string) (*Packed, error) {
	if p, ok := c.cachedPacked(name); ok {
		return p, nil
	}
	// One reader's patience must not decide for all: the read goes on when the first who asked has gone.
	ch := c.flight.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		c.mu.Lock()
		changes := c.changes
		c.mu.Unlock()
		p, err := fetchPacked(ctx, store, name)
		if err == nil {
			c.keep(name, p, changes)
		}
		return p, err
	})
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case r := <-ch:
		if r.Err != nil {
			return nil, r.Err
		}
		p, _ := r.Val.(*Packed)
		return p, nil
	}
}

// keep keeps what was read, unless an index was written meanwhile: it may have been this one.
func (c *HourCache) keep(name string, p *Packed, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes == changes {
		c.once.get(c).packed.Add(name, p)
	}
}

// forget is called when an index object was written or removed. Whoever reads from now on reads the new one.
func (c *HourCache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.flight.Forget(name)
	c.once.get(c).packed.Remove(name)
	c.once.get(c).decoded.Remove(name)
}

// fetchIndex reads an index object from the store; none has no entries.
func fetchIndex(ctx context.Context, store object.Store, name string) ([]Entry, error) {
	p, err := fetchPacked(ctx, store, name)
	if err != nil || p.Len() == 0 {
		return nil, err
	}
	return p.Entries()
}

func fetchPacked(ctx context.Context, store object.Store, name string) (*Packed, error) {
	b, err := store.Get(ctx, name, 0, maxIndexObject+1)
	if errors.Is(err, object.ErrNotFound) {
		return new(Packed), nil
	}
	if err != nil {
		return nil, err
	}
	return ReadPacked(b)
}
