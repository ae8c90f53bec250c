package stbapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serve answers on the listener until the context ends and then stops in order: /readyz says no, what is
// open is let finish, what waits for something to happen is told to give up, and at the end of StopWithin
// the rest is cut. It closes the listener. The error is nil where it was the context that ended it.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	handler, err := s.Handler()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	base, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	server := s.httpServer(base, handler)
	server.ConnState = s.connections.changed

	failed := make(chan error, 1)
	go func() {
		if s.TLS != nil {
			failed <- server.ServeTLS(listener, "", "")
			return
		}
		failed <- server.Serve(listener)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve http on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	s.stop(server, giveUp)
	return nil
}

// ServeMetrics answers /metrics alone, on a listener of its own that only operators reach.
func (s *Server) ServeMetrics(ctx context.Context, listener net.Listener) error {
	if _, err := s.Handler(); err != nil {
		return errors.Join(err, listener.Close())
	}
	if s.Gatherer == nil {
		return errors.Join(errors.New("serve metrics: there are none to gather"), listener.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.probes.MetricsHandler())
	server := s.httpServer(ctx, mux)
	server.WriteTimeout = 30 * time.Second
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve metrics on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	return server.Close()
}

func (s *Server) httpServer(base context.Context, handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, TLSConfig: s.TLS.Clone(),
		// There is no WriteTimeout and no ReadTimeout: each request has deadlines of its own.
		ReadHeaderTimeout: orDefault(s.HeaderWithin, 10*time.Second),
		IdleTimeout:       orDefault(s.IdleWithin, 75*time.Second),
		MaxHeaderBytes:    orDefault(s.MaxHeader, 32<<10),
		BaseContext:       func(net.Listener) context.Context { return base },
		// Broken handshakes and requests are the clients' trouble.
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
}

// stop ends the server within StopWithin.
func (s *Server) stop(server *http.Server, giveUp func()) {
	began := time.Now()
	within := orDefault(s.StopWithin, 10*time.Second)
	s.Readiness.Stop()
	if s.Drain > 0 {
		time.Sleep(min(s.Drain, within/2))
	}
	ctx, cancel := context.WithDeadline(context.Background(), began.Add(within))
	defer cancel()
	// Those that wait for the next segment or notice give up in time to be answered.
	left := within - time.Since(began)
	timer := time.AfterFunc(left/2, giveUp)
	defer timer.Stop()
	if err := server.Shutdown(ctx); err != nil {
		s.Log.Warn("requests cut at the end", "connections", s.connections.open(), "error", err)
		if err := server.Close(); err != nil {
			s.Log.Warn("server not closed cleanly", "error", err)
		}
	}
}

func orDefault[T int | int64 | time.Duration](value, byDefault T) T {
	if value > 0 {
		return value
	}
	return byDefault
}
