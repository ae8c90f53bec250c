package udp_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/ipv4"

	"podium.tv/podium/origin/input/udp"
)

// FuzzDatagrams sends anything in datagrams of one sender: it gets through whole or not at all, and nothing is made up.
func FuzzDatagrams(f *testing.F) {
	ts := make([]byte, 2*188)
	ts[0], ts[188] = 0x47, 0x47
	p := packets([][]byte{ts, ts, ts, ts}, 7)
	f.Add(p[0], p[1], p[3], []byte{1, 2, 3, 4})
	f.Add(p[2], p[1], p[0], p[0])
	f.Add(ts, []byte{0xb1, 33, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0xff, 0xff}, p[3], ts)
	f.Fuzz(func(t *testing.T, a, b, c, d []byte) {
		var all []ipv4.Message
		size := 0
		for _, data := range [][]byte{a, b, c, d, a, b} {
			all = append(all, ipv4.Message{
				Buffers: [][]byte{data}, N: len(data), OOB: d[:min(len(d), 64)], NN: min(len(d), 64),
				Addr: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5},
			})
			size += len(data)
		}
		require.LessOrEqual(t, len(udp.Datagrams(all)), size)
	})
}
