package whip

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/pion/ice/v4"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/publish"
)

// Server takes the publishers of all feeds in, by one port. Its fields are not changed after Listen. It must not be copied.
type Server struct {
	// Desk lets publishers in, and hands them to their feeds.
	Desk *publish.Desk
	// UDP is where all media comes in, such as ":8189".
	UDP string
	// TCP is where media comes in from networks that let no UDP out (RFC 6544). It may be empty.
	TCP string
	// PublicAddresses are those of a NAT in front of us that forwards both ports, offered beside our own.
	PublicAddresses []string
	// MaxSessions bounds the sessions, also those that did not connect yet. It defaults to 64.
	MaxSessions int
	// ConnectWithin is for how long an answered client may take to connect. It defaults to 15 s.
	ConnectWithin time.Duration
	// IdleWithin is after what time without any packet a client is gone. It defaults to 8 s.
	IdleWithin time.Duration
	// KeyframeEvery is how often a key frame is asked for, because browsers send none by themselves. It defaults to 2 s; less
	// than none asks for those only without which there is no picture.
	KeyframeEvery time.Duration
	// ParametersWait and KeyframeWait are as for elementary.Stream.
	ParametersWait, KeyframeWait time.Duration
	// Sound, where it is set, makes what a feed is given of what the client sends: the Opus of browsers to AAC.
	Sound func(input.Receiver) Sound
	// Log defaults to no log.
	Log *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time

	udp      ice.UDPMux
	tcp      ice.TCPMux
	address  net.Addr
	loopback bool
	closers  []io.Closer

	mutex    sync.Mutex
	over     bool
	making   int // sessions whose answers are being made
	sessions map[string]*session
}

// Sound is a receiver on the way to another one. Close is called once, after the last sample.
type Sound interface {
	input.Receiver
	Close()
}

// Listen opens the ports. Close closes them.
func (s *Server) Listen() error {
	address, err := net.ResolveUDPAddr("udp", s.UDP)
	if err != nil {
		return fmt.Errorf("listen for WebRTC at %q: %w", s.UDP, err)
	}
	if s.udp, err = s.listenUDP(address); err != nil {
		s.Close()
		return fmt.Errorf("listen for WebRTC at %s: %w", s.UDP, err)
	}
	if s.TCP == "" {
		return nil
	}
	listener, err := net.Listen("tcp", s.TCP) //nolint:noctx // It lasts as long as the server does.
	if err != nil {
		s.Close()
		return fmt.Errorf("listen for WebRTC over TCP at %s: %w", s.TCP, err)
	}
	// One that connects has to speak within FirstStunBindTimeout.
	mux := ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: listener, ReadBufferSize: 64, WriteBufferSize: 1 << 20,
		FirstStunBindTimeout: 10 * time.Second, AliveDurationForConnFromStun: 10 * time.Second,
	})
	s.tcp = mux
	s.closers = append(s.closers, mux)
	return nil
}

// readBuffer is for the bursts of key frames.
const readBuffer = 1 << 20

func (s *Server) listenUDP(at *net.UDPAddr) (ice.UDPMux, error) {
	if at.IP == nil || at.IP.IsUnspecified() {
		if at.Port == 0 {
			return nil, errors.New("a port is expected, such as :8189")
		}
		// A socket for each address: answers leave from where they are expected.
		mux, err := ice.NewMultiUDPMuxFromPort(at.Port, ice.UDPMuxFromPortWithReadBufferSize(readBuffer), ice.UDPMuxFromPortWithLoopback())
		if err != nil {
			return nil, err
		}
		s.address, s.loopback = at, true
		s.closers = append(s.closers, mux)
		return mux, nil
	}
	conn, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(readBuffer)
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn})
	s.address, s.loopback = conn.LocalAddr(), at.IP.IsLoopback()
	s.closers = append(s.closers, mux, conn)
	return mux, nil
}

// Addr is where media comes in, after Listen.
func (s *Server) Addr() net.Addr { return s.address }

// Close ends all sessions and closes the ports.
func (s *Server) Close() {
	s.mutex.Lock()
	s.over = true
	ending := make([]*session, 0, len(s.sessions))
	for _, one := range s.sessions {
		ending = append(ending, one)
	}
	s.mutex.Unlock()
	for _, one := range ending {
		one.end(publish.ErrClosed)
		<-one.closed
	}
	for _, c := range s.closers {
		_ = c.Close()
	}
}

// find is a session by what its address says.
func (s *Server) find(feed, id string) (*session, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	one := s.sessions[id]
	if one == nil || one.info.Feed != feed {
		return nil, ErrSession
	}
	return one, nil
}

// Delete ends a session (RFC 9725 §4.2).
func (s *Server) Delete(feed, id string) error {
	one, err := s.find(feed, id)
	if err != nil {
		return err
	}
	one.end(publish.ErrLeft)
	return nil
}

// reserve makes room for one more session.
func (s *Server) reserve() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	most := s.MaxSessions
	if most <= 0 {
		most = 64
	}
	switch {
	case s.over || s.udp == nil:
		return publish.ErrClosed
	case len(s.sessions)+s.making >= most:
		return fmt.Errorf("%w: %d sessions are allowed", publish.ErrFull, most)
	}
	s.making++
	return nil
}

// settle ends what reserve began: with a session, or without one.
func (s *Server) settle(one *session) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.making--
	if one == nil {
		return nil
	}
	if s.over {
		return publish.ErrClosed
	}
	if s.sessions == nil {
		s.sessions = make(map[string]*session)
	}
	s.sessions[one.id] = one
	return nil
}

func (s *Server) forget(one *session) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.sessions, one.id)
}

// newID is unguessable: whoever knows it may end the session.
func newID() string { return rand.Text() }

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

func (s *Server) now() func() time.Time {
	if s.Now == nil {
		return time.Now
	}
	return s.Now
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// port is that of an address, for advice.
func port(a net.Addr) string {
	if a == nil {
		return ""
	}
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	return strconv.Itoa(int(at.Port()))
}
