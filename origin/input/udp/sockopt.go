package udp

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// prepare sets a socket up before it is bound. Several may listen to one group.
func prepare(raw syscall.RawConn, group bool) error {
	var fault error
	err := raw.Control(func(fd uintptr) {
		if group {
			fault = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		}
		onlyOurs(int(fd))
	})
	return errors.Join(err, fault)
}

// enlarge asks for a receive buffer, and tells what the kernel gives.
func enlarge(conn *net.UDPConn, size int) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("reach the socket: %w", err)
	}
	got := 0
	var fault error
	err = raw.Control(func(fd uintptr) {
		if size > 0 {
			setBuffer(int(fd), size)
		}
		got, fault = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
	})
	if err := errors.Join(err, fault); err != nil {
		return 0, fmt.Errorf("ask for the socket's buffer: %w", err)
	}
	return got / doubled, nil
}
