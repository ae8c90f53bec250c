package object

import (
	"context"
	"fmt"
	"io"
)

// bodyReader reads the body that a caller hands to PutStream. It keeps the caller's own failure apart from the
// store's, holds the body to the size that was promised, and stops when the context does.
//
// It gives out the last byte only after it has seen that no more follows: a body that is too long must fail
// before the store has all it was promised and commits.
type bodyReader struct {
	ctx  context.Context //nolint:containedctx // an io.Reader has no other place for it
	body io.Reader
	size int64 // bytes; -1 where it is not known

	read int64
	err  error // the failure of the body, other than io.EOF
}

// Read implements io.Reader.
func (r *bodyReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if err := context.Cause(r.ctx); err != nil {
		return 0, r.fail(err)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if r.size >= 0 && int64(len(p)) > r.size-r.read {
		p = p[:r.size-r.read]
	}
	if len(p) == 0 {
		return r.end(0)
	}
	n, err := r.body.Read(p)
	r.read += int64(n)
	if r.size >= 0 && r.read == r.size && (err == nil || err == io.EOF) {
		if err == io.EOF {
			return n, io.EOF
		}
		return r.end(n)
	}
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF:
		return n, r.fail(fmt.Errorf("read body: %w", err))
	case r.size >= 0:
		return n, r.fail(fmt.Errorf("body ended after %d bytes, expected %d: %w", r.read, r.size, io.ErrUnexpectedEOF))
	}
	return n, io.EOF
}

// end checks that nothing follows the size promised.
func (r *bodyReader) end(n int) (int, error) {
	var probe [1]byte
	m, err := io.ReadFull(r.body, probe[:])
	if m > 0 {
		return 0, r.fail(fmt.Errorf("body goes on after %d bytes, the size given", r.size))
	}
	if err != io.EOF {
		return 0, r.fail(fmt.Errorf("read body: %w", err))
	}
	return n, io.EOF
}

func (r *bodyReader) fail(err error) error {
	r.err = err
	return err
}

// checkRange refuses a range that no object has.
func checkRange(name string, offset, length int64) error {
	if offset < 0 {
		return fmt.Errorf("read %s: offset is %d, expected 0 or more", name, offset)
	}
	if length < -1 {
		return fmt.Errorf("read %s: length is %d, expected -1 or more", name, length)
	}
	return nil
}

// checkSize refuses a size that no body has.
func checkSize(name string, size int64) error {
	if size < -1 {
		return fmt.Errorf("write %s: size is %d, expected -1 or more", name, size)
	}
	return nil
}
