package render

import (
	"encoding/binary"
	"fmt"
)

// nextUnit splits the first NAL unit off a stored sample, where each stands behind its length in four bytes.
func nextUnit(data []byte) (unit, rest []byte, err error) {
	if len(data) < 4 {
		return nil, nil, fmt.Errorf("%w: %d bytes behind the last NAL unit", ErrBadSample, len(data))
	}
	n := binary.BigEndian.Uint32(data)
	if n == 0 || uint64(n) > uint64(len(data)-4) {
		return nil, nil, fmt.Errorf("%w: NAL unit of %d bytes, %d left", ErrBadSample, n, len(data)-4)
	}
	return data[4 : 4+n], data[4+n:], nil
}
