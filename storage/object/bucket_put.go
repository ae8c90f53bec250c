package object

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"
)

// Put implements Store. A body larger than PartSize is uploaded in parts.
func (b *Bucket) Put(ctx context.Context, name string, body []byte) error {
	wait := backoff{first: 50 * time.Millisecond, last: time.Second}
	for try := 1; ; try++ {
		err := b.put(ctx, name, body)
		if err == nil {
			b.wrote.Store(true)
			return nil
		}
		// MinIO denies access to a Put whose parent folder a Delete removes at the same instant. So where the
		// credentials are known to be good, that is worth another try.
		if !isForbidden(err) || !b.wrote.Load() || try >= b.Tries {
			return err
		}
		select {
		case <-time.After(wait.next()):
		case <-ctx.Done():
			return err
		}
	}
}

func (b *Bucket) put(ctx context.Context, name string, body []byte) error {
	w, err := b.begin(ctx, "write", name)
	if err != nil {
		return err
	}
	defer w.end()
	lent := &lentReader{body: bytes.NewReader(body)}
	defer lent.giveBack()
	_, err = b.writes.PutObject(w, b.Name, b.key(name), lent, int64(len(body)), b.putOptions(w))
	if err != nil {
		return b.fail(ctx, w, "write", name, err)
	}
	return nil
}

// PutStream implements Store. It holds at most two parts of the body in memory, and each part is tried again by
// itself. Where the upload fails it is aborted at the store, which may take some more timeouts.
func (b *Bucket) PutStream(ctx context.Context, name string, body io.Reader, size int64) error {
	if err := checkSize(name, size); err != nil {
		return err
	}
	if err := CheckName(name); err != nil {
		return err
	}
	source := &bodyReader{ctx: ctx, body: body, size: size}

	// What fits into one part is sent whole: it takes one request, and can be tried again.
	var head bytes.Buffer
	if size > 0 {
		head.Grow(int(min(size, b.PartSize)) + bytes.MinRead)
	}
	n, err := io.Copy(&head, io.LimitReader(source, b.PartSize))
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if n < b.PartSize || n == size {
		return b.Put(ctx, name, head.Bytes())
	}

	w, err := b.begin(ctx, "write", name)
	if err != nil {
		return err
	}
	defer w.end()
	rest := &pausedReader{watchdog: w, body: io.MultiReader(&head, source)}
	_, err = b.writes.PutObject(w, b.Name, b.key(name), rest, size, b.putOptions(w))
	switch {
	case source.err != nil:
		return fmt.Errorf("write %s: %w", name, source.err) // the caller's fault, not the store's
	case err != nil:
		return b.fail(ctx, w, "write", name, err)
	}
	return nil
}

func (b *Bucket) putOptions(w *watchdog) minio.PutObjectOptions {
	return minio.PutObjectOptions{
		ContentType:          "application/octet-stream",
		PartSize:             uint64(b.PartSize),
		NumThreads:           2,
		Progress:             w,
		DisableContentSha256: true, // The request is signed, and its body has a CRC-32C.
	}
}

// Delete implements Store.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	w, err := b.begin(ctx, "delete", name)
	if err != nil {
		return err
	}
	defer w.end()
	if err := b.writes.RemoveObject(w, b.Name, b.key(name), minio.RemoveObjectOptions{}); err != nil {
		if err = b.fail(ctx, w, "delete", name, err); !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// pausedReader stops the watchdog while it is the body that we wait for.
type pausedReader struct {
	watchdog *watchdog
	body     io.Reader
}

// Read implements io.Reader.
func (r *pausedReader) Read(p []byte) (int, error) {
	r.watchdog.disarm()
	defer r.watchdog.arm()
	return r.body.Read(p)
}
