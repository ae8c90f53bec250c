package srt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/srt/socket"
)

// Pull calls an SRT listener and takes what it sends. Run may be called again after it returned, not while it runs.
type Pull struct {
	// URL is srt://host:port and nothing more.
	URL string
	// StreamID chooses the stream at a listener that has several.
	StreamID string
	// Passphrase is the listener's; empty where it does not encrypt.
	Passphrase string
	// KeyLength is AES's, in bytes: 16, 24 or 32. It defaults to 16.
	KeyLength int
	// Latency is what packets wait for those before them, unless the listener wants more. It defaults to 200 ms.
	Latency time.Duration
	// ReadTimeout bounds the call, and how long the listener may be silent. It defaults to 5 seconds.
	ReadTimeout time.Duration
	// Program is the number of a program in a stream of several. It defaults to the first.
	Program int
	Waits
	// Guard says which addresses may be called. It defaults to guard.Default().
	Guard *guard.Policy
	// Lookup resolves the host's name. It defaults to the system's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Now is the clock that arrival is taken from. It defaults to time.Now.
	Now func() time.Time

	connection
}

var (
	_ input.Input = (*Pull)(nil)
	_ input.Meter = (*Pull)(nil)
)

// String names the input.
func (p *Pull) String() string {
	host, port, err := parseAddress(p.URL)
	if err != nil {
		return "srt pull"
	}
	return "srt://" + net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// Validate says what is wrong with the parameters, without calling.
func (p *Pull) Validate() error {
	if _, _, err := parseAddress(p.URL); err != nil {
		return err
	}
	if len(p.StreamID) > maxStreamID {
		return fmt.Errorf("srt stream id of %d bytes, at most %d expected", len(p.StreamID), maxStreamID)
	}
	return checkPassphrase(p.Passphrase)
}

// Run implements input.Input.
func (p *Pull) Run(ctx context.Context, r input.Receiver) error {
	if err := p.Validate(); err != nil {
		return err
	}
	conn, err := p.call(ctx)
	if err == nil {
		err = p.read(ctx, conn, newStream(r, p.Waits, p.Program, p.Now, conn.Stats))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w", p, told(err))
}

// call tries the host's addresses one after another.
func (p *Pull) call(ctx context.Context) (*socket.Conn, error) {
	host, port, err := parseAddress(p.URL)
	if err != nil {
		return nil, err
	}
	addresses, err := (&guard.Dialer{Policy: p.Guard, Lookup: p.Lookup}).Resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	dialer := socket.Dialer{
		StreamID: p.StreamID, Passphrase: p.Passphrase, KeyLength: p.KeyLength, Latency: orDefault(p.Latency, Latency),
		Idle: p.ReadTimeout, Timeout: p.ReadTimeout,
	}
	failures := make([]error, 0, len(addresses))
	for _, a := range addresses {
		conn, err := dialer.Dial(ctx, netip.AddrPortFrom(a, port))
		if err == nil {
			return conn, nil
		}
		failures = append(failures, err)
		var rejected *socket.RejectedError
		if ctx.Err() != nil || errors.As(err, &rejected) {
			break
		}
	}
	return nil, errors.Join(failures...)
}

// told adds what the operator can do about it.
func told(err error) error {
	var rejected *socket.RejectedError
	switch {
	case errors.Is(err, socket.ErrNoAnswer):
		return fmt.Errorf("%w: is it listening, and does UDP get through?", err)
	case !errors.As(err, &rejected):
		return err
	case rejected.Reason == socket.BadSecret || rejected.Reason == socket.Unsecure:
		return fmt.Errorf("%w: set passphrase as it is there", err)
	case rejected.Reason == socket.NotFound || rejected.Reason == socket.Unauthorized:
		return fmt.Errorf("%w: set stream_id as it is expected there", err)
	default:
		return err
	}
}

// parseAddress takes an address apart. What others put into its query has keys of its own: programs do not agree whether a latency
// there is milliseconds (srt-live-transmit) or microseconds (ffmpeg), and a passphrase there ends up in logs.
func parseAddress(address string) (host string, port uint16, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "srt" || u.Opaque != "" {
		return "", 0, errors.New("srt address: srt://host:port expected")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return "", 0, errors.New("srt address: srt://host:port alone is expected; stream_id, passphrase and latency are keys of their own")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || n == 0 {
		return "", 0, errors.New("srt address: a port of 1 to 65535 is expected")
	}
	return u.Hostname(), uint16(n), nil
}

// The draft's bounds of a passphrase (§6.1.4) in bytes.
const minPassphrase, maxPassphrase = 10, 79

func checkPassphrase(s string) error {
	if s != "" && (len(s) < minPassphrase || len(s) > maxPassphrase) {
		return fmt.Errorf("srt passphrase of %d bytes, %d to %d expected", len(s), minPassphrase, maxPassphrase)
	}
	return nil
}
