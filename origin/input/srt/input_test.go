package srt_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/srt"
	"podium.tv/podium/origin/input/srt/socket"
)

func TestPull(t *testing.T) {
	t.Parallel()
	feed, at := freePort(t), freePort(t)
	encode(t, fmt.Sprintf("udp://127.0.0.1:%d?pkt_size=1316", feed), h264)
	start(t, "srt-live-transmit", "-loglevel:error", fmt.Sprintf("udp://127.0.0.1:%d", feed),
		local(at, "mode=listener&passphrase=ten-or-more"))
	p := &srt.Pull{URL: fmt.Sprintf("srt://localhost:%d", at), Passphrase: "ten-or-more", Guard: loopback, Lookup: here}
	_, ok := p.Network()
	require.False(t, ok)
	r := run(t, p)
	r.plays(t, "h264 aac")
	n, ok := p.Network()
	require.True(t, ok)
	require.Equal(t, fmt.Sprintf("127.0.0.1:%d", at), n.Peer)
	require.Positive(t, n.Received)
	r.stop()
	require.ErrorIs(t, r.wait(t), context.Canceled)

	p.Passphrase = "another-one"
	err := run(t, p).wait(t)
	var rejected *socket.RejectedError
	require.ErrorAs(t, err, &rejected)
	require.ErrorContains(t, err, "set passphrase as it is there")
	require.NotContains(t, err.Error(), "another-one")
}

func here(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

func TestPullRefused(t *testing.T) {
	for name, c := range map[string]struct {
		pull *srt.Pull
		want string
	}{
		"this machine":       {&srt.Pull{URL: "srt://127.0.0.1:9000"}, "is a loopback address"},
		"a query":            {&srt.Pull{URL: "srt://10.0.0.1:9000?passphrase=s3cret"}, "keys of their own"},
		"a path":             {&srt.Pull{URL: "srt://10.0.0.1:9000/hall"}, "keys of their own"},
		"no port":            {&srt.Pull{URL: "srt://10.0.0.1"}, "a port of 1 to 65535"},
		"another protocol":   {&srt.Pull{URL: "udp://10.0.0.1:9000"}, "srt://host:port expected"},
		"a short passphrase": {&srt.Pull{URL: "srt://10.0.0.1:9000", Passphrase: "short"}, "5 bytes, 10 to 79 expected"},
		"nobody there": {
			&srt.Pull{URL: fmt.Sprintf("srt://127.0.0.1:%d", freePort(t)), Guard: loopback, ReadTimeout: 200 * time.Millisecond}, "does UDP get through",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.pull.Run(t.Context(), new(recorder))
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, c.pull.String(), "s3cret")
		})
	}
	require.ErrorIs(t, (&srt.Pull{URL: "srt://127.0.0.1:9000"}).Run(t.Context(), new(recorder)), guard.ErrRefused)
}

func TestListen(t *testing.T) {
	t.Parallel()
	at := freePort(t)
	l := &srt.Listen{Address: fmt.Sprintf("127.0.0.1:%d", at), Passphrase: "ten-or-more", StreamID: "cam", ReadTimeout: time.Second}
	r := run(t, l)
	wrong := encode(t, local(at, "streamid=other&passphrase=ten-or-more"), h264)
	<-wrong.exited
	first := encode(t, local(at, "streamid=cam&passphrase=ten-or-more"), h264)
	r.plays(t, "h264 aac")
	second := encode(t, local(at, "streamid=cam&passphrase=ten-or-more"), h264)
	<-second.exited // It is told that somebody is there.
	n, ok := l.Network()
	require.True(t, ok)
	require.Zero(t, n.Lost)
	first.kill()
	require.ErrorIs(t, r.wait(t), socket.ErrIdle)
	again := run(t, l)
	encode(t, local(at, "streamid=cam&passphrase=ten-or-more"), h265)
	again.plays(t, "h265 aac")
}
