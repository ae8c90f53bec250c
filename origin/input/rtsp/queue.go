package rtsp

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"podium.tv/podium/packager/media"
)

// queueLength bounds what waits between the connection and the feed: about three megabytes, enough for the burst
// of packets that a large picture is.
const queueLength = 2048

// event is one thing that came over the wire: a packet of a track, a sender report of a medium, or a note on the
// connection.
type event struct {
	at     time.Time
	track  *track
	packet *rtp.Packet
	medium *description.Media
	report *rtcp.SenderReport
	note   error
	broken error // a packet that gortsplib could not read
}

// To wake a goroutine for each packet costs more than everything that is done with it: it is woken for the last packet
// of a picture or for sound, when some time has gone by since the last time, or when many packets wait.
const (
	wakeEvery = 50 * time.Millisecond
	wakeAt    = 64
)

// whole says that something can be made of what has come so far: packets of a picture but the last, which has the
// marker bit (RFC 6184 §5.1, RFC 7798 §4.1), can wait for it.
func (e *event) whole() bool {
	return e.packet == nil || e.packet.Marker || e.track == nil || e.track.Kind != media.Video
}

// queue hands events from gortsplib's goroutines to the one that owns the demuxer, which also looks at each of its ticks,
// for what came last before a silence.
type queue struct {
	mutex   sync.Mutex
	waiting []event // at most queueLength
	woken   time.Time

	wake    chan struct{} // holds one: there is something to read
	room    chan struct{} // holds one: something was read
	dropped atomic.Uint64
	done    <-chan struct{} // closed when nobody reads any more
}

func newQueue(done <-chan struct{}) *queue {
	return &queue{wake: make(chan struct{}, 1), room: make(chan struct{}, 1), done: done}
}

// put waits while the queue is full: for connections with a goroutine of their own, where waiting slows the sender
// (TCP) or leaves the choice of what to lose to the socket (UDP).
func (q *queue) put(e event) {
	for waited := false; ; waited = true {
		if q.add(&e) {
			if waited {
				signal(q.room) // There may be more of it, and others that wait.
			}
			return
		}
		signal(q.wake)
		select {
		case <-q.room:
		case <-q.done:
			return
		}
	}
}

// offer drops the event if the queue is full: for a socket that several connections share.
func (q *queue) offer(e event) {
	if !q.add(&e) {
		q.dropped.Add(1)
	}
}

func (q *queue) add(e *event) bool {
	q.mutex.Lock()
	n := len(q.waiting)
	if n >= queueLength {
		q.mutex.Unlock()
		return false
	}
	q.waiting = append(q.waiting, *e)
	wake := n >= wakeAt || e.packet == nil || e.whole() && e.at.Sub(q.woken).Abs() >= wakeEvery
	if wake {
		q.woken = e.at
	}
	q.mutex.Unlock()
	if wake {
		signal(q.wake)
	}
	return true
}

// take gives all that waits, in order. The slice that it gave before is used again.
func (q *queue) take(before []event) []event {
	clear(before) // Packets are not kept longer than they are read.
	q.mutex.Lock()
	waiting := q.waiting
	q.waiting = before[:0]
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
