package play

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Fast is a listener that answers, by itself, the requests which make up nearly all of a station's traffic: a GET of a
// playlist or segment that is ready in memory. Every other request goes on, with its connection, to whoever
// accepts from the listener, and nobody notices. net/http spends several times longer on a request than the answer
// itself takes, which decides how many boxes one machine can serve.
//
// It speaks HTTP/1.1 without TLS. What it understands is as narrow as can be: anything unusual in a request's head, a
// body, a condition, a range, hands the connection over.
type Fast struct {
	net.Listener
	Service *Service
	// Observe counts a request. It may be nil.
	Observe func(route, method string, status int, bytes int64, took time.Duration)
	// Proxied says that an address may be a proxy's, which tells the client's own in a header.
	Proxied func(net.Addr) bool
	// MaxConnections is how many connections it keeps for itself; more are handed over at once. It defaults to 32768.
	MaxConnections int64
	// HeaderWithin, IdleWithin and WriteWithin bound a request's head, the pause before it, and its answer. They
	// default to 10 s, 75 s and 5 min.
	HeaderWithin, IdleWithin, WriteWithin time.Duration

	// private

	over    chan net.Conn
	closed  chan struct{}
	failed  error
	count   atomic.Int64
	dates   datePointer
	mu      sync.Mutex
	conns   map[*fastConn]struct{}
	closing bool
}

// Start begins to accept.
func (f *Fast) Start() {
	if f.MaxConnections <= 0 {
		f.MaxConnections = 32768
	}
	f.HeaderWithin = orDefault(f.HeaderWithin, 10*time.Second)
	f.IdleWithin = orDefault(f.IdleWithin, 75*time.Second)
	f.WriteWithin = orDefault(f.WriteWithin, 5*time.Minute)
	f.over = make(chan net.Conn)
	f.closed = make(chan struct{})
	f.conns = make(map[*fastConn]struct{})
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
	c := &fastConn{fast: f, Conn: conn}
	f.mu.Lock()
	keep := !f.closing && f.count.Load() < f.MaxConnections && (f.Proxied == nil || !f.Proxied(conn.RemoteAddr()))
	if keep {
		f.conns[c] = struct{}{}
		f.count.Add(1)
	}
	f.mu.Unlock()
	if !keep {
		go f.handOver(conn)
		return
	}
	go c.serve()
}

// release takes a connection off the books.
func (f *Fast) release(c *fastConn) {
	f.mu.Lock()
	delete(f.conns, c)
	f.mu.Unlock()
	f.count.Add(-1)
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
func (f *Fast) Open() int64 { return f.count.Load() }

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

const methodGet = http.MethodGet
