package socket_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/srt/socket"
)

// datagram makes a handshake as a caller sends it, with what stands behind its 48 bytes.
func datagram(kind, socketID, cookie uint32, behind ...byte) []byte {
	b := make([]byte, 0, 128)
	b = binary.BigEndian.AppendUint32(b, 1<<31)
	b = append(b, make([]byte, 12)...)
	version, extension := uint32(5), uint32(5)
	if kind == 1 {
		version, extension = 4, 2
	}
	for _, v := range []uint32{version, extension, 1000, 1500, 8192, kind, socketID, cookie, 0, 0, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return append(b, behind...)
}

const conclusion = 0xffffffff

// handshakeExtension is what a caller can do (HSREQ), with a stream id behind it.
func handshakeExtension(streamID string) []byte {
	b := []byte{0, 1, 0, 3, 0, 1, 4, 1, 0, 0, 0, 0x3f, 0, 120, 0, 0}
	for len(streamID)%4 != 0 {
		streamID += "\x00"
	}
	b = append(b, 0, 5, 0, byte(len(streamID)/4))
	for i := 0; i < len(streamID); i += 4 {
		b = append(b, streamID[i+3], streamID[i+2], streamID[i+1], streamID[i])
	}
	return b
}

var stranger = netip.MustParseAddrPort("192.0.2.1:9")

func TestHostileHandshakes(t *testing.T) {
	l := listen(t, &socket.Listener{MaxConnections: 4})
	for name, b := range map[string][]byte{
		"nothing":                    {},
		"half a header":              make([]byte, 15),
		"a header alone":             datagram(conclusion, 1, 0)[:16],
		"half a handshake":           datagram(conclusion, 1, 0)[:40],
		"no extension":               datagram(conclusion, 1, 0),
		"a cut extension":            datagram(conclusion, 2, 0, 0, 1),
		"an extension cut later":     append(datagram(conclusion, 3, 0, handshakeExtension("a")...), 0, 5, 0),
		"an extension of lies":       datagram(conclusion, 4, 0, 0, 5, 0xff, 0xff),
		"one of no length":           datagram(conclusion, 5, 0, 0, 5, 0, 0, 0, 6, 0, 0),
		"a key of no length":         append(datagram(conclusion, 6, 0, handshakeExtension("a")...), 0, 3, 0, 0),
		"a rendezvous":               datagram(0, 7, 0),
		"data for nobody":            append(make([]byte, 12), 1, 2, 3, 4, 5),
		"an answer to what we asked": datagram(1010, 8, 0),
	} {
		t.Run(name, func(t *testing.T) {
			l.Take(b, stranger, 1_000_000)
			require.Empty(t, l.Calls())
		})
	}
	t.Run("a cookie of another address", func(t *testing.T) {
		c, err := net.Dial("udp", l.Addr().String())
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Write(datagram(conclusion, 9, 12345, handshakeExtension("hall")...))
		require.NoError(t, err)
		_, err = c.Write(datagram(1, 9, 0))
		require.NoError(t, err)
		b := make([]byte, 1500)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		n, err := c.Read(b)
		require.NoError(t, err)
		require.Equal(t, 64, n, "an answer is no longer than the question")
		require.Empty(t, l.Calls())
	})
	t.Run("the longest stream id", func(t *testing.T) {
		l.Take(datagram(conclusion, 10, 0, handshakeExtension(strings.Repeat("\xff", 512))...), stranger, 1_000_000)
		asked := call(t, l)
		require.Len(t, asked.StreamID, 512)
		asked.Reject(socket.BadRequest)
	})
}

// A flood of calls fills what is set aside for them and no more, and room is there again once they are answered.
func TestFlood(t *testing.T) {
	l := listen(t, &socket.Listener{MaxConnections: 4})
	before := runtime.NumGoroutine()
	for i := range uint32(1000) {
		l.Take(datagram(conclusion, 100+i, 0, handshakeExtension("hall")...), stranger, 1_000_000)
	}
	require.Len(t, l.Calls(), 4)
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
	for range 4 {
		call(t, l).Reject(socket.Overload)
	}
	require.Eventually(t, func() bool {
		l.Take(datagram(conclusion, 5000, 0, handshakeExtension("hall")...), stranger, 1_000_000)
		return len(l.Calls()) == 1
	}, 10*time.Second, 10*time.Millisecond)
}

// A caller that repeats itself is one call, and hears the same answer each time.
func TestRepeatedCall(t *testing.T) {
	l := listen(t, &socket.Listener{})
	b := datagram(conclusion, 77, 0, handshakeExtension("hall")...)
	for range 3 {
		l.Take(b, stranger, 1_000_000)
	}
	require.Len(t, l.Calls(), 1)
	conn, err := call(t, l).Accept("")
	require.NoError(t, err)
	l.Take(b, stranger, 1_000_000)
	require.Empty(t, l.Calls())
	require.Equal(t, "hall", conn.StreamID())
}

func FuzzHandshake(f *testing.F) {
	l := &socket.Listener{Address: "127.0.0.1:0", MaxConnections: 4}
	if err := l.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(l.Close)
	f.Add(datagram(1, 1, 0))
	f.Add(datagram(conclusion, 1, 0, handshakeExtension("#!::r=hall")...))
	f.Add(datagram(conclusion, 2, 0, 0, 1))
	f.Add(append(datagram(conclusion, 3, 0, handshakeExtension("a")...), 0, 3, 0, 9, 0x12, 0x20, 0x29, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		l.Take(b, stranger, 1_000_000)
		for {
			select {
			case c := <-l.Calls():
				if len(c.StreamID) > 512 {
					t.Fatalf("a stream id of %d bytes", len(c.StreamID))
				}
				if conn, err := c.Accept("open-sesame-1"); err == nil {
					conn.Close()
				}
			default:
				return
			}
		}
	})
}

func FuzzConnection(f *testing.F) {
	l := &socket.Listener{Address: "127.0.0.1:0", MaxConnections: 1 << 20}
	if err := l.Start(); err != nil {
		f.Fatal(err)
	}
	l.Unbound()
	f.Cleanup(l.Close)
	data := func(sequence, message uint32, payload string) []byte {
		b := binary.BigEndian.AppendUint32(nil, sequence)
		b = binary.BigEndian.AppendUint32(b, 3<<30|message)
		return append(append(b, make([]byte, 8)...), payload...)
	}
	f.Add(data(1000, 1, "abc"), data(1002, 2, "def"))
	f.Add(data(1000, 1, "abc"), data(1000+1<<20, 2, "def"))
	f.Add([]byte{0x80, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0xe8, 0, 0, 4, 0}, data(1025, 1, "a"))
	f.Add([]byte{0xff, 0xff, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x20, 0x29, 1}, []byte{0x80, 6, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	n := uint32(1000)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		n++
		l.Take(datagram(conclusion, n, 0, handshakeExtension("hall")...), stranger, 1_000_000)
		var conn *socket.Conn
		select {
		case c := <-l.Calls():
			conn, _ = c.Accept("")
		default:
		}
		if conn == nil {
			t.Fatal("the call is not let in")
		}
		defer conn.Close()
		for _, one := range [][]byte{a, b, a} {
			conn.Feed(one, conn.Now())
		}
		s := conn.Stats()
		if s.Received > 3 || s.Lost > 1<<15 {
			t.Fatalf("%+v of three packets", s)
		}
	})
}
