package timeline

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"podium.tv/podium/storage/object"
)

// readers is how many index objects one request reads at a time.
const readers = 8

// eachHour reads the index from one hour to another, both included, in the form that cached and load return: what memory
// has not is read from the store. A damaged hour is silence, T's zero: it must not keep a viewer from all the others.
func eachHour[T any](
	ctx context.Context, t *Timeline, first, last int64,
	cached func(name string) (T, bool), load func(ctx context.Context, store object.Store, name string) (T, error),
) ([]T, error) {
	if last < first {
		return nil, nil
	}
	hours := make([]T, last-first+1)
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i := range hours {
		name := t.indexName(first + int64(i))
		var ok bool
		if hours[i], ok = cached(name); ok {
			continue
		}
		group.Go(func() (err error) {
			hours[i], err = load(reading, t.Store, name)
			if errors.Is(err, ErrBadIndex) {
				t.badHour(name, err)
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read index of %s: %w", t.Name, err)
	}
	return hours, nil
}

func (t *Timeline) badHour(name string, err error) {
	t.Log.Warn("timeline index cannot be read, run podium check --repair", "timeline", t.Name, "object", name, "err", err)
}
