package stbapi

import (
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"podium.tv/podium/stb-api/ops"
)

// connections bounds how many there are, in all and of one address. One too many is closed at once: to let
// it wait would keep those waiting that come after it.
//
// It counts by http.Server's hook and does not wrap the connection, which would take sendfile away.
type connections struct {
	most, mostEach int
	proxies        ops.Proxies
	beside         func() int
	refused        prometheus.Counter

	mu    sync.Mutex
	total int
	each  map[netip.Addr]int
}

func newConnections(s *Server) *connections {
	return &connections{
		most: orDefault(s.MaxConnections, 32768), mostEach: orDefault(s.MaxConnectionsPerAddress, 2048),
		proxies: s.Proxies, beside: s.Beside, each: map[netip.Addr]int{},
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "podium_http_connections_refused_total", Help: "Connections closed at once because there were too many.",
		}),
	}
}

func (c *connections) register(registerer prometheus.Registerer) {
	registerer.MustRegister(c.refused, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "podium_http_connections", Help: "Connections that are open now.",
	}, func() float64 {
		n := c.open()
		if c.beside != nil {
			n += c.beside()
		}
		return float64(n)
	}))
}

// open returns how many there are.
func (c *connections) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// changed is http.Server's ConnState: each connection is new once, and closed or hijacked once.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateActive, http.StateIdle:
	case http.StateNew:
		if !c.begin(address(conn)) {
			c.refused.Inc()
			_ = conn.Close() // The server then finds it closed and says so here.
		}
	case http.StateClosed, http.StateHijacked:
		c.end(address(conn))
	}
}

func (c *connections) begin(from netip.Addr) (allowed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	c.each[from]++
	if c.total > c.most {
		return false
	}
	return c.each[from] <= c.mostEach || from.IsLoopback() || c.proxies.Trusts(from)
}

func (c *connections) end(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	c.each[from]--
	if c.each[from] <= 0 {
		delete(c.each, from)
	}
}

// address is the other end's; connections without one, as on a Unix socket, count together.
func address(conn net.Conn) netip.Addr {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
