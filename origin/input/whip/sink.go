package whip

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/publish"
)

// maxEvents bounds what waits for a reader: some seconds of a stream.
const maxEvents = 2048

// event is a packet or a sender report of one of the two tracks.
type event struct {
	media  media
	at     time.Time
	packet *rtp.Packet
	report *rtcp.SenderReport
}

// sink is where a session's packets go while a feed reads it.
type sink struct {
	events  chan event
	dropped atomic.Uint64
}

// give hands an event to the reader, if there is one. One that is too slow loses it: the port is everybody's.
func (p *session) give(e event) {
	p.mutex.Lock()
	s := p.sink
	p.mutex.Unlock()
	if s == nil {
		return
	}
	select {
	case s.events <- e:
	default:
		s.dropped.Add(1)
	}
}

// Attach implements publish.Publisher.
func (p *session) Attach() publish.Read {
	s := &sink{events: make(chan event, maxEvents)}
	p.mutex.Lock()
	p.sink = s
	for kind, one := range p.remotes {
		if one.report != nil {
			s.events <- event{media: kind, report: one.report}
		}
	}
	p.mutex.Unlock()
	return func(ctx context.Context, r input.Receiver) error {
		defer p.detach(s)
		return p.read(ctx, r, s)
	}
}

func (p *session) detach(s *sink) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.sink == s {
		p.sink = nil
	}
}

// read delivers until the session is over or ctx is done.
func (p *session) read(ctx context.Context, r input.Receiver, s *sink) error {
	select {
	case <-p.up:
	case <-p.left:
		return p.cause
	case <-ctx.Done():
		return ctx.Err()
	}
	server := p.server
	if server.Sound != nil {
		through := server.Sound(r)
		defer through.Close()
		r = through
	}
	d := &demuxer{
		session: p, sink: s, now: server.now(), every: orDefault(server.KeyframeEvery, 2*time.Second),
		stream: elementary.Stream{
			Receiver: r, Packets: "RTP packets", ParametersWait: server.ParametersWait, KeyframeWait: server.KeyframeWait,
		},
	}
	if server.KeyframeEvery < 0 {
		d.every = 0
	}
	return d.run(ctx)
}
