package stbapi

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"podium.tv/podium/stb-api/ops"
	"podium.tv/podium/stb-api/problem"
)

// Slice is one part of the server, such as the menu or the console, with its rules and its routes.
type Slice interface {
	Register(e *echo.Echo)
}

// Pages is the slice of built files, which can be missing.
type Pages interface {
	Register(e *echo.Echo) error
}

// Server is the whole of what answers HTTP. Its fields are not changed after Handler or Serve.
type Server struct {
	// Slices are the parts, in any order.
	Slices []Slice
	// Pages may be nil: then there are no pages.
	Pages Pages

	// Readiness is what /readyz answers; it is told when the server stops. It may be nil.
	Readiness *ops.Readiness
	// Registerer takes the server's metrics and Gatherer is what /metrics shows. Both may be nil.
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer
	// Metrics counts requests. It defaults to one that Registerer takes, where there is one.
	Metrics *ops.Metrics
	// MetricsAllow are those who may read /metrics. It defaults to this machine.
	MetricsAllow []netip.Prefix
	// MetricsApart says that /metrics is served by ServeMetrics alone.
	MetricsApart bool

	// Proxies tell the client's address.
	Proxies ops.Proxies
	// MaxBody bounds the body of a request, in bytes. It defaults to 1 MiB.
	MaxBody int64
	// MaxHeader bounds the head of a request, in bytes. It defaults to 32 KiB.
	MaxHeader int
	// MaxConnections bounds the connections at once. It defaults to 32768.
	MaxConnections int
	// MaxConnectionsPerAddress bounds those of one address, so that one cannot take them all; this machine and
	// trusted proxies, which speak for many, are not bound. It defaults to 2048, because a whole town may sit
	// behind one address.
	MaxConnectionsPerAddress int

	// Beside is how many connections are open that are answered before this server sees them; podium_http_connections
	// counts them as well. It may be nil.
	Beside func() int

	// HeaderWithin, ReadWithin, WriteWithin and IdleWithin bound a request's head, its body, its answer and the
	// time between two requests. They default to 10 s, 30 s, 5 min and 75 s.
	HeaderWithin, ReadWithin, WriteWithin, IdleWithin time.Duration
	// StopWithin bounds the end of Serve: open requests are let finish, then cut. It defaults to 10 s.
	StopWithin time.Duration
	// Drain is how long Serve goes on answering after /readyz began to say no, for those who balance load by
	// it. It comes out of StopWithin and defaults to none.
	Drain time.Duration

	// TLS makes the server speak https, with HTTP/2. It needs certificates; nil is http.
	TLS *tls.Config

	// Log defaults to nowhere.
	Log *slog.Logger

	once        sync.Once
	echo        *echo.Echo
	err         error
	probes      *ops.Probes
	connections *connections
}

// Route is one route of the table.
type Route struct {
	Method string
	// Path is the template, such as "/live/:channel/*".
	Path string
}

// Handler returns the whole server as a handler. It fails where two slices want the same route or the pages
// cannot be read.
func (s *Server) Handler() (http.Handler, error) {
	s.once.Do(func() { s.err = s.compose() })
	return s.echo, s.err
}

// Routes returns the route table, sorted, for tests that look at all of it.
func (s *Server) Routes() ([]Route, error) {
	if _, err := s.Handler(); err != nil {
		return nil, err
	}
	return table(s.echo), nil
}

func table(e *echo.Echo) []Route {
	routes := e.Routes()
	all := make([]Route, 0, len(routes))
	for _, route := range routes {
		all = append(all, Route{Method: route.Method, Path: route.Path})
	}
	slices.SortFunc(all, func(a, b Route) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method)) })
	return all
}

func (s *Server) compose() error {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Readiness == nil {
		s.Readiness = &ops.Readiness{}
	}
	edge := &ops.Edge{
		Proxies: s.Proxies, MaxBody: s.MaxBody, ReadWithin: s.ReadWithin, WriteWithin: s.WriteWithin,
		StrictTransport: s.TLS != nil, Log: s.Log,
	}
	s.connections = newConnections(s)
	if s.Registerer != nil {
		if s.Metrics == nil {
			s.Metrics = ops.NewMetrics(s.Registerer)
		}
		s.Registerer.MustRegister(&ops.Dependencies{Readiness: s.Readiness})
		s.connections.register(s.Registerer)
	}
	edge.Metrics = s.Metrics
	s.probes = &ops.Probes{
		Readiness: s.Readiness, Gatherer: s.Gatherer, Allow: s.MetricsAllow, Proxies: s.Proxies, Log: s.Log,
	}

	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = problem.Handler(s.Log)
	e.IPExtractor = s.Proxies.Extractor()
	e.Use(edge.Middleware())
	twice := &duplicates{seen: map[Route]bool{}}
	e.OnAddRouteHandler = twice.added
	s.register(e)
	s.echo = e
	if s.Pages != nil {
		if err := s.Pages.Register(e); err != nil {
			return fmt.Errorf("register the pages: %w", err)
		}
	}
	return errors.Join(twice.errs...)
}

func (s *Server) register(e *echo.Echo) {
	atMain := *s.probes
	if s.MetricsApart {
		atMain.Gatherer = nil
	}
	atMain.Register(e)
	for _, slice := range s.Slices {
		slice.Register(e)
	}
}

// duplicates finds routes that are added twice, of which echo silently keeps the last.
type duplicates struct {
	seen map[Route]bool
	errs []error
}

func (d *duplicates) added(_ string, route echo.Route, _ echo.HandlerFunc, _ []echo.MiddlewareFunc) {
	key := Route{Method: route.Method, Path: route.Path}
	if d.seen[key] {
		d.errs = append(d.errs, fmt.Errorf("route %s %s is registered twice", key.Method, key.Path))
	}
	d.seen[key] = true
}
