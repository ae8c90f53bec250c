package rtmp

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/publish"
)

// publisher is a connection that was let in.
type publisher struct {
	server *Server
	info   publish.Info
	wire   *wire

	over  sync.Once
	left  chan struct{} // closed when the connection is over
	cause error         // why; set before left is closed

	mutex   sync.Mutex
	sink    *queue // of the reader, or nil
	headers headers
}

var (
	_ publish.Publisher = (*publisher)(nil)
	_ input.Meter       = (*publisher)(nil)
)

// Info implements publish.Publisher.
func (p *publisher) Info() publish.Info { return p.info }

// goodbye is how long an encoder may take to hear why it is turned out.
const goodbye = time.Second

// End implements publish.Publisher.
func (p *publisher) End(cause error) {
	if !p.end(cause) {
		return
	}
	go func() {
		// The connection's own goroutine goes on reading meanwhile, so that nothing is left unread when it closes.
		_ = p.wire.sendWithin(goodbye, statusMessage("error", "NetStream.Failed", cause.Error()))
		p.wire.closeAfter(goodbye)
	}()
}

// end tells the reader why the connection is over; the first reason counts.
func (p *publisher) end(cause error) (first bool) {
	p.over.Do(func() {
		p.cause, first = cause, true
		close(p.left)
	})
	return first
}

// Attach implements publish.Publisher.
func (p *publisher) Attach() publish.Read {
	gone, stop := context.WithCancel(context.Background())
	q := newQueue(gone.Done())
	now := p.server.now()
	p.mutex.Lock()
	for _, m := range p.headers.kept {
		q.add(arrival{m, now()})
	}
	p.sink = q
	p.mutex.Unlock()
	return func(ctx context.Context, r input.Receiver) error {
		defer p.detach(q)
		defer stop()
		ended := make(chan error, 1)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-p.left:
				ended <- p.cause
			case <-ctx.Done():
			}
		}()
		return newDemuxer(p.server.stream(r), now).run(ctx, q, ended)
	}
}

// detach has what comes dropped, unless another reader is there already.
func (p *publisher) detach(q *queue) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.sink == q {
		p.sink = nil
	}
}

// take hands a message on, or drops it where nobody wants the feed at this moment.
func (p *publisher) take(m message, at time.Time) {
	p.mutex.Lock()
	p.headers.keep(&m)
	q := p.sink
	p.mutex.Unlock()
	if q != nil {
		q.put(arrival{m, at}, p.left)
	}
}

// Network implements input.Meter. What goes by TCP is not lost.
func (p *publisher) Network() (input.Network, bool) {
	select {
	case <-p.left:
		return input.Network{}, false
	default:
		return p.wire.network(p.info.Address), true
	}
}

func (w *wire) network(peer netip.AddrPort) input.Network {
	return input.Network{Peer: peer.String(), Received: w.received.Load()}
}

// stream is what a connection's tracks go through.
func (s *Server) stream(r input.Receiver) elementary.Stream {
	return elementary.Stream{
		Receiver: r, ParametersWait: s.ParametersWait, KeyframeWait: s.KeyframeWait, Silence: 2 * s.readTimeout(),
	}
}
