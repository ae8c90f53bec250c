package object

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
)

// Get implements Store.
func (h *Holdover) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	o, ok := h.get(name)
	if !ok {
		return h.Under.Get(ctx, name, offset, length)
	}
	if err := checkRange(name, offset, length); err != nil {
		return nil, err
	}
	if err := ended(ctx, name); err != nil {
		return nil, err
	}
	body := o.from(offset)
	if length >= 0 && length < int64(len(body)) {
		body = body[:length]
	}
	return bytes.Clone(body), nil
}

// Open implements Store.
func (h *Holdover) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, Info, error) {
	o, ok := h.get(name)
	if !ok {
		return h.Under.Open(ctx, name, offset)
	}
	if err := checkRange(name, offset, -1); err != nil {
		return nil, Info{}, err
	}
	if err := ended(ctx, name); err != nil {
		return nil, Info{}, err
	}
	return io.NopCloser(bytes.NewReader(o.from(offset))), o.info(), nil
}

// Stat implements Store.
func (h *Holdover) Stat(ctx context.Context, name string) (Info, error) {
	o, ok := h.get(name)
	if !ok {
		return h.Under.Stat(ctx, name)
	}
	return o.info(), ended(ctx, name)
}

// List implements Store: what is held is listed in its place among what is stored.
func (h *Holdover) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		held := h.heldUnder(prefix)
		for info, err := range h.Under.List(ctx, prefix) {
			if err != nil {
				yield(Info{}, err)
				return
			}
			for len(held) > 0 && held[0].Name < info.Name {
				if !yield(held[0], nil) {
					return
				}
				held = held[1:]
			}
			if len(held) > 0 && held[0].Name == info.Name {
				info, held = held[0], held[1:]
			}
			if !yield(info, nil) {
				return
			}
		}
		for _, info := range held {
			if err := ended(ctx, info.Name); err != nil {
				yield(Info{}, err)
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	}
}

// from is the body from an offset on, which may lie behind its end.
func (o *heldObject) from(offset int64) []byte {
	return o.body[min(offset, int64(len(o.body))):]
}

// ended is the error of a read for a caller that has gone.
func ended(ctx context.Context, name string) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
