package udp

import "golang.org/x/sys/unix"

// doubled is what Linux multiplies a buffer's size by, for what it needs itself (socket(7)).
const doubled = 2

// onlyOurs keeps datagrams of groups away that other sockets of this machine joined (ip(7)): Linux gives them to all that are
// bound to the port. It also asks for the time at which datagrams came, and how many were dropped. A kernel that knows
// none of them does without.
func onlyOurs(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
}

// setBuffer goes over net.core.rmem_max where Podium may do that.
func setBuffer(fd, size int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size)
	}
}
