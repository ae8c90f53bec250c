package play

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Fast is a listener that answers, by itself, the requests which make up nearly all of a station's traffic: a plain GET
// of a channel's playlists and segments. Every other request goes on, with its connection, to whoever accepts from the
// listener, and nobody notices. net/http spends several times longer on a request than the answer itself takes, which
// decides how many boxes one machine can serve.
//
// It speaks HTTP/1.1 without TLS. What it understands is as narrow as can be: anything unusual in a request's head, a
// body, a range, a condition other than If-None-Match, and any answer but 200 and 304, hands the connection over.
type Fast struct {
	net.Listener
	Service *Service
	// Observe counts a request. It may be nil.
	Observe func(route, method string, status int, bytes int64, took time.Duration)
	// Proxied says that an address is a trusted proxy's, which may tell the client's own in X-Forwarded-For and vouch for
	// the tokens of its viewers. It defaults to none.
	Proxied func(net.Addr) bool
	// Client reads a trusted proxy's X-Forwarded-For. It defaults to the proxy's own address.
	Client func(proxy net.Addr, forwarded string) string
	// MaxConnections is how many connections it keeps for itself, and MaxConnectionsPerAddress how many of one
	// address, this machine and proxies excepted; more are handed over at once. They default to 32768 and 2048.
	MaxConnections, MaxConnectionsPerAddress int
	// HeaderWithin, IdleWithin and WriteWithin bound a request's head, the pause before it, and its answer. They
	// default to 10 s, 75 s and 5 min.
	HeaderWithin, IdleWithin, WriteWithin time.Duration
	// Log defaults to nowhere.
	Log *slog.Logger

	// private

	over   chan net.Conn
	closed chan struct{}
	failed error // why it was closed; set before closed is
	dates  atomic.Pointer[dateLine]

	mu      sync.Mutex // guards what follows
	conns   map[*fastConn]struct{}
	each    map[netip.Addr]int
	closing bool
}

// Start begins to accept.
func (f *Fast) Start() {
	if f.MaxConnections <= 0 {
		f.MaxConnections = 32768
	}
	if f.MaxConnectionsPerAddress <= 0 {
		f.MaxConnectionsPerAddress = 2048
	}
	if f.Log == nil {
		f.Log = slog.New(slog.DiscardHandler)
	}
	f.HeaderWithin = orDefault(f.HeaderWithin, 10*time.Second)
	f.IdleWithin = orDefault(f.IdleWithin, 75*time.Second)
	f.WriteWithin = orDefault(f.WriteWithin, 5*time.Minute)
	f.over = make(chan net.Conn)
	f.closed = make(chan struct{})
	f.conns = make(map[*fastConn]struct{})
	f.each = make(map[netip.Addr]int)
	go f.run()
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// run accepts until the listener is closed.
func (f *Fast) run() {
	for pause := time.Duration(0); ; {
		conn, err := f.Listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				f.end(err)
				return
			}
			// Out of file descriptors, most likely: what is open goes on, and the next may find room.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
			continue
		}
		pause = 0
		f.take(conn)
	}
}

// take keeps a connection or hands it over.
func (f *Fast) take(conn net.Conn) {
	c := &fastConn{fast: f, Conn: conn, from: addressOf(conn.RemoteAddr())}
	c.proxied = f.Proxied != nil && f.Proxied(conn.RemoteAddr())
	if !f.keep(c) {
		go f.handOver(conn)
		return
	}
	go c.serve()
}

// keep takes a connection on the books, where there is room.
func (f *Fast) keep(c *fastConn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closing || len(f.conns) >= f.MaxConnections {
		return false
	}
	if f.each[c.from] >= f.MaxConnectionsPerAddress && !c.from.IsLoopback() && !c.proxied {
		return false
	}
	f.conns[c] = struct{}{}
	f.each[c.from]++
	return true
}

// release takes a connection off the books.
func (f *Fast) release(c *fastConn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, c)
	f.each[c.from]--
	if f.each[c.from] <= 0 {
		delete(f.each, c.from)
	}
}

// handOver gives a connection to Accept.
func (f *Fast) handOver(conn net.Conn) {
	select {
	case f.over <- conn:
	case <-f.closed:
		_ = conn.Close() // The server is stopping; the client will see it.
	}
}

// Accept returns connections that somebody else has to answer.
func (f *Fast) Accept() (net.Conn, error) {
	select {
	case conn := <-f.over:
		return conn, nil
	case <-f.closed:
		return nil, f.failed
	}
}

// Close stops accepting and ends the connections that wait for a request; answers on their way are finished.
func (f *Fast) Close() error { return f.Listener.Close() }

func (f *Fast) end(err error) {
	f.mu.Lock()
	f.closing = true
	f.failed = err
	close(f.closed) // First, so that whoever moves its deadline from now on sees it.
	for c := range f.conns {
		// A read that waits fails now; a connection that is writing finds out afterwards.
		_ = c.SetReadDeadline(time.Unix(1, 0))
	}
	f.mu.Unlock()
}

// Wait waits until the answers on their way are finished, or cuts them when ctx is done.
func (f *Fast) Wait(ctx context.Context) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for f.Open() > 0 {
		select {
		case <-tick.C:
			continue
		case <-ctx.Done():
		}
		f.mu.Lock()
		for c := range f.conns {
			_ = c.Close() // They took too long.
		}
		f.mu.Unlock()
		return
	}
}

func (f *Fast) stopping() bool {
	select {
	case <-f.closed:
		return true
	default:
		return false
	}
}

// Open is how many connections it keeps now.
func (f *Fast) Open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.conns)
}

// addressOf is the other end's; connections without one, as on a Unix socket, count together.
func addressOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// handedOver is a connection of which some bytes have been read already.
type handedOver struct {
	net.Conn
	read []byte
}

// Read gives the bytes that were read before first.
func (h *handedOver) Read(b []byte) (int, error) {
	if len(h.read) > 0 {
		n := copy(b, h.read)
		h.read = h.read[n:]
		return n, nil
	}
	return h.Conn.Read(b)
}

// ReadFrom keeps sendfile for those that net/http answers.
func (h *handedOver) ReadFrom(r io.Reader) (int64, error) {
	if to, ok := h.Conn.(io.ReaderFrom); ok {
		return to.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{h.Conn}, r)
}

var _ io.ReaderFrom = (*handedOver)(nil)
