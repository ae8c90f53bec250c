// Package object is the object store: one interface over a local folder and over MinIO or S3, with a
// spool for outages and a hot cache in memory.
package object

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// The errors every store returns, wrapped with the object's name.
var (
	ErrNotFound = errors.New("object not found")
	ErrBadName  = errors.New("bad object name")
	ErrFull     = errors.New("no space left for objects")
	ErrAway     = errors.New("object store is away")
)

// Info is what a store tells of an object.
type Info struct {
	Name     string
	Size     int64 // bytes
	Modified time.Time
}

// Store keeps objects by name. Names are slash-separated, each part 1 to 128 bytes of [A-Za-z0-9._=-],
// none of them "." or "..", 512 bytes in all. A Put is atomic: a reader sees the whole object or the one
// before it. All methods may be called from many goroutines.
type Store interface {
	// Put writes an object whole, replacing an older one. The body is not kept.
	Put(ctx context.Context, name string, body []byte) error
	// PutStream writes an object of any size from a reader; size is -1 where it is not known.
	PutStream(ctx context.Context, name string, body io.Reader, size int64) error
	// Get reads length bytes from offset; length -1 means to the end. It returns fewer bytes only
	// where the object ends before.
	Get(ctx context.Context, name string, offset, length int64) ([]byte, error)
	// Open streams an object from offset on.
	Open(ctx context.Context, name string, offset int64) (io.ReadCloser, Info, error)
	Stat(ctx context.Context, name string) (Info, error)
	// Delete removes an object; that it is not there is no error.
	Delete(ctx context.Context, name string) error
	// List walks the objects whose names begin with prefix, in order of name. It is for repair and
	// never for a viewer's request.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Check says whether the store answers now.
	Check(ctx context.Context) error
}
