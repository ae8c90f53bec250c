package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// batches reads several datagrams with one call of the kernel.
type batches interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
}

// socket is what datagrams come in by.
type socket struct {
	*net.UDPConn
	batches
	buffer int // what the kernel gives of what was asked for, in bytes
}

// open binds a socket, and joins the group if it is one. Of a source, only its datagrams (RFC 4607).
func open(ctx context.Context, a address, iface *net.Interface, source netip.Addr, buffer int) (*socket, error) {
	network, bind := "udp4", a.at.Addr()
	switch {
	case a.v6():
		network = "udp6"
	case !bind.IsValid():
		network = "udp"
	}
	listen := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return prepare(raw, a.group()) }}
	text := ":" + fmt.Sprint(a.at.Port())
	if bind.IsValid() {
		// A socket that is bound to a group gets nothing else, as long as it is not asked to get what others joined.
		text = a.at.String()
	}
	listener, err := listen.ListenPacket(ctx, network, text)
	if err != nil {
		return nil, listenError(err, a)
	}
	conn, ok := listener.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T is no UDP socket", listener), listener.Close())
	}
	s := &socket{UDPConn: conn}
	if s.buffer, err = enlarge(conn, buffer); err == nil {
		err = s.join(a, iface, source)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// join joins the group, and reads by the protocol's own way.
func (s *socket) join(a address, iface *net.Interface, source netip.Addr) error {
	if a.v6() {
		conn := ipv6.NewPacketConn(s.UDPConn)
		s.batches = conn
		return joinError(joinGroup(conn, a, iface, source), a, iface, source)
	}
	conn := ipv4.NewPacketConn(s.UDPConn)
	s.batches = conn
	return joinError(joinGroup(conn, a, iface, source), a, iface, source)
}

type joiner interface {
	JoinGroup(iface *net.Interface, group net.Addr) error
	JoinSourceSpecificGroup(iface *net.Interface, group, source net.Addr) error
}

func joinGroup(conn joiner, a address, iface *net.Interface, source netip.Addr) error {
	if !a.group() {
		return nil
	}
	group := &net.UDPAddr{IP: a.at.Addr().AsSlice()}
	if source.IsValid() {
		return conn.JoinSourceSpecificGroup(iface, group, &net.UDPAddr{IP: source.AsSlice()})
	}
	return conn.JoinGroup(iface, group)
}

func joinError(err error, a address, iface *net.Interface, source netip.Addr) error {
	if err == nil {
		return nil
	}
	where := "on the interface that the routes choose: set interface"
	if iface != nil {
		where = "on " + iface.Name
	}
	if source.IsValid() {
		where += " from " + source.String()
	}
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EADDRNOTAVAIL) {
		return fmt.Errorf("join %s %s: %w; the interface has no address of that kind, or no route leads to the group",
			a.at.Addr(), where, err)
	}
	return fmt.Errorf("join %s %s: %w", a.at.Addr(), where, err)
}

func listenError(err error, a address) error {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("UDP port %d is taken by another feed or process (ss -ulpn tells which): %w", a.at.Port(), err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine: take udp://:%d: %w", a.at.Addr(), a.at.Port(), err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("ports below 1024 need the right to bind them, got %d: %w", a.at.Port(), err)
	}
	return fmt.Errorf("listen at %s: %w", a.at, err)
}
