package object

import (
	"bytes"
	"container/list"
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
//
// Whatever changes an object, the trying again included, holds the object's name meanwhile. So the changes of an object
// come one after the other, and an older version never replaces a newer one.
type Holdover struct {
	Under Store
	// Limit is how many bytes are held at most. It defaults to 128 MiB.
	Limit int64
	// Retry is how long it waits between tries. It defaults to 2 s.
	Retry time.Duration
	// Timeout bounds one try. It defaults to 30 s.
	Timeout time.Duration
	// Name is the label "store" of the metrics. It defaults to "holdover".
	Name string
	// Metrics defaults to none.
	Metrics *Metrics
	// Log defaults to nothing.
	Log *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time

	//
	// private
	//

	stop context.CancelFunc
	done chan struct{}
	wake chan struct{}

	names nameLocks

	mutex sync.Mutex // guards all below; never held over a use of the store
	held  map[string]*list.Element
	order *list.List // of *heldObject, the oldest first
	bytes int64
	cause error // why the newest was held
}

// heldObject is an object in memory. Its body never changes.
type heldObject struct {
	name  string
	body  []byte
	since time.Time
}

// heldCost is what an object takes besides its body and name, about, so that the smallest are bounded as well.
const heldCost = 256

func (o *heldObject) cost() int64 { return int64(len(o.body)+len(o.name)) + heldCost }

func (o *heldObject) info() Info {
	return Info{Name: o.name, Size: int64(len(o.body)), Modified: o.since}
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
	if h.Timeout <= 0 {
		h.Timeout = 30 * time.Second
	}
	if h.Name == "" {
		h.Name = "holdover"
	}
	if h.Log == nil {
		h.Log = slog.New(slog.DiscardHandler)
	}
	if h.Now == nil {
		h.Now = time.Now
	}
	h.held = make(map[string]*list.Element)
	h.order = list.New()
	h.wake = make(chan struct{}, 1)
	h.done = make(chan struct{})
	h.Metrics.heldover(h.Name, 0, 0)
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
		return fmt.Errorf("%d objects of %d bytes could not be stored and are lost: %w", len(h.held), h.bytes, h.cause)
	}
	return nil
}

// Put hands the object to the store under it. Where that fails because the store is full, away or too slow, the object
// is held and the error returned all the same: the caller knows that it is not safe yet.
func (h *Holdover) Put(ctx context.Context, name string, body []byte) error {
	if err := CheckName(name); err != nil {
		return err
	}
	err := h.change(ctx, name, func() error { return h.Under.Put(ctx, name, body) })
	switch {
	case err == nil:
	case errors.Is(err, ErrBadName), errors.Is(err, context.Canceled):
		// It will never be taken, or nobody wants it any more.
	default:
		h.hold(name, bytes.Clone(body), err)
	}
	return err
}

// hold keeps an object in place of an older version, at the end of the queue.
func (h *Holdover) hold(name string, body []byte, cause error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.dropLocked(name)
	o := &heldObject{name: name, body: body, since: h.Now()}
	if o.cost() > h.Limit {
		h.giveUp(o, "object given up: the store does not take it and it is larger than what may be held", cause)
		h.showLocked()
		return
	}
	h.held[name] = h.order.PushBack(o)
	h.bytes += o.cost()
	h.cause = cause
	for h.bytes > h.Limit {
		oldest := heldAt(h.order.Front())
		h.giveUp(oldest, "object given up: the store takes nothing and memory is full", cause)
		h.dropLocked(oldest.name)
	}
	h.showLocked()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *Holdover) giveUp(o *heldObject, why string, cause error) {
	h.Log.Error(why, "object", o.name, "bytes", len(o.body), "held_since", o.since, "err", cause)
	h.Metrics.gaveUp(h.Name)
}

// drop lets go of an object, unless a newer version has taken its place.
func (h *Holdover) drop(o *heldObject) {
	if o == nil {
		return
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if place, ok := h.held[o.name]; ok && heldAt(place) == o {
		h.dropLocked(o.name)
		h.showLocked()
	}
}

func (h *Holdover) dropLocked(name string) {
	place, ok := h.held[name]
	if !ok {
		return
	}
	h.bytes -= heldAt(place).cost()
	h.order.Remove(place)
	delete(h.held, name)
}

func (h *Holdover) showLocked() { h.Metrics.heldover(h.Name, len(h.held), h.bytes) }

func (h *Holdover) get(name string) (*heldObject, bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	place, ok := h.held[name]
	if !ok {
		return nil, false
	}
	return heldAt(place), true
}

func heldAt(place *list.Element) *heldObject {
	o, _ := place.Value.(*heldObject)
	return o
}

// PutStream implements Store; streams are not held.
func (h *Holdover) PutStream(ctx context.Context, name string, body io.Reader, size int64) error {
	return h.change(ctx, name, func() error { return h.Under.PutStream(ctx, name, body, size) })
}

// Delete implements Store.
func (h *Holdover) Delete(ctx context.Context, name string) error {
	return h.change(ctx, name, func() error { return h.Under.Delete(ctx, name) })
}

// change does, while nobody else changes the object, what makes the version void that is held when its turn comes.
func (h *Holdover) change(ctx context.Context, name string, do func() error) error {
	if err := h.names.lock(ctx, name); err != nil {
		return fmt.Errorf("wait for %s: %w", name, err)
	}
	defer h.names.unlock(name)
	void, _ := h.get(name)
	if err := do(); err != nil {
		return err
	}
	h.drop(void)
	return nil
}

// Check implements Store: holding something is a fault to know of.
func (h *Holdover) Check(ctx context.Context) error {
	if err := h.Under.Check(ctx); err != nil {
		return err
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if len(h.held) > 0 {
		return fmt.Errorf("%d objects of %d bytes wait in memory: %w", len(h.held), h.bytes, h.cause)
	}
	return nil
}
