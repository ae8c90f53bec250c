package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Dialer connects to what its policy allows. A name is resolved once, checked, and the checked address is
// dialled, so that a second answer of the name server cannot lead elsewhere. The zero value is ready.
type Dialer struct {
	// Policy is what may be connected to. It defaults to Default().
	Policy *Policy

	// Timeout bounds one attempt to connect. It defaults to 10 seconds.
	Timeout time.Duration

	// Lookup resolves a host name. It defaults to net.DefaultResolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// DialContext connects as net.Dialer does. It fails with a *RefusedError if no address of the host is allowed.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	addrs, err := d.Resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	timeout := d.Timeout
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	dialer := net.Dialer{Timeout: timeout}
	failures := make([]error, 0, len(addrs))
	for _, addr := range addrs {
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(addr.String(), port))
		if err == nil {
			return conn, nil
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(failures...)
}

// Resolve gives the addresses of a host that the policy allows, at least one, at most eight.
func (d *Dialer) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	policy := d.Policy
	if policy == nil {
		policy = Default()
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if err := policy.Check(addr); err != nil {
			return nil, err
		}
		return []netip.Addr{addr.Unmap()}, nil
	}
	lookup := d.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	found, err := lookup(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", host, err)
	}
	var (
		allowed []netip.Addr
		refused error
	)
	for _, addr := range found {
		if err := policy.Check(addr); err != nil {
			var r *RefusedError
			if errors.As(err, &r) {
				r.Host = host
			}
			refused = err
			continue
		}
		if len(allowed) < 8 {
			allowed = append(allowed, addr.Unmap())
		}
	}
	if len(allowed) > 0 {
		return allowed, nil
	}
	if refused != nil {
		return nil, refused
	}
	return nil, fmt.Errorf("resolve %s: it has no address", host)
}
