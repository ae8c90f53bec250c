package station

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/feed"
	stbapi "podium.tv/podium/stb-api"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/clients"
	"podium.tv/podium/stb-api/console"
	"podium.tv/podium/stb-api/menu"
	"podium.tv/podium/stb-api/openapi"
	"podium.tv/podium/stb-api/ops"
	"podium.tv/podium/stb-api/play"
	"podium.tv/podium/stb-api/web"
)

// serve answers HTTP until run is done, after ctx asked for the end.
func (s *Station) serve(ctx, run context.Context) error {
	server, err := s.server()
	if err != nil {
		return err
	}
	listener, err := listen(run, string(s.Config.HTTP.Listen))
	if err != nil {
		return fmt.Errorf("listen for HTTP: %w", err)
	}
	s.listener = listener
	group, run := errgroup.WithContext(run)
	group.Go(func() error { return s.answer(run, server, listener) })
	if !s.Config.Metrics.Listen.IsOff() {
		apart, err := listen(run, string(s.Config.Metrics.Listen))
		if err != nil {
			return errors.Join(fmt.Errorf("listen for metrics: %w", err), listener.Close())
		}
		group.Go(func() error { return server.ServeMetrics(run, apart) })
	}
	context.AfterFunc(ctx, s.ready.Stop)
	s.Log.Info("station answers", "http", listener.Addr().String(), "feeds", len(s.Config.Feeds), "channels", len(s.Config.Channels))
	if s.OnReady != nil {
		s.OnReady(s)
	}
	return group.Wait()
}

// answer serves HTTP on a listener: without TLS through the fast path of playlists and segments.
func (s *Station) answer(ctx context.Context, server *stbapi.Server, listener net.Listener) error {
	if server.TLS != nil {
		return server.Serve(ctx, listener)
	}
	t := s.Config.HTTP.Timeouts
	fast := &play.Fast{
		Listener: listener, Service: s.play, Observe: server.Metrics.Observe,
		Proxied: func(a net.Addr) bool {
			tcp, ok := a.(*net.TCPAddr)
			return ok && server.Proxies.Trusts(tcp.AddrPort().Addr().Unmap())
		},
		Client: func(a net.Addr, forwarded string) string {
			tcp, ok := a.(*net.TCPAddr)
			if !ok {
				return ""
			}
			return server.Proxies.Behind(tcp.AddrPort().Addr().Unmap(), forwarded).String()
		},
		HeaderWithin: t.Header.Std(), IdleWithin: t.Idle.Std(), WriteWithin: t.Write.Std(), Log: s.Log,
	}
	fast.Start()
	s.fast.Store(fast)
	err := server.Serve(ctx, fast)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	fast.Wait(last)
	return err
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// server composes what answers HTTP.
func (s *Station) server() (*stbapi.Server, error) {
	c := s.Config
	proxies := ops.Proxies{Trusted: config.Prefixes(c.HTTP.TrustedProxies)}
	s.play.ClientAddress = func(r *http.Request) string { return proxies.Address(r).String() }
	s.play.Vouched = proxies.Vouches
	s.ready = &ops.Readiness{Checks: s.checks(), Log: s.Log}
	server := &stbapi.Server{
		Slices: []stbapi.Slice{
			s.play,
			&menu.Menu{
				Guide: s.guide, Archive: s, OnAir: s.OnAir, Station: func() string { return s.config().Station.Name },
				LogoFile: s.logoFile,
			},
			&clients.Clients{Guide: s.guide, Site: s.site},
			&console.Console{
				Guard: &access.Guard{Sessions: s.sessions, Secure: proxies.Secure}, Setup: s.setup, Keys: s.keys,
				Signer: s.signer, Guide: s.db, OnAir: onAir{s}, Events: onAir{s}, Pictures: pictures{s}, Log: s.Log,
				TokenTTL: func() time.Duration { return s.config().Playback.TokenTTL.Std() },
				Zone:     func() *time.Location { return s.config().Station.Zone.Location() },
			},
			openapi.Document{},
		},
		Pages:     web.Pages{},
		Readiness: s.ready, Registerer: s.registry, Gatherer: s.registry,
		MetricsAllow: config.Prefixes(c.Metrics.Allow), MetricsApart: !c.Metrics.Listen.IsOff(),
		Beside: func() int {
			if fast := s.fast.Load(); fast != nil {
				return fast.Open()
			}
			return 0
		},
		Proxies: proxies, MaxBody: int64(c.HTTP.MaxBody), MaxHeader: int(c.HTTP.MaxHeader),
		HeaderWithin: c.HTTP.Timeouts.Header.Std(), ReadWithin: c.HTTP.Timeouts.Read.Std(),
		WriteWithin: c.HTTP.Timeouts.Write.Std(), IdleWithin: c.HTTP.Timeouts.Idle.Std(),
		StopWithin: min(c.HTTP.Timeouts.Shutdown.Std(), 4*time.Second), Log: s.Log,
	}
	server.Slices = append(server.Slices, s.whip()...)
	if !c.HTTP.TLS.IsZero() {
		cert, err := tls.LoadX509KeyPair(c.HTTP.TLS.Cert, c.HTTP.TLS.Key)
		if err != nil {
			return nil, fmt.Errorf("read http.tls certificate: %w", err)
		}
		server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	_, err := server.Handler()
	return server, err
}

// checks are what /readyz asks: without catalogue or guide nobody can be served; without the store live goes on.
func (s *Station) checks() []ops.Check {
	checks := []ops.Check{
		{Name: "catalogue", Required: true, Run: s.db.Check},
		{Name: "guide", Required: true, Run: s.guide.Check},
		{Name: "store", Run: s.store.Check},
	}
	return append(checks, ops.Check{Name: "feeds", Run: s.checkFeeds})
}

// checkFeeds names the feeds that bring no pictures.
func (s *Station) checkFeeds(context.Context) error {
	var dark []string
	for _, f := range s.feedStatus() {
		if f.State == feed.Idle {
			continue // Nobody wants any.
		}
		if f.State != feed.Online || time.Since(f.LastFrame) > 10*time.Second {
			dark = append(dark, f.ID)
		}
	}
	if len(dark) > 0 {
		return fmt.Errorf("no pictures from %s", strings.Join(dark, ", "))
	}
	return nil
}

func (s *Station) config() *config.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg
}

func (s *Station) site() clients.Site {
	c := s.config()
	site := clients.Site{Name: c.Station.Name, TrustedProxies: config.Prefixes(c.HTTP.TrustedProxies)}
	if !c.HTTP.BaseURL.IsZero() {
		site.BaseURL = c.HTTP.BaseURL.String()
	}
	return site
}

// logoFile is the picture file of a channel, or empty where the logo is an address or drawn.
func (s *Station) logoFile(channel string) string {
	ch := s.config().Channel(config.ID(channel))
	if ch == nil || strings.Contains(ch.Logo, "://") {
		return ""
	}
	return ch.Logo
}
