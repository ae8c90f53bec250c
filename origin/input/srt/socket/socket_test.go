package socket_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/srt/socket"
	"podium.tv/podium/testserver/relay"
)

// calling has srt-live-transmit call port and send numbers.
func calling(t *testing.T, port int, query string) *program {
	t.Helper()
	feed := freePort(t)
	p := start(t, "srt-live-transmit", "-loglevel:note", fmt.Sprintf("udp://127.0.0.1:%d", feed),
		fmt.Sprintf("srt://127.0.0.1:%d?%s", port, query))
	go numbers(t.Context(), feed)
	return p
}

func TestListen(t *testing.T) {
	for name, c := range map[string]struct{ query, secret string }{
		"in the clear":   {query: "streamid=hall"},
		"AES-128":        {query: "streamid=hall&passphrase=open-sesame-1&pbkeylen=16", secret: "open-sesame-1"},
		"AES-192":        {query: "streamid=hall&passphrase=open-sesame-1&pbkeylen=24", secret: "open-sesame-1"},
		"AES-256":        {query: "streamid=hall&passphrase=open-sesame-1&pbkeylen=32", secret: "open-sesame-1"},
		"keys that turn": {query: "streamid=hall&passphrase=open-sesame-1&kmrefreshrate=400&kmpreannounce=100", secret: "open-sesame-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t, &socket.Listener{})
			calling(t, udpPort(t, l.Addr().String()), c.query)
			asked := call(t, l)
			require.Equal(t, "hall", asked.StreamID)
			require.Equal(t, c.secret != "", asked.Encrypted())
			conn, err := asked.Accept(c.secret)
			require.NoError(t, err)
			whole(t, collect(t, conn, 1200))
			s := conn.Stats()
			require.GreaterOrEqual(t, s.Received, uint64(1200))
			require.Zero(t, s.Lost)
			require.Zero(t, s.Sealed)
			require.Positive(t, s.RTT)
			require.Equal(t, 200*time.Millisecond, s.Latency)
			require.InDelta(t, 4.2e6, s.Bandwidth, 3e6)
		})
	}
}

func TestRejections(t *testing.T) {
	for name, c := range map[string]struct {
		query, secret string
		reject        socket.Reason
		says          string
	}{
		"a wrong passphrase":              {query: "passphrase=wrong-password", secret: "open-sesame-1", says: "incorrect passphrase"},
		"a passphrase that is not wanted": {query: "passphrase=wrong-password", says: "password required or unexpected"},
		"a passphrase that is missing":    {query: "streamid=hall", secret: "open-sesame-1", says: "password required or unexpected"},
		"a wrong key":                     {query: "streamid=hall", reject: socket.Unauthorized, says: "reject reported"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t, &socket.Listener{})
			p := calling(t, udpPort(t, l.Addr().String()), c.query)
			asked := call(t, l)
			if c.reject != 0 {
				asked.Reject(c.reject)
			} else {
				_, err := asked.Accept(c.secret)
				var rejected *socket.RejectedError
				require.ErrorAs(t, err, &rejected)
			}
			require.Eventually(t, func() bool { return strings.Contains(strings.ToLower(p.log()), c.says) }, 30*time.Second, 10*time.Millisecond)
		})
	}
}

func TestDial(t *testing.T) {
	t.Run("a listener", func(t *testing.T) {
		feed, at := freePort(t), freePort(t)
		start(t, "srt-live-transmit", "-loglevel:error", fmt.Sprintf("udp://127.0.0.1:%d", feed),
			fmt.Sprintf("srt://127.0.0.1:%d?mode=listener&passphrase=open-sesame-1", at))
		go numbers(t.Context(), feed)
		var rejected *socket.RejectedError
		require.Eventually(t, func() bool {
			_, err := (&socket.Dialer{Passphrase: "wrong-password", Timeout: time.Second}).Dial(t.Context(), address(at))
			return errors.As(err, &rejected)
		}, 30*time.Second, 10*time.Millisecond)
		require.Equal(t, socket.BadSecret, rejected.Reason)
		conn, err := (&socket.Dialer{Passphrase: "open-sesame-1", KeyLength: 32}).Dial(t.Context(), address(at))
		require.NoError(t, err)
		defer conn.Close()
		require.True(t, conn.Encrypted())
		whole(t, collect(t, conn, 600))
	})
	t.Run("nobody", func(t *testing.T) {
		_, err := (&socket.Dialer{Timeout: 300 * time.Millisecond}).Dial(t.Context(), address(freePort(t)))
		require.ErrorIs(t, err, socket.ErrNoAnswer)
	})
	t.Run("a call that is given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := new(socket.Dialer).Dial(ctx, address(freePort(t)))
		require.ErrorIs(t, err, context.Canceled)
	})
}

