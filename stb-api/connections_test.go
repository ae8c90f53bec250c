package stbapi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/ops"
)

// conn is a connection from somewhere; tests on one machine all come from loopback, which is not bound.
type conn struct {
	net.Conn
	from   string
	closed bool
}

func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from)) }
func (c *conn) Close() error         { c.closed = true; return nil }

func TestOneAddressCannotTakeAllConnections(t *testing.T) {
	c := newConnections(&Server{
		MaxConnections: 100, MaxConnectionsPerAddress: 2,
		Proxies: ops.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
	})
	open := func(from string) *conn {
		made := &conn{from: from}
		c.changed(made, http.StateNew)
		c.changed(made, http.StateActive)
		return made
	}
	first := open("192.0.2.1:1")
	require.False(t, open("192.0.2.1:2").closed)
	third := open("192.0.2.1:3")
	require.True(t, third.closed)
	c.changed(third, http.StateClosed)
	require.False(t, open("192.0.2.2:1").closed, "others go on")
	c.changed(first, http.StateClosed)
	require.False(t, open("[::ffff:192.0.2.1]:4").closed)
	for range 5 {
		require.False(t, open("10.0.0.1:1").closed, "a proxy speaks for many")
		require.False(t, open("127.0.0.1:1").closed)
	}
	require.Equal(t, 13, c.open())

	for range 87 {
		require.False(t, open("127.0.0.1:1").closed)
	}
	require.True(t, open("127.0.0.1:1").closed)
}

// The gauge counts the connections that are answered before the server sees them.
func TestConnectionsBesideAreCounted(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	c := newConnections(&Server{Beside: func() int { return 40 }})
	c.register(registry)
	c.changed(&conn{from: "192.0.2.1:1"}, http.StateNew)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`# HELP podium_http_connections Connections that are open now.
# TYPE podium_http_connections gauge
podium_http_connections 41
`), "podium_http_connections"))
}
