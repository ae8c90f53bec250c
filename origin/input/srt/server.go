package srt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/srt/socket"
)

// Server takes encoders that call, and hands them to the desk. Its fields must not be changed after Start.
type Server struct {
	// Address is where it listens, as host:port. The host may be left out.
	Address string
	// Desk lets encoders in.
	Desk *publish.Desk
	// Passphrase is what the publisher of a feed has to encrypt with, empty where it must not encrypt. nil is empty for all.
	Passphrase func(feed string) string
	// Latency is what packets wait for those before them, unless an encoder wants more. It defaults to 200 ms.
	Latency time.Duration
	// MaxConnections bounds connections together with calls that wait to be let in. It defaults to 128.
	MaxConnections int
	// ReadTimeout is how long an encoder may be silent. It defaults to 5 seconds.
	ReadTimeout time.Duration
	Waits
	// Log defaults to no log.
	Log *slog.Logger
	// Now is the clock that arrival is taken from. It defaults to time.Now.
	Now func() time.Time

	//
	// private
	//

	listener *socket.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup
}

// deciders is how many calls are decided at the same time: each may wait for the catalogue.
const deciders = 4

// Start begins to listen.
func (s *Server) Start() error {
	l := &socket.Listener{
		Address: s.Address, Latency: orDefault(s.Latency, Latency), Idle: s.ReadTimeout, MaxConnections: s.MaxConnections,
	}
	if err := l.Start(); err != nil {
		return err
	}
	s.listener = l
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for range deciders {
		s.work.Go(func() {
			for {
				select {
				case <-s.ctx.Done():
					return
				case call := <-l.Calls():
					s.decide(call)
				}
			}
		})
	}
	return nil
}

// Addr is where the server listens, or nil before Start.
func (s *Server) Addr() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Close ends all connections and waits until everything is released.
func (s *Server) Close() {
	if s.listener == nil {
		return
	}
	s.cancel()
	s.listener.Close()
	s.work.Wait()
}

// decide lets a call in, or tells it why not.
func (s *Server) decide(call *socket.Call) {
	defer func() {
		if p := recover(); p != nil {
			s.log().Error("srt call failed", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			call.Reject(socket.Internal)
		}
	}()
	id, err := ParseStreamID(call.StreamID)
	if err != nil {
		// The desk counts it, and bounds how often that is logged: nobody has an empty name.
		s.stranger(call, err)
		return
	}
	info := publish.Info{Feed: id.Feed, Protocol: "srt", Address: call.Peer}
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	if err := s.Desk.Admit(ctx, info, id.Key); err != nil {
		call.Reject(reasonOf(err))
		return
	}
	conn, err := call.Accept(s.passphrase(id.Feed))
	if err != nil {
		s.log().Warn("srt publisher refused", "feed", id.Feed, "address", call.Peer.String(), "encrypted", call.Encrypted(),
			"reason", advise(err))
		return
	}
	p := &publisher{server: s, info: info, conn: conn, left: make(chan struct{})}
	leave, err := s.Desk.Enter(p)
	if err != nil {
		conn.Close()
		return
	}
	s.work.Go(func() { leave(p.pump()) })
}

// stranger refuses a caller whose stream id says nothing. The desk knows no feed of that name, so it counts the attempt and bounds how
// often an address is logged.
func (s *Server) stranger(call *socket.Call, err error) {
	info := publish.Info{Feed: "", Protocol: "srt", Address: call.Peer}
	reason := socket.BadRequest
	var wrong *StreamIDError
	if errors.As(err, &wrong) {
		reason = wrong.Reason
	}
	if errors.Is(s.Desk.Admit(s.ctx, info, ""), publish.ErrUnknownFeed) {
		s.log().Info("srt call refused", "address", call.Peer.String(), "reason", err)
	}
	call.Reject(reason)
}

func (s *Server) passphrase(feed string) string {
	if s.Passphrase == nil {
		return ""
	}
	return s.Passphrase(feed)
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// reasonOf is the code that tells an encoder why it is not let in.
func reasonOf(err error) socket.Reason {
	switch {
	case errors.Is(err, publish.ErrUnknownFeed):
		return socket.NotFound
	case errors.Is(err, publish.ErrWrongKey):
		return socket.Unauthorized
	case errors.Is(err, publish.ErrAttempts):
		return socket.Forbidden
	case errors.Is(err, publish.ErrTaken):
		return socket.Conflict
	case errors.Is(err, publish.ErrFull):
		return socket.Overload
	default:
		return socket.Unavailable
	}
}

// advise words what the passphrases of two sides make of each other.
func advise(err error) error {
	var rejected *socket.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	switch rejected.Reason {
	case socket.BadSecret:
		return errors.New("its passphrase is another: set the same at both ends")
	case socket.Unsecure:
		return errors.New("one side has a passphrase and the other has none: set the same at both ends, or none")
	default:
		return err
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
