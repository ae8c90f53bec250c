package object

import (
	"context"
	"io"
	"iter"
	"time"
)

// Measured counts and times the operations on a store.
type Measured struct {
	Store   Store
	Name    string // the label "store": "folder", "minio", ...
	Metrics *Metrics
	// Now defaults to time.Now.
	Now func() time.Time
}

var _ Store = (*Measured)(nil)

// Put implements Store.
func (m *Measured) Put(ctx context.Context, name string, body []byte) (err error) {
	done := m.measure("put")
	defer func() { done(err) }()
	if err = m.Store.Put(ctx, name, body); err == nil {
		m.Metrics.moved(m.Name, "written", len(body))
	}
	return err
}

// PutStream implements Store.
func (m *Measured) PutStream(ctx context.Context, name string, body io.Reader, size int64) (err error) {
	done := m.measure("put_stream")
	defer func() { done(err) }()
	return m.Store.PutStream(ctx, name, &countedReader{measured: m, direction: "written", body: body}, size)
}

// Get implements Store.
func (m *Measured) Get(ctx context.Context, name string, offset, length int64) (body []byte, err error) {
	done := m.measure("get")
	defer func() { done(err) }()
	body, err = m.Store.Get(ctx, name, offset, length)
	m.Metrics.moved(m.Name, "read", len(body))
	return body, err
}

// Open implements Store.
func (m *Measured) Open(ctx context.Context, name string, offset int64) (body io.ReadCloser, info Info, err error) {
	done := m.measure("open")
	defer func() { done(err) }()
	body, info, err = m.Store.Open(ctx, name, offset)
	if err != nil {
		return nil, Info{}, err
	}
	return &countedReadCloser{countedReader{measured: m, direction: "read", body: body}, body}, info, nil
}

// Stat implements Store.
func (m *Measured) Stat(ctx context.Context, name string) (info Info, err error) {
	done := m.measure("stat")
	defer func() { done(err) }()
	return m.Store.Stat(ctx, name)
}

// Delete implements Store.
func (m *Measured) Delete(ctx context.Context, name string) (err error) {
	done := m.measure("delete")
	defer func() { done(err) }()
	return m.Store.Delete(ctx, name)
}

// List implements Store. What is timed is the whole walk.
func (m *Measured) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		var failed error
		done := m.measure("list")
		defer func() { done(failed) }()
		for info, err := range m.Store.List(ctx, prefix) {
			if err != nil {
				failed = err
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// Check implements Store.
func (m *Measured) Check(ctx context.Context) (err error) {
	done := m.measure("check")
	defer func() { done(err) }()
	return m.Store.Check(ctx)
}

// measure starts the clock; what it returns stops it.
func (m *Measured) measure(operation string) func(error) {
	if m.Metrics == nil {
		return func(error) {}
	}
	now := m.Now
	if now == nil {
		now = time.Now
	}
	start := now()
	return func(err error) {
		m.Metrics.operation(m.Name, operation, now().Sub(start), err)
	}
}

// countedReader counts bytes that go by.
type countedReader struct {
	measured  *Measured
	direction string
	body      io.Reader
}

// Read implements io.Reader.
func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.measured.Metrics.moved(r.measured.Name, r.direction, n)
	return n, err
}

type countedReadCloser struct {
	countedReader
	io.Closer
}
