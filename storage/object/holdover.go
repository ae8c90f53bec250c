package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Holdover keeps in memory what the store under it cannot take now, a full disk above all, and tries again: those who
// watch are served meanwhile, and what is young enough when the store can take it again is kept after all. Where its
// own bound is reached, the oldest of what it holds is given up, with a line in the log.
type Holdover struct {
	Under Store
	// Limit is how many bytes are held at most. It defaults to 128 MiB.
	Limit int64
	// Retry is how long it waits between tries. It defaults to 2 s.
	Retry time.Duration
	// Metrics defaults to none.
	Metrics *Metrics
	// Log defaults to nothing.
	Log *slog.Logger

	//
	// private
	//

	mutex sync.Mutex
	held  map[string][]byte
	order []string // names in the order in which they came; those no longer held are skipped
	bytes int64
	stop  context.CancelFunc
	done  chan struct{}
	wake  chan struct{}
}

var _ Store = (*Holdover)(nil)

// Initialize starts the goroutine that tries again.
func (h *Holdover) Initialize() {
	if h.Limit <= 0 {
		h.Limit = 128 << 20
	}
	if h.Retry <= 0 {
		h.Retry = 2 * time.Second
	}
	if h.Log == nil {
		h.Log = slog.New(slog.DiscardHandler)
	}
	h.held = make(map[string][]byte)
	h.wake = make(chan struct{}, 1)
	h.done = make(chan struct{})
	run, stop := context.WithCancel(context.Background())
	h.stop = stop
	go h.run(run)
}

// Close tries a last time and stops. The error names how much is lost.
func (h *Holdover) Close(ctx context.Context) error {
	h.stop()
	<-h.done
	h.flush(ctx)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if len(h.held) > 0 {
		return fmt.Errorf("%d objects of %d bytes could not be stored and are lost", len(h.held), h.bytes)
	}
	return nil
}

// Put hands the object to the store under it. Where that fails because the store is full, away or too slow, the object
// is held and the error returned all the same: the caller knows that it is not safe yet.
func (h *Holdover) Put(ctx context.Context, name string, body []byte) error {
	h.mutex.Lock()
	queued := len(h.held) > 0
	h.mutex.Unlock()
	if queued {
		// In order: an older object of the same name must not come after it.
		h.drop(name)
	}
	err := h.Under.Put(ctx, name, body)
	if err == nil || errors.Is(err, ErrBadName) {
		return err
	}
	h.hold(name, body)
	return err
}

func (h *Holdover) hold(name string, body []byte) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.dropLocked(name)
	if int64(len(body)) > h.Limit {
		return
	}
	h.held[name] = body
	h.order = append(h.order, name)
	h.bytes += int64(len(body))
	for h.bytes > h.Limit {
		oldest := h.order[0]
		h.order = h.order[1:]
		if _, ok := h.held[oldest]; ok {
			h.Log.Error("object given up: the store takes nothing and memory is full", "object", oldest)
			h.dropLocked(oldest)
		}
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *Holdover) drop(name string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.dropLocked(name)
}

func (h *Holdover) dropLocked(name string) {
	h.bytes -= int64(len(h.held[name]))
	delete(h.held, name)
	if len(h.held) == 0 {
		h.order = nil
	}
}

func (h *Holdover) get(name string) ([]byte, bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	body, ok := h.held[name]
	return body, ok
}

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

// flush stores what is held, oldest first, until the store refuses.
func (h *Holdover) flush(ctx context.Context) {
	for {
		h.mutex.Lock()
		var name string
		var body []byte
		for len(h.order) > 0 && body == nil {
			name = h.order[0]
			var ok bool
			if body, ok = h.held[name]; !ok {
				h.order = h.order[1:]
				body = nil
			}
		}
		h.mutex.Unlock()
		if body == nil {
			return
		}
		if err := h.Under.Put(ctx, name, body); err != nil {
			return
		}
		h.mutex.Lock()
		if now, ok := h.held[name]; ok && len(now) == len(body) && (len(now) == 0 || &now[0] == &body[0]) {
			h.dropLocked(name)
		}
		empty := len(h.held) == 0
		h.mutex.Unlock()
		if empty {
			h.Log.Info("the store takes objects again, nothing is held any more")
		}
	}
}

// PutStream implements Store; streams are not held.
func (h *Holdover) PutStream(ctx context.Context, name string, body io.Reader, size int64) error {
	h.drop(name)
	return h.Under.PutStream(ctx, name, body, size)
}

// Get implements Store.
func (h *Holdover) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if body, ok := h.get(name); ok {
		if offset < 0 || offset > int64(len(body)) {
			return nil, fmt.Errorf("get %s: offset %d is outside of its %d bytes", name, offset, len(body))
		}
		body = body[offset:]
		if length >= 0 && length < int64(len(body)) {
			body = body[:length]
		}
		return body, nil
	}
	return h.Under.Get(ctx, name, offset, length)
}

// Open implements Store.
func (h *Holdover) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, Info, error) {
	if body, ok := h.get(name); ok {
		return openBytes(name, body, offset)
	}
	return h.Under.Open(ctx, name, offset)
}

// Stat implements Store.
func (h *Holdover) Stat(ctx context.Context, name string) (Info, error) {
	if body, ok := h.get(name); ok {
		return Info{Name: name, Size: int64(len(body))}, nil
	}
	return h.Under.Stat(ctx, name)
}

// Delete implements Store.
func (h *Holdover) Delete(ctx context.Context, name string) error {
	h.drop(name)
	return h.Under.Delete(ctx, name)
}

// Check implements Store: holding something is a fault to know of.
func (h *Holdover) Check(ctx context.Context) error {
	if err := h.Under.Check(ctx); err != nil {
		return err
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if len(h.held) > 0 {
		return fmt.Errorf("%w: %d objects of %d bytes wait in memory", ErrFull, len(h.held), h.bytes)
	}
	return nil
}
