package whip

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever the network does with packets, they come out in order, once, and what is missing is counted.
func TestReorder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint16().Draw(t, "first")
		const packets = 60
		now := time.Unix(1000, 0)
		r := reorder{wait: 50 * time.Millisecond}
		var out []uint16
		take := func(a arrival) { out = append(out, a.packet.SequenceNumber) }
		send := func(i int) {
			r.add(arrival{&rtp.Packet{Header: rtp.Header{SequenceNumber: first + uint16(i)}}, now}, take)
		}
		send(0)
		gone := map[int]bool{}
		var delayed []int
		for i := 1; i < packets; i++ {
			now = now.Add(time.Millisecond)
			switch rapid.IntRange(0, 9).Draw(t, "fate") {
			case 0:
				gone[i] = true
			case 1, 2:
				delayed = append(delayed, i)
			case 3:
				send(i)
				send(i)
			default:
				send(i)
			}
			if len(delayed) > 3 {
				send(delayed[0])
				delayed = delayed[1:]
			}
		}
		for _, i := range delayed {
			send(i)
		}
		send(packets)
		for range 2 * packets {
			now = now.Add(r.wait)
			r.flush(now, take)
		}
		require.Empty(t, r.held)
		for i := 1; i < len(out); i++ {
			require.Positive(t, int16(out[i]-out[i-1]), "out of order or twice")
		}
		require.Equal(t, packets+1, len(out)+int(r.lost))
		require.GreaterOrEqual(t, int(r.lost), len(gone))
	})
}

func TestReorderBeginsAnewAfterAJump(t *testing.T) {
	r := reorder{wait: time.Hour}
	var out []uint16
	now := time.Unix(1000, 0)
	for _, n := range []uint16{10, 12, 13, 30000, 30001} {
		r.add(arrival{&rtp.Packet{Header: rtp.Header{SequenceNumber: n}}, now}, func(a arrival) { out = append(out, a.packet.SequenceNumber) })
	}
	require.Equal(t, []uint16{10, 30000, 30001}, out)
}
