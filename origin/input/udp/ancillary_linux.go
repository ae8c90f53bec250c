package udp

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// ancillarySize holds the control messages that were asked for.
const ancillarySize = 128

// ancillary reads the control messages beside a datagram: when it came, zero if the kernel does not say, and how many were
// dropped for want of room since the socket was opened.
func ancillary(b []byte) (at time.Time, dropped uint32) {
	for len(b) >= unix.SizeofCmsghdr {
		head, data, rest, err := unix.ParseOneSocketControlMessage(b)
		if err != nil {
			return at, dropped
		}
		b = rest
		if head.Level != unix.SOL_SOCKET {
			continue
		}
		switch {
		case head.Type == unix.SO_TIMESTAMPNS && len(data) >= 16:
			at = time.Unix(int64(binary.NativeEndian.Uint64(data)), int64(binary.NativeEndian.Uint64(data[8:])))
		case head.Type == unix.SO_RXQ_OVFL && len(data) >= 4:
			dropped = binary.NativeEndian.Uint32(data)
		}
	}
	return at, dropped
}
