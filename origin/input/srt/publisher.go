package srt

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/mpegts"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/srt/socket"
)

// publisher is an encoder that was let in.
type publisher struct {
	server *Server
	info   publish.Info
	conn   *socket.Conn

	over  sync.Once
	left  chan struct{} // closed when it is gone
	cause error         // why; set before left is closed

	mutex   sync.Mutex
	sink    *sink
	demuxer *mpegts.Demuxer // of the reader
}

var (
	_ publish.Publisher = (*publisher)(nil)
	_ input.Meter       = (*publisher)(nil)
)

// sink holds what comes for one reader.
type sink struct {
	batches chan [][]byte
	done    chan struct{} // closed when nobody reads any more
}

// heldBatches bounds what waits for a reader: a batch is 10 ms of a stream, so this is over a second.
const heldBatches = 128

// Info implements publish.Publisher.
func (p *publisher) Info() publish.Info { return p.info }

// End implements publish.Publisher. SRT has no word for why, once a connection is there.
func (p *publisher) End(cause error) {
	p.end(cause)
	go p.conn.Close()
}

func (p *publisher) end(cause error) {
	p.over.Do(func() {
		p.cause = cause
		close(p.left)
	})
}

// pump hands what comes to whoever reads, until the connection is over, and says why it is.
func (p *publisher) pump() error {
	for {
		batch, err := p.conn.Read(context.Background()) // The connection ends with its server.
		if err != nil {
			p.end(p.worded(err))
			p.conn.Close()
			return p.cause
		}
		p.mutex.Lock()
		s := p.sink
		p.mutex.Unlock()
		if s == nil {
			continue // Nobody wants the feed at this moment: it has a better input, or is between two attempts.
		}
		// A reader that is slow makes the connection hold and then drop, which it counts.
		select {
		case s.batches <- batch:
		case <-s.done:
		case <-p.left:
		}
	}
}

func (p *publisher) worded(err error) error {
	switch {
	case p.server.ctx.Err() != nil:
		return publish.ErrClosed
	case errors.Is(err, socket.ErrLeft):
		return publish.ErrLeft
	default:
		return fmt.Errorf("%w: %w", publish.ErrLeft, err)
	}
}

// Attach implements publish.Publisher.
func (p *publisher) Attach() publish.Read {
	s := &sink{batches: make(chan [][]byte, heldBatches), done: make(chan struct{})}
	p.mutex.Lock()
	p.sink = s
	p.mutex.Unlock()
	return func(ctx context.Context, r input.Receiver) error {
		defer p.detach(s)
		t := newStream(r, p.server.Waits, 0, p.server.Now, p.conn.Stats)
		p.mutex.Lock()
		p.demuxer = &t.demuxer
		p.mutex.Unlock()
		return t.run(ctx, func(ctx context.Context) ([][]byte, error) { return p.next(ctx, s) })
	}
}

func (p *publisher) detach(s *sink) {
	close(s.done)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.sink == s {
		p.sink, p.demuxer = nil, nil
	}
}

// next gives what came before it gives the end.
func (p *publisher) next(ctx context.Context, s *sink) ([][]byte, error) {
	select {
	case b := <-s.batches:
		return b, nil
	default:
	}
	select {
	case b := <-s.batches:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.left:
		return nil, p.cause
	}
}

// Network implements input.Meter.
func (p *publisher) Network() (input.Network, bool) {
	p.mutex.Lock()
	d := p.demuxer
	p.mutex.Unlock()
	return network(p.info.Address.String(), p.conn.Stats(), d), true
}
