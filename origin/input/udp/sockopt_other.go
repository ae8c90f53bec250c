//go:build !linux

package udp

import "golang.org/x/sys/unix"

const doubled = 1

func onlyOurs(int) {}

func setBuffer(fd, size int) { _ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size) }
