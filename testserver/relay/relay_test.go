package relay_test

import (
	"encoding/binary"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver/relay"
)

// echo sends back what it is sent, and notes the numbers of the datagrams.
func echo(t *testing.T) (address string, heard func() []uint32) {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan []uint32, 1)
	go func() {
		var all []uint32
		b := make([]byte, 100)
		for {
			n, from, err := socket.ReadFrom(b)
			if err != nil {
				ended <- all
				return
			}
			all = append(all, binary.BigEndian.Uint32(b[:n]))
			_, _ = socket.WriteTo(b[:n], from)
		}
	}()
	t.Cleanup(func() { _ = socket.Close() })
	return socket.LocalAddr().String(), func() []uint32 {
		_ = socket.Close()
		return <-ended
	}
}

func TestRelay(t *testing.T) {
	const n = 200 // Few enough for a socket's buffer: nobody reads meanwhile.
	run := func(t *testing.T, there, back relay.Way) (at []uint32, counts, returned relay.Counts, came int) {
		target, heard := echo(t)
		r := &relay.Relay{Target: target, There: there, Back: back, Seed: 7}
		require.NoError(t, r.Start())
		defer r.Close()
		client, err := net.Dial("udp", r.Addr())
		require.NoError(t, err)
		defer client.Close()
		for i := range uint32(n) {
			_, err := client.Write(binary.BigEndian.AppendUint32(nil, i))
			require.NoError(t, err)
			if i%20 == 0 {
				time.Sleep(2 * time.Millisecond)
			}
		}
		b := make([]byte, 100)
		for {
			require.NoError(t, client.SetReadDeadline(time.Now().Add(300*time.Millisecond)))
			if _, err := client.Read(b); err != nil {
				break
			}
			came++
		}
		counts, returned = r.Counts()
		return heard(), counts, returned, came
	}

	t.Run("a good network", func(t *testing.T) {
		at, counts, _, came := run(t, relay.Way{}, relay.Way{})
		require.Len(t, at, n)
		require.True(t, slices.IsSorted(at))
		require.Equal(t, n, came)
		require.Equal(t, relay.Counts{Came: n}, counts)
	})
	t.Run("a bad one", func(t *testing.T) {
		way := relay.Way{Drop: 0.1, Duplicate: 0.05, Reorder: 0.05, Delay: time.Millisecond}
		at, counts, _, _ := run(t, way, relay.Way{})
		require.InDelta(t, 0.1*n, counts.Dropped, 15)
		require.NotZero(t, counts.Duplicated)
		require.Len(t, at, int(counts.Came-counts.Dropped+counts.Duplicated))
		require.False(t, slices.IsSorted(at))
	})
	t.Run("bad on the way back", func(t *testing.T) {
		at, _, returned, came := run(t, relay.Way{}, relay.Way{Drop: 0.5})
		require.Len(t, at, n)
		require.EqualValues(t, came, returned.Came-returned.Dropped)
		require.Less(t, came, n)
	})
}
