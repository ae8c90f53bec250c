package rtsp

import (
	"context"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/publish"
)

// Attach implements publish.Publisher.
func (p *publisher) Attach() publish.Read {
	// Until somebody reads, the queue holds what comes, and keeps a TCP connection waiting once it is full.
	gone, stop := context.WithCancel(context.Background())
	events := newQueue(gone.Done())
	tracks, dropped := plan(p.desc)
	p.attach(tracks, events)
	return func(ctx context.Context, r input.Receiver) error {
		defer stop()
		defer p.detach()
		for _, err := range dropped {
			r.Warn(err)
		}
		return p.read(ctx, r, tracks, events)
	}
}

// read delivers until the publisher leaves or ctx is done.
func (p *publisher) read(ctx context.Context, r input.Receiver, tracks []*track, events *queue) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		select {
		case <-p.left:
			ended <- p.cause
		case <-ctx.Done():
		}
	}()
	s := p.server
	d := &demuxer{
		tracks: tracks, now: s.now(), stream: elementary.Stream{
			Receiver: r, ParametersWait: s.ParametersWait, KeyframeWait: s.KeyframeWait,
			Silence: 2 * s.readTimeout(),
		},
	}
	return d.run(ctx, events, ended)
}
