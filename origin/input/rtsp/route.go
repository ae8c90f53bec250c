package rtsp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"

	"podium.tv/podium/origin/input/guard"
)

// maxConnections is how often one pull may connect: once, once more for each of a few redirects, and once when UDP
// gives way to TCP.
const maxConnections = 5

// route watches where one pull goes: where it connects to, and where the server's answers would have it send.
type route struct {
	origin  *base.URL // as it was configured
	address *base.URL // a copy that gortsplib may change
	policy  *guard.Policy
	dialer  guard.Dialer

	mutex       sync.Mutex
	connections int
	first       string // address of the first connection
	conn        net.Conn
	refusal     error
}

func newRoute(u *base.URL, policy *guard.Policy, lookup func(context.Context, string) ([]netip.Addr, error)) *route {
	if policy == nil {
		policy = guard.Default()
	}
	return &route{
		origin: u, address: u.Clone(), policy: policy,
		dialer: guard.Dialer{Policy: policy, Lookup: lookup},
	}
}

// dial is called for the first connection and for those that redirects and changes of transport ask for.
func (r *route) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := r.permit(address); err != nil {
		return nil, r.refuse(err)
	}
	conn, err := r.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.conn = conn
	return conn, nil
}

func (r *route) permit(address string) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.connections++
	if r.connections == 1 {
		r.first = address
		return nil
	}
	if r.connections > maxConnections {
		return fmt.Errorf("%w: the server sent us on %d times", ErrRedirect, r.connections-1)
	}
	// gortsplib would give the credentials to whoever the server names.
	if address != r.first && r.origin.User != nil {
		return fmt.Errorf("%w: the server sends us to %s, and credentials are for %s only", ErrRedirect, address, r.first)
	}
	return nil
}

// vet looks at every response before gortsplib acts on it. A Transport header may name any address as the
// stream's source, and packets would be sent there to open the firewall.
func (r *route) vet(res *base.Response) {
	value, ok := res.Header["Transport"]
	if !ok || res.StatusCode != base.StatusOK {
		return
	}
	var th headers.Transport
	if th.Unmarshal(value) != nil {
		return // gortsplib says so in its own words.
	}
	if th.Source == nil || th.Source.Equal(r.peer()) {
		return
	}
	source, ok := netip.AddrFromSlice(*th.Source)
	if !ok {
		return
	}
	if err := r.policy.Check(source); err != nil {
		_ = r.refuse(fmt.Errorf("the server names another source of the stream: %w", err))
		res.StatusCode = base.StatusForbidden
	}
}

func (r *route) peer() net.IP {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.conn == nil {
		return nil
	}
	if a, ok := r.conn.RemoteAddr().(*net.TCPAddr); ok {
		return a.IP
	}
	return nil
}

func (r *route) refuse(err error) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.refusal = err
	return err
}

func (r *route) refused() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.refusal
}

// giveUp ends a connection that is not set up in time.
func (r *route) giveUp() {
	_ = r.refuse(fmt.Errorf("the server does not answer in time"))
	r.cut()
}

// cut closes the connection under gortsplib.
func (r *route) cut() {
	r.mutex.Lock()
	conn := r.conn
	r.mutex.Unlock()
	if conn != nil {
		_ = conn.Close()
	}
}
