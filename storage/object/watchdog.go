package object

import (
	"context"
	"errors"
	"time"
)

var errSilent = errors.New("it was silent for too long")

// watchdog cancels an operation on which the store has been silent for too long. An operation that makes progress
// may take as long as it needs: a slow line is not a dead one.
type watchdog struct {
	context.Context

	cancel  context.CancelCauseFunc
	timer   *time.Timer
	timeout time.Duration
}

// watch starts a watchdog, armed.
func watch(ctx context.Context, timeout time.Duration) *watchdog {
	w := &watchdog{timeout: timeout}
	w.Context, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(timeout, func() { w.cancel(errSilent) })
	return w
}

// arm begins the wait for the store anew.
func (w *watchdog) arm() {
	w.timer.Reset(w.timeout)
}

// disarm is for the time when it is not the store that we wait for.
func (w *watchdog) disarm() {
	w.timer.Stop()
}

func (w *watchdog) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// bit says whether it was the watchdog that ended the operation.
func (w *watchdog) bit() bool {
	return errors.Is(context.Cause(w.Context), errSilent)
}

// Read implements io.Reader for minio-go's progress hook: bytes went out.
func (w *watchdog) Read(p []byte) (int, error) {
	w.arm()
	return len(p), nil
}
