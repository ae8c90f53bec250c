package rtsp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/trust"
)

// Pull reads a stream from a camera or a server. Run may be called again after it returned, not while it runs.
type Pull struct {
	// URL is the stream's address, rtsp or rtsps, with the credentials in it if there are any.
	URL string

	// Transport is how RTP packets come. It defaults to TransportAuto.
	Transport Transport

	// CA holds the certificate authorities of rtsps servers, PEM. It defaults to the system's.
	CA []byte

	// Fingerprint is the SHA-256 of an rtsps server's certificate, 64 hexadecimal digits with or without colons; it
	// takes the place of a signature by a known authority.
	Fingerprint string

	// ReadTimeout bounds each request, and how long nothing may arrive. It defaults to 10 seconds.
	ReadTimeout time.Duration

	// UDPReadBuffer is the size of the sockets' buffers in bytes. It defaults to the system's.
	UDPReadBuffer int

	// ParametersWait bounds how long parameter sets that are not in the description are waited for.
	// It defaults to 10 seconds.
	ParametersWait time.Duration

	// KeyframeWait bounds how long pictures may come without one to start from. It defaults to 20 seconds.
	KeyframeWait time.Duration

	// Guard says which addresses may be connected to. It defaults to guard.Default().
	Guard *guard.Policy

	// Lookup resolves the host's name. It defaults to the system's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	// Now is the clock that arrival is taken from. It defaults to time.Now.
	Now func() time.Time
}

var _ input.Input = (*Pull)(nil)

// String names the input without credentials.
func (p *Pull) String() string {
	u, err := parseAddress(p.URL)
	if err != nil {
		return "rtsp pull"
	}
	return redacted(u)
}

// Validate says what is wrong with the parameters, without connecting.
func (p *Pull) Validate() error {
	if _, err := parseAddress(p.URL); err != nil {
		return err
	}
	if err := p.Transport.validate(); err != nil {
		return err
	}
	_, err := trust.Client("rtsps", p.CA, p.Fingerprint)
	return err
}

// Run implements input.Input. Its error never holds credentials.
func (p *Pull) Run(ctx context.Context, r input.Receiver) error {
	if err := p.Validate(); err != nil {
		return err
	}
	u, err := parseAddress(p.URL)
	if err != nil {
		return err
	}
	conf, err := trust.Client("rtsps", p.CA, p.Fingerprint)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	route := newRoute(u, p.Guard, p.Lookup)
	events := newQueue(ctx.Done())
	now := p.now()

	client := &gortsplib.Client{
		Scheme:            u.Scheme,
		Host:              u.Host,
		ReadTimeout:       p.readTimeout(),
		WriteTimeout:      p.readTimeout(),
		TLSConfig:         conf,
		Transport:         p.Transport.option(),
		UDPReadBufferSize: p.UDPReadBuffer,
		UserAgent:         "podium",
		DialContext:       route.dial,
		OnResponse:        route.vet,
		OnTransportSwitch: func(err error) { events.put(event{note: err}) },
		OnPacketsLost:     func(uint64) {}, // Losses are counted by track, where they matter.
		OnDecodeError:     func(err error) { events.put(event{broken: err}) },
	}
	if err := client.Start2(); err != nil {
		return fmt.Errorf("connect to %s: %w", redacted(u), err)
	}
	closed := closeWith(ctx, client, route)
	defer func() { cancel(); <-closed }()

	tracks, err := p.setUp(client, route, events, r, now)
	if err != nil {
		return p.explain(ctx, err, route)
	}
	ended := make(chan error, 1)
	go func() { ended <- client.Wait() }()
	d := &demuxer{
		tracks: tracks, now: now, stream: elementary.Stream{
			Receiver: r, ParametersWait: p.ParametersWait, KeyframeWait: p.KeyframeWait,
			Silence: 2 * p.readTimeout(),
		},
	}
	return p.explain(ctx, d.run(ctx, events, ended), route)
}

// setUp asks for the stream's description and for the tracks in it that we can carry, and has it played.
func (p *Pull) setUp(
	client *gortsplib.Client, route *route, events *queue, r input.Receiver, now func() time.Time,
) ([]*track, error) {
	// gortsplib waits for a TLS handshake without a limit of its own.
	limit := time.AfterFunc(3*p.readTimeout(), route.giveUp)
	defer limit.Stop()
	desc, _, err := client.Describe(route.address)
	if err != nil {
		return nil, err
	}
	tracks, dropped := plan(desc)
	for _, err := range dropped {
		r.Warn(err)
	}
	if len(tracks) == 0 {
		return nil, noTracks(dropped)
	}
	for _, t := range tracks {
		if _, err := client.Setup(desc.BaseURL, t.medium, 0, 0); err != nil {
			return nil, err
		}
	}
	for _, t := range tracks {
		client.OnPacketRTP(t.medium, t.format, func(pkt *rtp.Packet) {
			events.put(event{at: now(), track: t, packet: pkt})
		})
	}
	client.OnPacketRTCPAny(func(medium *description.Media, pkt rtcp.Packet) {
		if sr, ok := pkt.(*rtcp.SenderReport); ok {
			events.put(event{medium: medium, report: sr})
		}
	})
	if _, err := client.Play(nil); err != nil {
		return nil, err
	}
	return tracks, nil
}

// closeWith closes the client when ctx is done; the result is closed once everything is released. A server that
// does not read keeps its farewell from being sent, so the connection is cut after two seconds.
func closeWith(ctx context.Context, client *gortsplib.Client, route *route) <-chan struct{} {
	done := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(done)
		cut := time.AfterFunc(2*time.Second, route.cut)
		defer cut.Stop()
		client.Close()
	})
	return done
}

// explain words why a connection could not be made or ended.
func (p *Pull) explain(ctx context.Context, err error, route *route) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if refusal := route.refused(); refusal != nil {
		err = refusal
	}
	where := redacted(route.origin)
	var status liberrors.ErrClientBadStatusCode
	if errors.As(err, &status) {
		switch status.Code {
		case 401:
			return fmt.Errorf("rtsp stream %s: the server wants a user name and password, or refuses these: %w", where, err)
		case 404:
			return fmt.Errorf("rtsp stream %s: the server has no such stream: %w", where, err)
		default:
		}
	}
	return fmt.Errorf("rtsp stream %s: %w", where, redact(err, route.origin))
}

func (p *Pull) readTimeout() time.Duration { return orDefault(p.ReadTimeout, 10*time.Second) }

func (p *Pull) now() func() time.Time {
	if p.Now != nil {
		return p.Now
	}
	return time.Now
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
