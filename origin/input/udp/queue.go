package udp

import "sync"

// maxWaiting bounds what waits for the feed: a second and a half of the fastest stream that is worth having.
const maxWaiting = 8 << 20

// queue hands what came to the goroutine that takes it apart. The one that reads the socket must not wait for the feed, which
// may wait for a store: the kernel's buffer is small.
type queue struct {
	mutex   sync.Mutex
	waiting []byte
	dropped uint64 // datagrams
	bytes   uint64 // ever

	wake chan struct{} // holds one: there is something to read
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put copies a payload.
func (q *queue) put(b []byte) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.bytes += uint64(len(b))
	if len(q.waiting)+len(b) > maxWaiting {
		q.dropped++
		return
	}
	q.waiting = append(q.waiting, b...)
}

// ring wakes the goroutine that takes.
func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default: // It is known already.
	}
}

// keptBuffer is the size from which on a buffer that a burst made is not used again.
const keptBuffer = 256 << 10

// take gives all that waits, in order. The slice that it gave before is used again.
func (q *queue) take(before []byte) []byte {
	if cap(before) > keptBuffer {
		before = nil
	}
	q.mutex.Lock()
	defer q.mutex.Unlock()
	b := q.waiting
	q.waiting = before[:0]
	return b
}

// lost gives how many datagrams were dropped since it was last asked.
func (q *queue) lost() uint64 {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	n := q.dropped
	q.dropped = 0
	return n
}
