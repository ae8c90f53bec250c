package object

import (
	"context"
	"errors"
	"slices"
	"time"
)

// run tries again whenever something is held.
func (h *Holdover) run(ctx context.Context) {
	defer close(h.done)
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		}
		for h.pending() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(h.Retry):
			}
			h.flush(ctx)
		}
	}
}

func (h *Holdover) pending() bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return len(h.held) > 0
}

// flush tries to store what is held, oldest first, until the store takes nothing. An object that it refuses for a reason
// of its own does not keep the others back.
func (h *Holdover) flush(ctx context.Context) {
	names := h.waiting()
	if len(names) == 0 {
		return
	}
	for _, name := range names {
		err := h.store(ctx, name)
		if ctx.Err() != nil || errors.Is(err, ErrFull) || errors.Is(err, ErrAway) || errors.Is(err, context.DeadlineExceeded) {
			return
		}
	}
	if !h.pending() {
		h.Log.Info("the store takes objects again, nothing is held any more")
	}
}

func (h *Holdover) waiting() []string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	names := make([]string, 0, len(h.held))
	for place := h.order.Front(); place != nil; place = place.Next() {
		names = append(names, heldAt(place).name)
	}
	return names
}

// store tries one object.
func (h *Holdover) store(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	if err := h.names.lock(ctx, name); err != nil {
		return err
	}
	defer h.names.unlock(name)
	o, ok := h.get(name)
	if !ok {
		return nil
	}
	err := h.Under.Put(ctx, name, o.body)
	switch {
	case err == nil:
		h.drop(o)
	case errors.Is(err, ErrBadName):
		h.giveUp(o, "object given up: the store will never take it", err)
		h.drop(o)
	}
	return err
}

// heldUnder are the held objects whose names begin with prefix, in order of name.
func (h *Holdover) heldUnder(prefix string) []Info {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	var infos []Info
	for name, place := range h.held {
		if len(name) >= len(prefix) && name[:len(prefix)] == prefix {
			infos = append(infos, heldAt(place).info())
		}
	}
	slices.SortFunc(infos, func(a, b Info) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return infos
}
