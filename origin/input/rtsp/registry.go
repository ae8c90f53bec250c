package rtsp

import "sync"

// registry knows who publishes which feed, and who waits for it.
type registry struct {
	mutex      sync.Mutex
	closed     bool
	publishers map[string]*publisher
	waiting    map[string]*wait
}

// wait is a reader of a feed. Its publisher is attached before the first packet can come.
type wait struct {
	found chan *publisher // of one
	meet  func(*publisher)
	met   bool
}

func (w *wait) greet(p *publisher) {
	if w.met {
		return // It reads another; p is for the next one who waits.
	}
	w.met = true
	w.meet(p)
	w.found <- p
}

// enter makes p the publisher of its feed. Another one is in the way, unless takeOver: then it is returned, and is
// the caller's to end. It is false for a feed that is taken, or after close.
func (r *registry) enter(p *publisher, takeOver bool) (former *publisher, ok bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	former = r.publishers[p.feed]
	if r.closed || former != nil && !takeOver {
		return former, false
	}
	if r.publishers == nil {
		r.publishers = make(map[string]*publisher)
	}
	r.publishers[p.feed] = p
	if w := r.waiting[p.feed]; w != nil {
		w.greet(p)
	}
	return former, true
}

// leave takes p out, if it is still there.
func (r *registry) leave(p *publisher) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.publishers[p.feed] == p {
		delete(r.publishers, p.feed)
	}
}

func (r *registry) active(feed string) *publisher {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.publishers[feed]
}

func (r *registry) count() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.publishers)
}

// await registers a reader of a feed. A publisher that is there already meets it at once.
func (r *registry) await(feed string, w *wait) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed {
		return ErrClosed
	}
	if r.waiting[feed] != nil {
		return ErrFeedTaken
	}
	if r.waiting == nil {
		r.waiting = make(map[string]*wait)
	}
	r.waiting[feed] = w
	if p := r.publishers[feed]; p != nil {
		w.greet(p)
	}
	return nil
}

func (r *registry) forget(feed string, w *wait) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.waiting[feed] == w {
		delete(r.waiting, feed)
	}
}

func (r *registry) close() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.closed = true
}
