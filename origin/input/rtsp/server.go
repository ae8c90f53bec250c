package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"podium.tv/podium/origin/input/publish"
)

// Server takes what encoders publish (ANNOUNCE and RECORD) at rtsp://host/{feed}. The stream key is the password
// of Basic credentials, with any user name, or the parameter key of the query. It gives nothing out.
type Server struct {
	// Address is where RTSP is listened for, such as ":8554". Empty for RTSPS only.
	Address string

	// RTPAddress and RTCPAddress are where packets come by UDP: an even port and the one after it. Empty for TCP only.
	RTPAddress, RTCPAddress string

	// TLSAddress is where RTSPS is listened for, with TLS. Packets come by TCP there. Empty for none.
	TLSAddress string

	// TLS holds the certificate of TLSAddress.
	TLS *tls.Config

	// Desk lets publishers in.
	Desk *publish.Desk

	// MaxConnections bounds the connections, those that are not publishing yet included. It defaults to 128.
	MaxConnections int

	// ReadTimeout bounds how long a publisher may send nothing. It defaults to 10 seconds.
	ReadTimeout time.Duration

	// SetupTimeout bounds the time between connecting and publishing. It defaults to 15 seconds.
	SetupTimeout time.Duration

	// UDPReadBuffer is the size of the UDP sockets' buffers in bytes. It defaults to the system's.
	UDPReadBuffer int

	// ParametersWait bounds how long parameter sets that are not in the description are waited for.
	// It defaults to 10 seconds.
	ParametersWait time.Duration

	// KeyframeWait bounds how long pictures may come without one to start from. It defaults to 20 seconds.
	KeyframeWait time.Duration

	// Log defaults to no log.
	Log *slog.Logger

	// Now is the clock that arrival is taken from. It defaults to time.Now.
	Now func() time.Time

	connections atomic.Int64

	mutex   sync.Mutex
	started bool
	ctx     context.Context
	cancel  context.CancelFunc
	servers []*gortsplib.Server
	bound   []net.Addr
}

// Start begins to listen. A server is started once.
func (s *Server) Start() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.started {
		return errors.New("the rtsp server was started before")
	}
	if s.Address == "" && s.TLSAddress == "" {
		return errors.New("the rtsp server has no address to listen at")
	}
	if s.Desk == nil {
		return errors.New("the rtsp server has nobody who lets publishers in")
	}
	if s.TLSAddress != "" && (s.TLS == nil || len(s.TLS.Certificates) == 0 && s.TLS.GetCertificate == nil) {
		return fmt.Errorf("the rtsps server at %s has no certificate", s.TLSAddress)
	}
	s.started = true
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if s.Address != "" {
		if err := s.listen(&gortsplib.Server{
			RTSPAddress: s.Address, UDPRTPAddress: s.RTPAddress, UDPRTCPAddress: s.RTCPAddress,
		}); err != nil {
			return err
		}
	}
	if s.TLSAddress != "" {
		if err := s.listen(&gortsplib.Server{RTSPAddress: s.TLSAddress, TLSConfig: s.TLS}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) listen(inner *gortsplib.Server) error {
	inner.ReadTimeout = s.readTimeout()
	inner.WriteTimeout = s.readTimeout()
	inner.UDPReadBufferSize = s.UDPReadBuffer
	// The key is stored as a hash, which Digest cannot be checked against.
	inner.AuthMethods = []auth.VerifyMethod{auth.VerifyMethodBasic}
	inner.Handler = &handler{server: s}
	inner.Listen = func(network, address string) (net.Listener, error) {
		l, err := (&net.ListenConfig{}).Listen(s.ctx, network, address)
		if err != nil {
			return nil, err
		}
		s.bound = append(s.bound, l.Addr())
		return listener{l}, nil
	}
	if err := inner.Start(); err != nil {
		s.stop()
		return fmt.Errorf("listen for rtsp at %s: %w", inner.RTSPAddress, err)
	}
	s.servers = append(s.servers, inner)
	return nil
}

// Addr is where the server listens, or nil before Start. With both RTSP and RTSPS it is RTSP's.
func (s *Server) Addr() net.Addr {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.bound) == 0 {
		return nil
	}
	return s.bound[0]
}

// TLSAddr is where the server listens for RTSPS, or nil.
func (s *Server) TLSAddr() net.Addr {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.TLSAddress == "" || len(s.bound) == 0 {
		return nil
	}
	return s.bound[len(s.bound)-1]
}

// Close ends all sessions and waits until everything is released.
func (s *Server) Close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.started {
		s.stop()
	}
}

func (s *Server) stop() {
	s.cancel()
	for _, inner := range s.servers {
		inner.Close()
	}
	s.servers = nil
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

func (s *Server) maxConnections() int64 {
	if s.MaxConnections > 0 {
		return int64(s.MaxConnections)
	}
	return 128
}

func status(code base.StatusCode) *base.Response { return &base.Response{StatusCode: code} }
