package rtsp

import (
	"context"
	"fmt"
	"time"

	"podium.tv/podium/origin/input"
)

// Publish is the input of a feed that an encoder publishes to a Server. It may be used for one Run at a time; a
// publisher that comes or stays between two of them is kept, and its packets are dropped.
type Publish struct {
	Server *Server
	Feed   string
}

var _ input.Input = (*Publish)(nil)

// String names the input.
func (p *Publish) String() string { return "rtsp publish /" + p.Feed }

// Run waits for a publisher of the feed, delivers what it sends, and returns when it leaves.
func (p *Publish) Run(ctx context.Context, r input.Receiver) error {
	if p.Server == nil {
		return fmt.Errorf("feed %s: there is no rtsp server to publish to", p.Feed)
	}
	s := p.Server
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	var (
		events  = newQueue(ctx.Done())
		tracks  []*track
		dropped []error
	)
	w := &wait{found: make(chan *publisher, 1), meet: func(pub *publisher) {
		tracks, dropped = plan(pub.desc)
		pub.attach(tracks, events)
	}}
	if err := s.registry.await(p.Feed, w); err != nil {
		return fmt.Errorf("feed %s: %w", p.Feed, err)
	}
	defer s.registry.forget(p.Feed, w)

	var pub *publisher
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed():
		return fmt.Errorf("feed %s: %w", p.Feed, ErrClosed)
	case pub = <-w.found:
	}
	defer pub.detach()
	for _, err := range dropped {
		r.Warn(err)
	}
	ended := make(chan error, 1)
	go func() {
		select {
		case <-pub.left:
			ended <- pub.cause
		case <-ctx.Done():
		}
	}()
	d := &demuxer{
		tracks: tracks, receiver: r, now: s.now(),
		parametersWait: orDefault(s.ParametersWait, 10*time.Second),
		keyframeWait:   orDefault(s.KeyframeWait, 20*time.Second),
		silence:        2 * s.readTimeout(),
	}
	err := d.run(ctx, events, ended)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// What a feed cannot use must not go on as if it were on the air: the encoder shall see it.
	cancel()
	pub.session.Close()
	return fmt.Errorf("rtsp publisher %s of feed %s: %w", pub.address, p.Feed, err)
}
