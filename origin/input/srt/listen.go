package srt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/srt/socket"
)

// Listen waits for one peer at an address of its own and takes what it sends. Run may be called again after it returned, not while it runs.
type Listen struct {
	// Address is where it listens, as host:port. The host may be left out.
	Address string
	// Passphrase is what the peer has to encrypt with; empty where it must not encrypt.
	Passphrase string
	// StreamID is what the peer has to say. It defaults to anything.
	StreamID string
	// Latency is what packets wait for those before them, unless the peer wants more. It defaults to 200 ms.
	Latency time.Duration
	// ReadTimeout is how long the peer may be silent. It defaults to 5 seconds.
	ReadTimeout time.Duration
	// Program is the number of a program in a stream of several. It defaults to the first.
	Program int
	Waits
	// Log defaults to no log.
	Log *slog.Logger
	// Now is the clock that arrival is taken from. It defaults to time.Now.
	Now func() time.Time

	connection
}

var (
	_ input.Input = (*Listen)(nil)
	_ input.Meter = (*Listen)(nil)
)

// String names the input.
func (l *Listen) String() string { return "srt://" + l.Address }

// errTaken is for a second peer.
var errTaken = errors.New("another peer sends here already")

// Run implements input.Input. It listens only as long as it runs.
func (l *Listen) Run(ctx context.Context, r input.Receiver) error {
	if err := checkPassphrase(l.Passphrase); err != nil {
		return err
	}
	s := &socket.Listener{Address: l.Address, Latency: orDefault(l.Latency, Latency), Idle: l.ReadTimeout, MaxConnections: 8}
	if err := s.Start(); err != nil {
		return err
	}
	defer s.Close()
	conn, err := l.peer(ctx, s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	refused := make(chan struct{})
	go func() {
		defer close(refused)
		l.refuse(ctx, s)
	}()
	defer func() { cancel(); <-refused }()
	err = l.read(ctx, conn, newStream(r, l.Waits, l.Program, l.Now, conn.Stats))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s: peer %s: %w", l, conn.Peer(), err)
}

// peer waits for one that may send.
func (l *Listen) peer(ctx context.Context, s *socket.Listener) (*socket.Conn, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case call := <-s.Calls():
			if l.StreamID != "" && call.StreamID != l.StreamID {
				call.Reject(socket.NotFound)
				l.tell(call, fmt.Errorf("stream id %q, another is expected", clip(call.StreamID)))
				continue
			}
			conn, err := call.Accept(l.Passphrase)
			if err == nil {
				return conn, nil
			}
			l.tell(call, advise(err))
		}
	}
}

// refuse tells all others that somebody sends already.
func (l *Listen) refuse(ctx context.Context, s *socket.Listener) {
	for {
		select {
		case <-ctx.Done():
			return
		case call := <-s.Calls():
			call.Reject(socket.Conflict)
			l.tell(call, errTaken)
		}
	}
}

func (l *Listen) tell(call *socket.Call, reason error) {
	if l.Log != nil {
		l.Log.Warn("srt call refused", "at", l.Address, "address", call.Peer.String(), "reason", reason)
	}
}
