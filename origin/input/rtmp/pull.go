package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/trust"
)

// Pull reads a stream from a server. Run may be called again after it returned, not while it runs. It must not be copied.
type Pull struct {
	// URL is the stream's address, rtmp or rtmps: the host, the application, the name of the stream.
	URL string

	// CA holds the certificate authorities of rtmps servers, PEM. It defaults to the system's.
	CA []byte

	// Fingerprint is the SHA-256 of an rtmps server's certificate, 64 hexadecimal digits with or without colons; it takes the
	// place of a signature by a known authority.
	Fingerprint string

	// ReadTimeout bounds the time until the stream is promised, and then how long nothing may come. It defaults to 10 seconds.
	ReadTimeout time.Duration

	// ParametersWait bounds how long a track's configuration is waited for. It defaults to 10 seconds.
	ParametersWait time.Duration

	// KeyframeWait bounds how long pictures may come without one to start from. It defaults to 20 seconds.
	KeyframeWait time.Duration

	// Guard says which addresses may be connected to. It defaults to guard.Default().
	Guard *guard.Policy

	// Lookup resolves the host's name. It defaults to the system's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	// Now is the clock that arrival is taken from. It defaults to time.Now.
	Now func() time.Time

	mutex sync.Mutex
	wire  *wire // while it is connected
}

var (
	_ input.Input = (*Pull)(nil)
	_ input.Meter = (*Pull)(nil)
)

// String names the input without credentials.
func (p *Pull) String() string {
	a, err := parseAddress(p.URL)
	if err != nil {
		return "rtmp pull"
	}
	return a.shown
}

// Validate says what is wrong with the parameters, without connecting.
func (p *Pull) Validate() error {
	if _, err := parseAddress(p.URL); err != nil {
		return err
	}
	_, err := trust.Client("rtmps", p.CA, p.Fingerprint)
	return err
}

// Run implements input.Input. Its error never holds the address' query.
func (p *Pull) Run(ctx context.Context, r input.Receiver) error {
	a, err := parseAddress(p.URL)
	if err != nil {
		return err
	}
	secure, err := trust.Client("rtmps", p.CA, p.Fingerprint)
	if err != nil {
		return err
	}
	secure.ServerName = a.host
	err = p.run(ctx, &a, secure, r)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &pullError{err, fmt.Sprintf("rtmp stream %s: %s", a.shown, a.redact(err.Error()))}
}

// pullError is an error whose text could quote the address' query, and does not.
type pullError struct {
	err  error
	text string
}

func (e *pullError) Error() string { return e.text }
func (e *pullError) Unwrap() error { return e.err }

func (p *Pull) run(ctx context.Context, a *address, secure *tls.Config, r input.Receiver) error {
	timeout := orDefault(p.ReadTimeout, 10*time.Second)
	deadline := time.Now().Add(timeout)
	conn, err := p.dial(ctx, a, secure, deadline)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	closed := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = conn.Close()
	})
	defer func() { cancel(); <-closed }()

	w := newWire(conn, timeout, mediaLimits())
	if err := w.ask(a, deadline); err != nil {
		return worded(err)
	}
	p.connected(w)
	defer p.connected(nil)
	now := p.Now
	if now == nil {
		now = time.Now
	}
	q := newQueue(ctx.Done())
	ended := make(chan error, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		ended <- w.pump(q, now)
	}()
	defer func() { cancel(); <-read }()
	return newDemuxer(elementary.Stream{
		Receiver: r, ParametersWait: p.ParametersWait, KeyframeWait: p.KeyframeWait, Silence: 2 * timeout,
	}, now).run(ctx, q, ended)
}

// pump reads until the stream ends, and says why it did.
func (w *wire) pump(q *queue, now func() time.Time) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a message that cannot be read: %v", p)
		}
	}()
	for {
		m, err := w.nextInTime()
		if err != nil {
			return worded(err)
		}
		if err := ends(&m); err != nil {
			return err
		}
		q.put(arrival{m, now()}, nil)
	}
}

// dial connects to what the guard allows.
func (p *Pull) dial(ctx context.Context, a *address, secure *tls.Config, deadline time.Time) (net.Conn, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	dialer := guard.Dialer{Policy: p.Guard, Lookup: p.Lookup}
	conn, err := dialer.DialContext(ctx, "tcp", a.dial)
	if err != nil || !a.secure {
		return conn, err
	}
	outer := tls.Client(conn, secure)
	if err := outer.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("the server does not answer in time: %w", err)
		}
		return nil, err
	}
	return outer, nil
}

func (p *Pull) connected(w *wire) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.wire = w
}

// Network implements input.Meter. What goes by TCP is not lost.
func (p *Pull) Network() (input.Network, bool) {
	p.mutex.Lock()
	w := p.wire
	p.mutex.Unlock()
	if w == nil {
		return input.Network{}, false
	}
	return w.network(addressOf(w.conn)), true
}
