package timeline

import (
	"context"
	"errors"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"podium.tv/podium/storage/object"
)

// HourCache keeps decoded index objects of past hours in memory. The zero value holds 256 of them, about
// 300 kB each.
type HourCache struct {
	// Size is the number of hours kept. It defaults to 256.
	Size int

	once   onceCache
	flight singleflight.Group
}

// maxIndexObject bounds an index object; a usual one has 40 kB.
const maxIndexObject = 16 << 20

// load returns the entries of an hour, none where the store has no such object.
func (c *HourCache) load(ctx context.Context, store object.Store, name string) ([]Entry, error) {
	cache := c.once.get(c.Size)
	if entries, ok := cache.Get(name); ok {
		return entries, nil
	}
	// One reader's patience must not decide for all: the read goes on when the first who asked has gone.
	ch := c.flight.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		entries, err := fetchIndex(ctx, store, name)
		if err == nil && len(entries) > 0 {
			cache.Add(name, entries)
		}
		return entries, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-ch:
		if r.Err != nil {
			return nil, r.Err
		}
		entries, _ := r.Val.([]Entry)
		return entries, nil
	}
}

func (c *HourCache) forget(name string) { c.once.get(c.Size).Remove(name) }

func fetchIndex(ctx context.Context, store object.Store, name string) ([]Entry, error) {
	b, err := store.Get(ctx, name, 0, maxIndexObject)
	if errors.Is(err, object.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return DecodeIndex(b)
}

type hourLRU = lru.Cache[string, []Entry]
