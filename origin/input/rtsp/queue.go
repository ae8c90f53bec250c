package rtsp

import (
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
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

// queue hands events from gortsplib's goroutines to the one that owns the demuxer.
type queue struct {
	events  chan event
	dropped atomic.Uint64
	done    <-chan struct{} // closed when nobody reads any more
}

func newQueue(done <-chan struct{}) *queue {
	return &queue{events: make(chan event, queueLength), done: done}
}

// put waits while the queue is full: for connections with a goroutine of their own, where waiting slows the sender
// (TCP) or leaves the choice of what to lose to the socket (UDP).
func (q *queue) put(e event) {
	select {
	case q.events <- e:
	case <-q.done:
	}
}

// offer drops the event if the queue is full: for a socket that several connections share.
func (q *queue) offer(e event) {
	select {
	case q.events <- e:
	default:
		q.dropped.Add(1)
	}
}
