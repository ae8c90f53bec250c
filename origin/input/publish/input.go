package publish

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"podium.tv/podium/origin/input"
)

// Input is the input of a feed that encoders publish, by any protocol. It may be used for one Run at a time; a
// publisher that comes or stays between two of them is kept, and what it sends is dropped.
type Input struct {
	Desk *Desk
	Feed string

	reading atomic.Pointer[session]
}

var (
	_ input.Input = (*Input)(nil)
	_ input.Meter = (*Input)(nil)
)

// String names the input.
func (p *Input) String() string { return "publish /" + p.Feed }

// Run waits for a publisher of the feed, delivers what it sends, and returns when it leaves.
func (p *Input) Run(ctx context.Context, r input.Receiver) error {
	if p.Desk == nil {
		return fmt.Errorf("feed %s: there is nowhere to publish to", p.Feed)
	}
	w := &wait{found: make(chan met, 1)}
	if err := p.Desk.await(p.Feed, w); err != nil {
		return fmt.Errorf("feed %s: %w", p.Feed, err)
	}
	defer p.Desk.forget(p.Feed, w)

	var found met
	select {
	case <-ctx.Done():
		// It may have come at this very moment, and be attached: what it sends must not be waited with.
		p.Desk.forget(p.Feed, w)
		select {
		case found = <-w.found:
			_ = found.read(ctx, r)
		default:
		}
		return ctx.Err()
	case <-p.Desk.ended():
		return fmt.Errorf("feed %s: %w", p.Feed, ErrClosed)
	case found = <-w.found:
	}
	p.reading.Store(found.session)
	err := found.read(ctx, r)
	p.reading.Store(nil)
	if tooMuch := context.Cause(ctx); errors.Is(tooMuch, input.ErrTooMuch) {
		err = tooMuch
	} else if ctx.Err() != nil {
		return ctx.Err()
	}
	if !errors.Is(err, ErrLeft) {
		// What a feed cannot use must not go on as if it were on the air: the encoder shall see it.
		p.Desk.turnOut(found.session, err)
	}
	who := found.session.info
	return fmt.Errorf("%s publisher %s of feed %s: %w", who.Protocol, who.Address, p.Feed, err)
}

// Network implements input.Meter, where the publisher that is read does.
func (p *Input) Network() (input.Network, bool) {
	s := p.reading.Load()
	if s == nil {
		return input.Network{}, false
	}
	meter, ok := s.Publisher.(input.Meter)
	if !ok {
		return input.Network{}, false
	}
	return meter.Network()
}
