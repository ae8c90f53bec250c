package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"podium.tv/podium/origin/input/publish"
)

// Server takes what encoders publish. It gives nothing out.
type Server struct {
	// Address is where RTMP is listened for, such as ":1935". Empty for RTMPS only.
	Address string

	// TLSAddress is where RTMPS is listened for, with TLS. Empty for none.
	TLSAddress string

	// TLS holds the certificate of TLSAddress.
	TLS *tls.Config

	// Desk lets publishers in.
	Desk *publish.Desk

	// MaxConnections bounds the connections, those that are not publishing yet included. It defaults to 128.
	MaxConnections int

	// SetupTimeout bounds the time between connecting and publishing. It defaults to 15 seconds.
	SetupTimeout time.Duration

	// ReadTimeout bounds how long a publisher may take for a message. It defaults to 10 seconds.
	ReadTimeout time.Duration

	// ParametersWait bounds how long a track's configuration is waited for. It defaults to 10 seconds.
	ParametersWait time.Duration

	// KeyframeWait bounds how long pictures may come without one to start from. It defaults to 20 seconds.
	KeyframeWait time.Duration

	// Log defaults to no log.
	Log *slog.Logger

	// Now is the clock that arrival is taken from. It defaults to time.Now.
	Now func() time.Time

	mutex       sync.Mutex
	started     bool
	ctx         context.Context
	cancel      context.CancelFunc
	listeners   []net.Listener
	connections map[net.Conn]struct{}
	work        sync.WaitGroup
}

// Start begins to listen. A server is started once.
func (s *Server) Start() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.started {
		return errors.New("the rtmp server was started before")
	}
	if s.Address == "" && s.TLSAddress == "" {
		return errors.New("the rtmp server has no address to listen at")
	}
	if s.Desk == nil {
		return errors.New("the rtmp server has nobody who lets publishers in")
	}
	if s.TLSAddress != "" && (s.TLS == nil || len(s.TLS.Certificates) == 0 && s.TLS.GetCertificate == nil) {
		return fmt.Errorf("the rtmps server at %s has no certificate", s.TLSAddress)
	}
	s.started = true
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.connections = make(map[net.Conn]struct{})
	if s.Address != "" {
		if err := s.listen(s.Address, nil); err != nil {
			return err
		}
	}
	if s.TLSAddress != "" {
		return s.listen(s.TLSAddress, s.TLS)
	}
	return nil
}

func (s *Server) listen(address string, secure *tls.Config) error {
	l, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", address)
	if err != nil {
		s.stop()
		return fmt.Errorf("listen for rtmp at %s: %w", address, err)
	}
	s.listeners = append(s.listeners, l)
	s.work.Go(func() { s.welcome(l, secure) })
	return nil
}

// welcome takes connections until the listener is closed.
func (s *Server) welcome(l net.Listener, secure *tls.Config) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil {
			return
		}
		if err != nil {
			// Too many open files, mostly: it passes.
			s.log().Error("rtmp connection cannot be taken", "err", err)
			select {
			case <-time.After(100 * time.Millisecond):
			case <-s.ctx.Done():
			}
			continue
		}
		if !s.register(conn) {
			_ = conn.Close()
			continue
		}
		s.work.Go(func() {
			defer s.forget(conn)
			outer := conn
			if secure != nil {
				outer = tls.Server(conn, secure)
			}
			(&connection{server: s, conn: outer, address: addressOf(conn)}).serve()
		})
	}
}

// register says whether there is room for one more connection.
func (s *Server) register(conn net.Conn) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	if len(s.connections) >= s.maxConnections() {
		s.log().Warn("rtmp connection refused: too many of them", "address", addressOf(conn).String(), "limit", s.maxConnections())
		return false
	}
	s.connections[conn] = struct{}{}
	return true
}

func (s *Server) forget(conn net.Conn) {
	_ = conn.Close()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.connections, conn)
}

// Addr is where the server listens, or nil before Start. With both RTMP and RTMPS it is RTMP's.
func (s *Server) Addr() net.Addr {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.listeners) == 0 {
		return nil
	}
	return s.listeners[0].Addr()
}

// TLSAddr is where the server listens for RTMPS, or nil.
func (s *Server) TLSAddr() net.Addr {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.TLSAddress == "" || len(s.listeners) == 0 {
		return nil
	}
	return s.listeners[len(s.listeners)-1].Addr()
}

// Close ends all connections and waits until everything is released.
func (s *Server) Close() {
	s.mutex.Lock()
	if s.started {
		s.stop()
	}
	s.mutex.Unlock()
	s.work.Wait()
}

func (s *Server) stop() {
	s.cancel()
	for _, l := range s.listeners {
		_ = l.Close()
	}
	for conn := range s.connections {
		_ = conn.Close()
	}
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

func (s *Server) now() func() time.Time {
	if s.Now != nil {
		return s.Now
	}
	return time.Now
}

func (s *Server) readTimeout() time.Duration  { return orDefault(s.ReadTimeout, 10*time.Second) }
func (s *Server) setupTimeout() time.Duration { return orDefault(s.SetupTimeout, 15*time.Second) }

func (s *Server) maxConnections() int {
	if s.MaxConnections > 0 {
		return s.MaxConnections
	}
	return 128
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