// A network that drops 5 % each way, reorders and duplicates, handshakes too.
func TestBadNetwork(t *testing.T) {
	bad := relay.Way{Drop: 0.05, Duplicate: 0.02, Reorder: 0.03, Delay: 5 * time.Millisecond}
	check := func(t *testing.T, conn *socket.Conn) {
		whole(t, collect(t, conn, 2000))
		s := conn.Stats()
		require.Zero(t, s.Lost)
		require.Greater(t, s.Recovered, uint64(40))
		require.Positive(t, s.Asked)
		require.Positive(t, s.Twice)
	}
	t.Run("called", func(t *testing.T) {
		t.Parallel()
		l := listen(t, &socket.Listener{Latency: 1500 * time.Millisecond})
		r := &relay.Relay{Target: l.Addr().String(), There: bad, Back: bad, Seed: 1}
		require.NoError(t, r.Start())
		t.Cleanup(r.Close)
		calling(t, udpPort(t, r.Addr()), "streamid=hall&passphrase=open-sesame-1")
		conn, err := call(t, l).Accept("open-sesame-1")
		require.NoError(t, err)
		check(t, conn)
	})
	t.Run("calling", func(t *testing.T) {
		t.Parallel()
		feed, at := freePort(t), freePort(t)
		start(t, "srt-live-transmit", "-loglevel:error", fmt.Sprintf("udp://127.0.0.1:%d", feed), fmt.Sprintf("srt://127.0.0.1:%d?mode=listener", at))
		go numbers(t.Context(), feed)
		r := &relay.Relay{Target: address(at).String(), There: bad, Back: bad, Seed: 2}
		require.NoError(t, r.Start())
		t.Cleanup(r.Close)
		conn, err := (&socket.Dialer{Latency: 1500 * time.Millisecond, Timeout: 30 * time.Second}).Dial(t.Context(), address(udpPort(t, r.Addr())))
		require.NoError(t, err)
		defer conn.Close()
		check(t, conn)
	})
}

func TestEnds(t *testing.T) {
	t.Run("the peer leaves", func(t *testing.T) {
		l := listen(t, &socket.Listener{})
		p := calling(t, udpPort(t, l.Addr().String()), "")
		conn, err := call(t, l).Accept("")
		require.NoError(t, err)
		collect(t, conn, 10)
		require.NoError(t, p.command.Process.Signal(interrupt))
		require.ErrorIs(t, drain(t, conn), socket.ErrLeft)
	})
	t.Run("the peer is killed", func(t *testing.T) {
		l := listen(t, &socket.Listener{Idle: time.Second})
		p := calling(t, udpPort(t, l.Addr().String()), "")
		conn, err := call(t, l).Accept("")
		require.NoError(t, err)
		collect(t, conn, 10)
		require.NoError(t, p.command.Process.Kill())
		require.ErrorIs(t, drain(t, conn), socket.ErrIdle)
	})
	t.Run("we do, and nothing is left", func(t *testing.T) {
		before := runtime.NumGoroutine()
		l := listen(t, &socket.Listener{})
		p := calling(t, udpPort(t, l.Addr().String()), "")
		conn, err := call(t, l).Accept("")
		require.NoError(t, err)
		collect(t, conn, 10)
		l.Close()
		require.ErrorIs(t, drain(t, conn), socket.ErrClosed)
		_, err = (&socket.Dialer{Timeout: 100 * time.Millisecond}).Dial(t.Context(), address(freePort(t)))
		require.Error(t, err)
		_ = p.command.Process.Kill()
		// The program has two goroutines here, its numbers one.
		require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+3 }, 10*time.Second, 10*time.Millisecond)
	})
}

func drain(t *testing.T, conn *socket.Conn) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		if _, err := conn.Read(ctx); err != nil {
			return err
		}
	}
}
