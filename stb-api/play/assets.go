package play

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"podium.tv/podium/packager/vod"
	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/object"
)

// assets keeps those in memory that are played now. The zero value works.
type assets struct {
	once   sync.Once
	flight singleflight.Group
	kept   *lru.Cache[string, *asset]
}

// The bounds of what is kept: three hours of an asset take a megabyte.
const (
	keptAssets = 64
	// assetFresh is how long it takes until one that was taken away or packaged anew is noticed.
	assetFresh = 30 * time.Second
)

var errNoAsset = problem.New(http.StatusNotFound, "error.play.asset")

// asset finds an asset, in memory or in the store.
func (s *Service) asset(ctx context.Context, id string) (*asset, error) {
	if vod.CheckID(id) != nil {
		return nil, errNoAsset
	}
	s.assets.once.Do(func() { s.assets.kept, _ = lru.New[string, *asset](keptAssets) }) // The size is valid.
	kept, ok := s.assets.kept.Get(id)
	if ok && s.now().Sub(kept.read) < assetFresh {
		return kept, nil
	}
	done := s.assets.flight.DoChan(id, func() (any, error) { return s.openAsset(context.WithoutCancel(ctx), id) })
	select {
	case r := <-done:
		if a, fresh := r.Val.(*asset); fresh && r.Err == nil {
			return a, nil
		}
		if kept != nil && !errors.Is(r.Err, vod.ErrNoAsset) {
			return kept, nil // The store is away: what is known of it holds.
		}
		return nil, s.explain(r.Err)
	case <-ctx.Done():
		return nil, errStore.WithCause(ctx.Err())
	}
}

func (s *Service) openAsset(ctx context.Context, id string) (*asset, error) {
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	described, entries, err := vod.Open(ctx, s.Store, id)
	if errors.Is(err, vod.ErrNoAsset) || errors.Is(err, object.ErrNotFound) {
		s.assets.kept.Remove(id)
		return nil, errNoAsset.WithCause(errors.Join(err, vod.ErrNoAsset))
	}
	if err != nil {
		return nil, err
	}
	a, err := newAsset(described, entries, s.Secrets)
	if err != nil {
		return nil, err
	}
	a.read = s.now()
	s.assets.kept.Add(id, a)
	return a, nil
}
