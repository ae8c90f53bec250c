package rtmp

import (
	"sync"
	"time"
)

// What may wait between a connection and its feed: some seconds of most streams.
const (
	queueMessages = 1024
	queueBytes    = 16 << 20
)

// arrival is a message and when it came.
type arrival struct {
	message
	at time.Time
}

// queue hands messages from the goroutine that reads a connection to the one that owns the demuxer. When it is full, the
// connection waits, and with it the encoder.
type queue struct {
	mutex   sync.Mutex
	waiting []arrival
	bytes   int

	wake chan struct{} // holds one: there is something to read
	room chan struct{} // holds one: something was read
	done <-chan struct{}
}

func newQueue(done <-chan struct{}) *queue {
	return &queue{wake: make(chan struct{}, 1), room: make(chan struct{}, 1), done: done}
}

// put waits while the queue is full, until nobody reads it any more or gone is closed.
func (q *queue) put(a arrival, gone <-chan struct{}) {
	for !q.add(a) {
		select {
		case <-q.room:
		case <-q.done:
			return
		case <-gone:
			return
		}
	}
}

// add says whether there was room. A message that is larger than the queue may be alone in it.
func (q *queue) add(a arrival) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if len(q.waiting) > 0 && (len(q.waiting) >= queueMessages || q.bytes+len(a.body) > queueBytes) {
		return false
	}
	q.waiting = append(q.waiting, a)
	q.bytes += len(a.body)
	signal(q.wake)
	return true
}

// take gives all that waits, in order. The slice that it gave before is used again.
func (q *queue) take(before []arrival) []arrival {
	clear(before) // Messages are not kept longer than they are read.
	q.mutex.Lock()
	waiting := q.waiting
	q.waiting, q.bytes = before[:0], 0
	q.mutex.Unlock()
	signal(q.room)
	return waiting
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // It is known already.
	}
}
