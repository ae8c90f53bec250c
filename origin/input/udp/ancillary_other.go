//go:build !linux

package udp

import "time"

const ancillarySize = 0

func ancillary([]byte) (at time.Time, dropped uint32) { return at, 0 }
