package socket_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/origin/input/srt/socket"
)

const top = 1<<31 - 1 // the highest sequence number

func TestWindow(t *testing.T) {
	var w socket.Window
	w.Begin(top - 1)
	w.Put(top-1, []byte{0}, 10)
	w.Put(2, []byte{3}, 40) // top, 0 and 1 are missing
	require.Equal(t, [][2]uint32{{top, 1}}, w.Gaps(10))
	require.EqualValues(t, top, w.Acknowledged())
	out, lost := w.Deliver(10)
	require.Equal(t, [][]byte{{0}}, out)
	require.Zero(t, lost)
	w.Put(0, []byte{1}, 20)
	w.Put(0, []byte{9}, 20)
	require.Equal(t, [][2]uint32{{top, top}, {1, 1}}, w.Gaps(10))
	require.Equal(t, [][2]uint32{{top, top}}, w.Gaps(1))
	w.Drop(1, 1)
	require.Equal(t, [][2]uint32{{top, top}}, w.Gaps(10))
	out, lost = w.Deliver(19)
	require.Empty(t, out, "what is missing may yet come")
	require.Zero(t, lost)
	out, lost = w.Deliver(20)
	require.Equal(t, [][]byte{{1}}, out)
	require.Equal(t, 1, lost)
	require.EqualValues(t, 3, w.Acknowledged())
	w.Put(top, []byte{9}, 10)
	out, lost = w.Deliver(100)
	require.Equal(t, [][]byte{{3}}, out)
	require.Equal(t, 1, lost)
	require.Empty(t, w.Gaps(10))
}

// Whatever order packets come in, and however often, all that came in time is delivered once and in order, and what is delivered
// and what is lost add up.
func TestWindowKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begin := rapid.Uint32Range(0, top).Draw(t, "begin")
		n := rapid.IntRange(1, 600).Draw(t, "n")
		var w socket.Window
		w.Begin(begin)
		var delivered []uint32
		lost, came := 0, map[uint32]bool{}
		for range rapid.IntRange(0, 900).Draw(t, "packets") {
			i := rapid.Uint32Range(0, uint32(n-1)).Draw(t, "i")
			came[i] = true
			w.Put((begin+i)&top, binary.BigEndian.AppendUint32(nil, i), int64(i))
			if rapid.IntRange(0, 9).Draw(t, "deliver") == 0 {
				out, more := w.Deliver(int64(i) / 2)
				lost += more
				for _, b := range out {
					delivered = append(delivered, binary.BigEndian.Uint32(b))
				}
			}
		}
		out, more := w.Deliver(int64(n))
		lost += more
		for _, b := range out {
			delivered = append(delivered, binary.BigEndian.Uint32(b))
		}
		for i := 1; i < len(delivered); i++ {
			if delivered[i] <= delivered[i-1] {
				t.Fatalf("%d behind %d", delivered[i], delivered[i-1])
			}
		}
		for _, i := range delivered {
			if !came[i] {
				t.Fatalf("%d never came", i)
			}
		}
		if len(delivered) > 0 && len(delivered)+lost != int(delivered[len(delivered)-1])+1 {
			t.Fatalf("%d delivered and %d lost up to %d", len(delivered), lost, delivered[len(delivered)-1])
		}
		if gaps := w.Gaps(1000); len(gaps) > 0 {
			t.Fatalf("%v missing of nothing", gaps)
		}
	})
}

func TestClock(t *testing.T) {
	const latency, second = 200_000, int64(1_000_000)
	t.Run("the latency after it was sent", func(t *testing.T) {
		var c socket.Clock
		c.SetLatency(latency)
		c.Set(1000, 5*second)
		require.Equal(t, 5*second+latency+500, c.Due(1500, 5*second+40_000, false))
		require.Equal(t, 5*second+latency+100, c.Due(1100, 6*second, true), "one that was sent again")
	})
	t.Run("timestamps wrap", func(t *testing.T) {
		var c socket.Clock
		c.Set(1<<32-1000, 5*second)
		require.Equal(t, 5*second+3000, c.Due(2000, 5*second+3000, false))
		require.Equal(t, 5*second-500, c.Due(1<<32-1500, 5*second+3000, true))
	})
	for name, ppm := range map[string]int64{"a fast clock": 100, "a slow clock": -100} {
		t.Run(name, func(t *testing.T) {
			var c socket.Clock
			c.SetLatency(latency)
			c.Set(0, second)
			// Three hours at 25 packets a second, which drift by a second, over a path that takes up to 30 ms more.
			for i := range int64(3 * 3600 * 25) {
				now := second + i*40_000
				sent := uint32(i*40_000 + i*40_000/1_000_000*ppm)
				due := c.Due(sent, now+i%4*10_000, false)
				if i > 250 {
					require.InDelta(t, now+latency, due, 15_000)
				}
			}
		})
	}
	t.Run("a clock that is set", func(t *testing.T) {
		var c socket.Clock
		c.SetLatency(latency)
		c.Set(0, second)
		require.Equal(t, 2*second+latency, c.Due(3_000_000_000, 2*second, false))
	})
}
