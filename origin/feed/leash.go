package feed

import (
	"context"
	"sync"
)

// leash lets a goroutine run and calls it back. Its zero value holds it.
type leash struct {
	mu      sync.Mutex
	run     context.Context //nolint:containedctx // handed from who lets to who runs
	cancel  context.CancelFunc
	changed chan struct{}
}

// let allows running until hold, or until ctx is done.
func (l *leash) let(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		return
	}
	l.run, l.cancel = context.WithCancel(ctx)
	l.change()
}

// hold ends what let allowed.
func (l *leash) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel == nil {
		return
	}
	l.cancel()
	l.run, l.cancel = nil, nil
}

// held says whether nothing is allowed.
func (l *leash) held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cancel == nil
}

// wait returns as soon as running is allowed; false where ctx is done before.
func (l *leash) wait(ctx context.Context) (context.Context, bool) {
	for {
		l.mu.Lock()
		run := l.run
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		if ctx.Err() != nil {
			return nil, false
		}
		if run != nil {
			return run, true
		}
		select {
		case <-ctx.Done():
			return nil, false
		case <-changed:
		}
	}
}

// change wakes who waits. The lock is held.
func (l *leash) change() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}
