package object

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
)

// maxKept bounds one kept copy, in bytes.
const maxKept = 256 << 10

// Keep keeps local copies of small objects that everything else needs and that never change, such as the parameters of
// tracks. A process that starts while the store is away can then still play what it has on its own disk.
type Keep struct {
	Store
	// Local holds the copies.
	Local Store
	// Prefix is what the names of kept objects begin with.
	Prefix string
	// Limit is how many objects are kept. It defaults to 4096.
	Limit int64
	// Log defaults to nothing.
	Log *slog.Logger

	//
	// private
	//

	kept atomic.Int64
}

var _ Store = (*Keep)(nil)

// Initialize counts the copies that are there.
func (k *Keep) Initialize(ctx context.Context) error {
	if k.Limit <= 0 {
		k.Limit = 4096
	}
	if k.Log == nil {
		k.Log = slog.New(slog.DiscardHandler)
	}
	for _, err := range k.Local.List(ctx, k.Prefix) {
		if err != nil {
			return err
		}
		k.kept.Add(1)
	}
	return nil
}

// Put implements Store.
func (k *Keep) Put(ctx context.Context, name string, body []byte) error {
	if k.keeps(name) {
		k.keep(ctx, name, body)
	}
	return k.Store.Put(ctx, name, body)
}

// Get implements Store: a copy is as good as the object, which never changes.
func (k *Keep) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if !k.keeps(name) {
		return k.Store.Get(ctx, name, offset, length)
	}
	if body, err := k.Local.Get(ctx, name, offset, length); err == nil {
		return body, nil
	}
	body, err := k.Store.Get(ctx, name, offset, length)
	if err == nil && offset == 0 && (length < 0 || int64(len(body)) < length) { // The whole of it.
		k.keep(ctx, name, body)
	}
	return body, err
}

// Delete implements Store.
func (k *Keep) Delete(ctx context.Context, name string) error {
	if k.keeps(name) {
		if err := k.Local.Delete(ctx, name); err != nil {
			k.Log.Warn("local copy not removed", "object", name, "err", err)
		}
	}
	return k.Store.Delete(ctx, name)
}

func (k *Keep) keeps(name string) bool { return strings.HasPrefix(name, k.Prefix) }

// keep writes a copy. That it cannot is no fault of the object's.
func (k *Keep) keep(ctx context.Context, name string, body []byte) {
	if len(body) > maxKept {
		return
	}
	if _, err := k.Local.Stat(ctx, name); err == nil {
		return
	}
	if k.kept.Add(1) > k.Limit {
		k.kept.Add(-1)
		return
	}
	if err := k.Local.Put(ctx, name, body); err != nil {
		k.kept.Add(-1)
		k.Log.Warn("local copy not kept", "object", name, "err", err)
	}
}
