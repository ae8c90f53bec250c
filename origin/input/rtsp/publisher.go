package rtsp

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/publish"
)

// publisher is one session that announced a feed.
type publisher struct {
	server  *Server
	feed    string
	address netip.AddrPort
	desc    *description.Session
	session *gortsplib.ServerSession
	agent   string
	leave   func(cause error) // tells the desk; set before the first packet, nil while it does not know

	over  sync.Once
	left  chan struct{} // closed when the session is over
	cause error         // why; set before left is closed

	mutex sync.Mutex
	sink  *sink
	// reports are the last sender reports, for a feed that begins to read later. One per medium.
	reports map[*description.Media]*rtcp.SenderReport
}

var _ publish.Publisher = (*publisher)(nil)

// Info implements publish.Publisher.
func (p *publisher) Info() publish.Info {
	return publish.Info{Feed: p.feed, Protocol: "rtsp", Address: p.address, Agent: p.agent}
}

// End implements publish.Publisher. RTSP has no word for why.
func (p *publisher) End(cause error) {
	p.end(cause)
	go p.session.Close() // It may wait for a callback that waits for us.
}

// sink is where a publisher's packets go: the tracks of one reader, by medium and payload type.
type sink struct {
	queue  *queue
	shared bool // the packets come by a socket that other publishers use too
	tracks map[*description.Media]*track
}

// end tells the reader why the session is over; the first reason counts.
func (p *publisher) end(cause error) {
	p.over.Do(func() {
		p.cause = cause
		close(p.left)
	})
}

// attach has the publisher's packets go to q from now on.
func (p *publisher) attach(tracks []*track, q *queue) {
	s := &sink{queue: q, tracks: make(map[*description.Media]*track, len(tracks))}
	for _, t := range tracks {
		s.tracks[t.medium] = t
	}
	if transport := p.session.SetuppedTransport(); transport != nil {
		s.shared = *transport != gortsplib.TransportTCP
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.sink = s
	for medium, sr := range p.reports {
		q.offer(event{medium: medium, report: sr})
	}
}

func (p *publisher) detach() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.sink = nil
}

func (p *publisher) reader() *sink {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.sink
}

func (p *publisher) send(s *sink, e event) {
	if s.shared {
		s.queue.offer(e)
		return
	}
	s.queue.put(e)
}

func (p *publisher) packet(medium *description.Media, payloadType uint8, pkt *rtp.Packet, at time.Time) {
	s := p.reader()
	if s == nil {
		return // Nobody wants the feed at this moment: it has a better input, or is between two attempts.
	}
	t := s.tracks[medium]
	if t == nil || t.format.PayloadType() != payloadType {
		return
	}
	p.send(s, event{at: at, track: t, packet: pkt})
}

func (p *publisher) report(medium *description.Media, sr *rtcp.SenderReport) {
	p.mutex.Lock()
	if p.reports == nil {
		p.reports = make(map[*description.Media]*rtcp.SenderReport)
	}
	p.reports[medium] = sr
	s := p.sink
	p.mutex.Unlock()
	if s != nil && s.tracks[medium] != nil {
		p.send(s, event{medium: medium, report: sr})
	}
}

func (p *publisher) broken(err error) {
	if s := p.reader(); s != nil {
		s.queue.offer(event{broken: err})
	}
}

// addressOf is a connection's remote address without IPv4-in-IPv6.
func addressOf(conn net.Conn) netip.AddrPort {
	a, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
