package whip

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/publish"
)

// session is one client's connection.
type session struct {
	server   *Server
	id, etag string
	ufrag    string // the client's
	info     publish.Info
	codecs   []codec // what was agreed on

	pc     *webrtc.PeerConnection
	up     chan struct{} // closed when media can come
	upOnce sync.Once

	over   sync.Once
	left   chan struct{} // closed when the session is over
	cause  error         // why; set before left is closed
	closed chan struct{} // closed when the connection is

	asked, received, lost, late atomic.Uint64
	jitter                      atomic.Int64 // of the pictures, a duration

	mutex   sync.Mutex
	sink    *sink
	remotes map[media]*remote
}

// remote is a stream that comes in.
type remote struct {
	ssrc   uint32
	report *rtcp.SenderReport // the last one, for a reader that comes later
}

var (
	_ publish.Publisher = (*session)(nil)
	_ input.Meter       = (*session)(nil)
)

func newSession(s *Server, info publish.Info, o *offer) *session {
	id := newID()
	return &session{
		server: s, id: id, etag: `"` + id[:8] + `"`, info: info, ufrag: o.ufrag, codecs: codecsOf(o),
		up: make(chan struct{}), left: make(chan struct{}), closed: make(chan struct{}), remotes: make(map[media]*remote),
	}
}

// begin takes the connection on.
func (p *session) begin(pc *webrtc.PeerConnection) {
	p.pc = pc
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			p.upOnce.Do(func() { close(p.up) })
		case webrtc.PeerConnectionStateClosed:
			p.end(publish.ErrLeft)
		case webrtc.PeerConnectionStateFailed:
			p.end(fmt.Errorf("%w: %w", publish.ErrLeft, p.failure()))
		default:
		}
	})
	pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { p.receive(t, r) })
}

// failure is why a connection failed: it never was, or it is lost.
func (p *session) failure() error {
	select {
	case <-p.up:
		return ErrVanished
	default:
		return p.unreachable()
	}
}

func (p *session) unreachable() error {
	return fmt.Errorf("%w (port %s)", ErrUnreachable, port(p.server.address))
}

// watch is the session's life in the desk.
func (p *session) watch(leave func(error)) {
	timer := time.NewTimer(orDefault(p.server.ConnectWithin, 15*time.Second))
	defer timer.Stop()
	select {
	case <-p.up:
	case <-p.left:
	case <-timer.C:
		p.end(fmt.Errorf("%w: %w", publish.ErrLeft, p.unreachable()))
	}
	<-p.left
	leave(p.cause)
	p.server.forget(p)
}

// Info implements publish.Publisher.
func (p *session) Info() publish.Info { return p.info }

// End implements publish.Publisher. A browser sees its connection closed; it is told no reason.
func (p *session) End(cause error) { p.end(cause) }

// end closes the connection; the first reason counts. It does not wait.
func (p *session) end(cause error) {
	p.over.Do(func() {
		p.cause = cause
		close(p.left)
		go func() {
			if p.pc != nil {
				_ = p.pc.Close()
			}
			close(p.closed)
		}()
	})
}

// Network implements input.Meter.
func (p *session) Network() (input.Network, bool) {
	select {
	case <-p.left:
		return input.Network{}, false
	case <-p.up:
	default:
		return input.Network{}, false
	}
	return input.Network{
		Peer: p.info.Address.String(), Received: p.received.Load(), Lost: p.lost.Load(), Recovered: p.late.Load(),
		Asked: p.asked.Load(), Jitter: time.Duration(p.jitter.Load()),
	}, true
}
