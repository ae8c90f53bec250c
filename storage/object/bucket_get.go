package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"
)

// Get implements Store.
func (b *Bucket) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if err := checkRange(name, offset, length); err != nil {
		return nil, err
	}
	if length == 0 {
		_, err := b.Stat(ctx, name) // S3 has no empty range
		return nil, err
	}
	for try := 1; ; try++ {
		body, again, err := b.get(ctx, name, offset, length)
		if err == nil || !again || try >= b.Tries {
			return body, err
		}
	}
}

// get reads once. minio-go tries again until the answer begins; again is true where it broke off after that.
func (b *Bucket) get(ctx context.Context, name string, offset, length int64) (body []byte, again bool, err error) {
	reader, info, size, err := b.open(ctx, name, offset, length)
	if err != nil {
		return nil, false, err
	}
	defer reader.Close()
	if length < 0 {
		length = max(info.Size-offset, 0)
	}
	length = min(length, size)
	body = make([]byte, length)
	if _, err := io.ReadFull(reader, body); err != nil {
		return nil, errors.Is(err, ErrAway) && ctx.Err() == nil && !reader.watchdog.bit(), err
	}
	return body, false, nil
}

// Open implements Store. The wait for the store in each Read is bounded; the time between two Reads is not.
func (b *Bucket) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, Info, error) {
	if err := checkRange(name, offset, -1); err != nil {
		return nil, Info{}, err
	}
	reader, info, _, err := b.open(ctx, name, offset, -1)
	if err != nil {
		return nil, Info{}, err
	}
	return reader, info, nil
}

// open returns a reader of size bytes.
func (b *Bucket) open(ctx context.Context, name string, offset, length int64) (*bucketReader, Info, int64, error) {
	w, err := b.begin(ctx, "read", name)
	if err != nil {
		return nil, Info{}, 0, err
	}
	var options minio.GetObjectOptions
	switch {
	case length > 0:
		options.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	case offset > 0:
		options.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	core := minio.Core{Client: b.reads}
	body, stat, header, err := core.GetObject(w, b.Name, b.key(name), options)
	if minio.ToErrorResponse(err).Code == minio.InvalidRange {
		// The range begins at the end or behind it: there is nothing to read.
		w.end()
		info, err := b.Stat(ctx, name)
		if err != nil {
			return nil, Info{}, 0, err
		}
		return &bucketReader{body: http.NoBody, watchdog: w}, info, 0, nil
	}
	if err != nil {
		defer w.end()
		return nil, Info{}, 0, b.fail(ctx, w, "read", name, err)
	}
	w.disarm()

	info := Info{Name: name, Size: stat.Size, Modified: stat.LastModified.UTC()}
	if total, ok := rangeTotal(header.Get("Content-Range")); ok {
		info.Size = total
	}
	reader := &bucketReader{bucket: b, ctx: ctx, watchdog: w, name: name, body: body}
	return reader, info, stat.Size, nil
}

// rangeTotal returns the size of the whole object from "bytes 0-9/100".
func rangeTotal(contentRange string) (int64, bool) {
	_, total, ok := strings.Cut(contentRange, "/")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(total, 10, 64)
	return n, err == nil
}

// bucketReader reads an object's body.
type bucketReader struct {
	bucket   *Bucket
	ctx      context.Context //nolint:containedctx // the one that Open was given
	watchdog *watchdog
	name     string
	body     io.ReadCloser
}

// Read implements io.Reader.
func (r *bucketReader) Read(p []byte) (int, error) {
	if r.bucket == nil {
		return 0, io.EOF
	}
	r.watchdog.arm()
	n, err := r.body.Read(p)
	r.watchdog.disarm()
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.bucket.fail(r.ctx, r.watchdog, "read", r.name, err)
	}
	return n, err
}

// Close implements io.Closer.
func (r *bucketReader) Close() error {
	r.watchdog.end()
	return r.body.Close()
}

// Stat implements Store.
func (b *Bucket) Stat(ctx context.Context, name string) (Info, error) {
	w, err := b.begin(ctx, "stat", name)
	if err != nil {
		return Info{}, err
	}
	defer w.end()
	stat, err := b.reads.StatObject(w, b.Name, b.key(name), minio.StatObjectOptions{})
	if err != nil {
		return Info{}, b.fail(ctx, w, "stat", name, err)
	}
	return Info{Name: name, Size: stat.Size, Modified: stat.LastModified.UTC()}, nil
}

// List implements Store. It holds one page of 1000 names at a time.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := CheckPrefix(prefix); err != nil {
			yield(Info{}, err)
			return
		}
		if err := b.Prepare(ctx); err != nil {
			yield(Info{}, fmt.Errorf("list %s: %w", prefix, err))
			return
		}
		w := watch(ctx, b.Timeout)
		defer w.end()

		asked := prefix
		if dir, last := splitPrefix(prefix); last == "." || last == ".." {
			// MinIO takes these for an attempt to climb, though "..a" is a good name.
			asked = strings.TrimPrefix(dir+"/", "/")
		}
		noOwner := false
		objects := b.reads.ListObjectsIter(w, b.Name, minio.ListObjectsOptions{
			Prefix: b.key(asked), Recursive: true, FetchOwner: &noOwner,
		})
		for found := range objects {
			if found.Err != nil {
				yield(Info{}, b.fail(ctx, w, "list", prefix, found.Err))
				return
			}
			name := strings.TrimPrefix(found.Key, b.key(""))
			if CheckName(name) != nil || !strings.HasPrefix(name, prefix) {
				continue // not ours: a folder's marker, or what people put into the bucket by hand
			}
			w.disarm()
			if !yield(Info{Name: name, Size: found.Size, Modified: found.LastModified.UTC()}, nil) {
				return
			}
			w.arm()
		}
		// minio-go ends the listing without a word where the context ends.
		if err := w.Err(); err != nil {
			yield(Info{}, b.fail(ctx, w, "list", prefix, err))
		}
	}
}

// Check implements Store.
func (b *Bucket) Check(ctx context.Context) error {
	if err := b.Prepare(ctx); err != nil {
		return err
	}
	if !b.ruled.Load() {
		b.setRules(ctx)
	}
	w := watch(ctx, b.Timeout)
	defer w.end()
	exists, err := b.reads.BucketExists(w, b.Name)
	if err != nil {
		return b.fail(ctx, w, "check bucket", b.Name, err)
	}
	if !exists {
		b.prepared.Store(false)
		return fmt.Errorf("check bucket %s: %w: there is no such bucket", b.Name, ErrAway)
	}
	return nil
}
