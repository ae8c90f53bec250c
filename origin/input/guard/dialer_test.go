package guard_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/guard"
)

func TestDialerPinsTheCheckedAddress(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)

	asked := 0
	d := &guard.Dialer{
		Policy: &guard.Policy{AllowLoopback: true},
		Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
			asked++
			require.Equal(t, "camera.example", host)
			// A hostile name server mixes an address that must not be tried with a good one.
			return []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("::ffff:127.0.0.1")}, nil
		},
	}
	conn, err := d.DialContext(context.Background(), "tcp", net.JoinHostPort("camera.example", port))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Equal(t, 1, asked)
}

func TestDialerRefuses(t *testing.T) {
	lookup := func(addrs ...string) func(context.Context, string) ([]netip.Addr, error) {
		return func(context.Context, string) ([]netip.Addr, error) {
			out := make([]netip.Addr, len(addrs))
			for i, a := range addrs {
				out[i] = netip.MustParseAddr(a)
			}
			return out, nil
		}
	}
	for _, c := range []struct {
		name, address string
		lookup        func(context.Context, string) ([]netip.Addr, error)
		want          string
	}{
		{"a loopback address", "127.0.0.1:554", nil, "address 127.0.0.1 refused: it is a loopback address"},
		{"a loopback address in brackets", "[::1]:554", nil, "address ::1 refused: it is a loopback address"},
		{
			"a name that leads to this machine", "camera.example:554", lookup("127.0.0.1", "::1"),
			"address camera.example (::1) refused: it is a loopback address",
		},
		{"a name without an address", "camera.example:554", lookup(), "resolve camera.example: it has no address"},
		{"no port", "camera.example", nil, "missing port"},
		{
			"a name server in trouble", "camera.example:554",
			func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("timed out") },
			"resolve camera.example: timed out",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &guard.Dialer{Lookup: c.lookup}
			_, err := d.DialContext(context.Background(), "tcp", c.address)
			require.ErrorContains(t, err, c.want)
		})
	}
}
