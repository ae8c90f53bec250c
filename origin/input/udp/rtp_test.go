package udp_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/udp"
)

// packets wraps datagrams in RTP, from a sequence number on that wraps soon.
func packets(all [][]byte, source uint32) [][]byte {
	out := make([][]byte, len(all))
	for i, b := range all {
		head := make([]byte, 12, 12+len(b))
		head[0], head[1] = 0x80, 33
		binary.BigEndian.PutUint16(head[2:], uint16(65500+i))
		binary.BigEndian.PutUint32(head[4:], uint32(i*450))
		binary.BigEndian.PutUint32(head[8:], source)
		out[i] = append(head, b...)
	}
	return out
}

// TestRTP has packets lost, late, twice, and others in between that are none of the stream.
func TestRTP(t *testing.T) {
	t.Parallel()
	ts := datagrams(encode(t))
	for name, c := range map[string]struct {
		relay func(all [][]byte) [][]byte
		lost  int
	}{
		"as it should be": {func(all [][]byte) [][]byte { return all }, 0},
		"in another order": {func(all [][]byte) [][]byte {
			for i := 10; i+5 < len(all); i += 7 {
				all[i], all[i+5] = all[i+5], all[i]
			}
			return all
		}, 0},
		"twice": {func(all [][]byte) (out [][]byte) {
			for i, b := range all {
				out = append(out, b)
				if i > 3 {
					out = append(out, all[i-3])
				}
			}
			return out
		}, 0},
		"with losses": {func(all [][]byte) (out [][]byte) {
			for i, b := range all {
				if i%50 != 20 {
					out = append(out, b)
				}
			}
			return out
		}, (len(ts)-21)/50 + 1},
		"with error correction": {func(all [][]byte) (out [][]byte) {
			for i, b := range all {
				fec := append([]byte{0x80, 96, byte(i >> 8), byte(i), 0, 0, 0, 0, 9, 9, 9, 9}, make([]byte, 1328)...)
				out = append(out, b, fec)
			}
			return out
		}, 0},
		"with padding and an extension": {func(all [][]byte) (out [][]byte) {
			for _, b := range all {
				p := append(append([]byte{}, b[:12]...), 0xbe, 0xde, 0, 1, 1, 2, 3, 4)
				p[0] |= 0x30
				out = append(out, append(append(p, b[12:]...), 0, 0, 0, 4))
			}
			return out
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			s := start(t, &udp.Input{URL: fmt.Sprintf("rtp://127.0.0.1:%d", port), ReadBuffer: 1 << 20})
			newSender(t, "127.0.0.1", port).send(t, c.relay(packets(ts, 7))...)
			least := 200
			if c.lost > 0 {
				least = 100
			}
			require.Eventually(t, func() bool { return s.count() > least }, patience, often)
			require.Eventually(t, func() bool {
				n, _ := s.input.Network()
				return n.Lost == uint64(c.lost)
			}, patience, often)
			n, _ := s.input.Network()
			if c.lost == 0 {
				require.Zero(t, n.ContinuityError)
				require.Empty(t, s.warnings)
			} else {
				require.Positive(t, n.ContinuityError)
			}
		})
	}
}

// TestTwoSenders holds the first sender to be listened to, while another sends to the same address.
func TestTwoSenders(t *testing.T) {
	t.Parallel()
	ts := datagrams(encode(t))
	port := freePort(t)
	s := start(t, &udp.Input{URL: fmt.Sprintf("udp://127.0.0.1:%d", port), ReadBuffer: 1 << 20})
	first, second := newSender(t, "127.0.0.1", port), newSender(t, "127.0.0.1", port)
	for i, b := range ts {
		first.send(t, b)
		second.send(t, b)
		if i%20 == 0 {
			require.Eventually(t, func() bool {
				n, _ := s.input.Network()
				return n.Received >= uint64(i)
			}, patience, often)
		}
	}
	require.Eventually(t, func() bool { return s.count() > 200 }, patience, often)
	n, _ := s.input.Network()
	require.Equal(t, first.LocalAddr().String(), n.Peer)
	require.Zero(t, n.ContinuityError)
	require.Eventually(t, func() bool {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return len(s.warnings) > 0
	}, patience, often)
	require.Contains(t, s.warnings[0], second.LocalAddr().String()+" sends to the same address as "+first.LocalAddr().String())
}
