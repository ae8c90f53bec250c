package render_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTransportStreamTellsOfItsBeginning finds the discontinuity indicator in the first packet of each track of an epoch,
// and nowhere else: what was before it has other counters and another clock.
func TestTransportStreamTellsOfItsBeginning(t *testing.T) {
	const indicator = 0x80
	for _, name := range clips {
		t.Run(name, func(t *testing.T) {
			c := readClip(t, name)
			for i, s := range renderAll(t, c) {
				seen := map[uint16]bool{}
				for ; len(s) > 0; s = s[188:] {
					pid := uint16(s[1]&0x1f)<<8 | uint16(s[2])
					if pid < 0x100 || pid == 0x1000 {
						continue
					}
					flagged := s[3]&0x20 != 0 && s[4] > 0 && s[5]&indicator != 0
					require.Equal(t, i == 0 && !seen[pid], flagged, "segment %d, track %x", i, pid)
					seen[pid] = true
				}
				require.Len(t, seen, len(c.init.Tracks))
			}
		})
	}
}
