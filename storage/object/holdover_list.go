package object

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
)

// List implements Store. What is held is not in it: it is for repair, which works on what is stored.
func (h *Holdover) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return h.Under.List(ctx, prefix)
}

func openBytes(name string, body []byte, offset int64) (io.ReadCloser, Info, error) {
	if offset < 0 || offset > int64(len(body)) {
		return nil, Info{}, fmt.Errorf("open %s: offset %d is outside of its %d bytes", name, offset, len(body))
	}
	return io.NopCloser(bytes.NewReader(body[offset:])), Info{Name: name, Size: int64(len(body))}, nil
}
