package srt_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/srt"
	"podium.tv/podium/testserver/relay"
)

const key = "streamid=%23!::r=hall,m=publish,s=open-sesame"

func TestPublish(t *testing.T) {
	for name, c := range map[string]struct {
		query  string
		secret string
		codec  []string
		want   string
	}{
		"H.264":   {key, "", h264, "h264 aac"},
		"H.265":   {"streamid=publish:hall:open-sesame", "", h265, "h265 aac"},
		"AES-128": {key + "&passphrase=ten-or-more&pbkeylen=16", "ten-or-more", h264, "h264 aac"},
		"AES-256": {key + "&passphrase=ten-or-more&pbkeylen=32", "ten-or-more", h264, "h264 aac"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, log := serve(t, func(s *srt.Server) { s.Passphrase = func(string) string { return c.secret } })
			r := run(t, hall(s))
			encode(t, local(portOf(t, s.Addr().String()), c.query), c.codec)
			r.plays(t, c.want)
			require.Empty(t, r.warned())
			require.Contains(t, log.String(), "publisher began")
			require.NotContains(t, log.String(), "open-sesame")
			r.stop()
			require.ErrorIs(t, r.wait(t), context.Canceled)
			// A feed that begins to read later meets a publisher that is there.
			again := run(t, hall(s))
			again.plays(t, c.want)
		})
	}
}

func TestRefused(t *testing.T) {
	secret := func(string) string { return "ten-or-more" }
	for name, c := range map[string]struct {
		query  string
		change func(*srt.Server)
		logged string
		told   string
	}{
		"a wrong key":                     {"streamid=publish:hall:guess", nil, "wrong stream key", ""},
		"no key":                          {"streamid=hall", nil, "wrong stream key", ""},
		"an unknown feed":                 {"streamid=publish:cellar:open-sesame", nil, "unknown feed", ""},
		"a wish to watch":                 {"streamid=%23!::r=hall,m=request,s=open-sesame", nil, "only takes streams in", ""},
		"no stream id":                    {"", nil, "no stream id", ""},
		"a wrong passphrase":              {key + "&passphrase=another-one", func(s *srt.Server) { s.Passphrase = secret }, "its passphrase is another", "Incorrect passphrase"},
		"no passphrase":                   {key, func(s *srt.Server) { s.Passphrase = secret }, "the other has none", "Password required or unexpected"},
		"a passphrase that is not wanted": {key + "&passphrase=another-one", nil, "the other has none", ""},
		"a feed that is published":        {key, func(s *srt.Server) { _, _ = s.Desk.Enter(somebody{}) }, "published already", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, log := serve(t, c.change)
			p := encode(t, local(portOf(t, s.Addr().String()), c.query), h264)
			select {
			case <-p.exited:
			case <-time.After(30 * time.Second):
				require.FailNow(t, "the encoder is not told")
			}
			require.Contains(t, p.String(), c.told)
			require.Contains(t, log.String(), c.logged)
			require.NotContains(t, log.String(), "open-sesame")
		})
	}
}

// somebody publishes hall by another protocol.
type somebody struct{}

func (somebody) Info() publish.Info   { return publish.Info{Feed: "hall", Protocol: "rtmp"} }
func (somebody) Attach() publish.Read { return nil }
func (somebody) End(error)            {}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	s, log := serve(t, func(s *srt.Server) { s.Desk.TakeOver = true })
	at := local(portOf(t, s.Addr().String()), key)
	r := run(t, hall(s))
	first := encode(t, at, h264)
	r.plays(t, "h264 aac")
	encode(t, at, h265)
	require.ErrorIs(t, r.wait(t), publish.ErrTakenOver)
	<-first.exited
	run(t, hall(s)).plays(t, "h265 aac")
	require.Contains(t, log.String(), "takes the feed over")
}

// An encoder that loses its power is noticed by its silence, and may come back.
func TestKilled(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, func(s *srt.Server) { s.ReadTimeout = time.Second })
	at := local(portOf(t, s.Addr().String()), key)
	for range 2 {
		r := run(t, hall(s))
		p := encode(t, at, h264)
		r.plays(t, "h264 aac")
		p.kill()
		err := r.wait(t)
		require.ErrorIs(t, err, publish.ErrLeft)
		require.ErrorContains(t, err, "fell silent for 1s")
		eventually(t, "it is gone", func() bool { return len(s.Desk.Publishers()) == 0 })
	}
}

// A network that drops 5 % each way, reorders and duplicates.
func TestBadNetwork(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, func(s *srt.Server) { s.Latency = 1500 * time.Millisecond })
	bad := relay.Way{Drop: 0.05, Duplicate: 0.02, Reorder: 0.03, Delay: 5 * time.Millisecond}
	r := &relay.Relay{Target: s.Addr().String(), There: bad, Back: bad, Seed: 3}
	require.NoError(t, r.Start())
	t.Cleanup(r.Close)
	publisher := hall(s)
	in := run(t, publisher)
	encode(t, local(portOf(t, r.Addr()), key), h264)
	eventually(t, "five seconds come", func() bool { return in.least() >= 125 })
	in.sane(t)
	require.Empty(t, in.warned(), "every continuity counter is right")
	n, ok := publisher.Network()
	require.True(t, ok)
	require.Zero(t, n.Lost)
	require.Zero(t, n.ContinuityError)
	require.Positive(t, n.Recovered)
	require.Positive(t, n.Asked)
	require.Positive(t, n.RTT)
	require.Equal(t, 1500*time.Millisecond, n.Latency)
}

// An encoder that connects and says nothing for a while is waited for.
func TestLateBeginning(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, nil)
	r := run(t, hall(s))
	feed := freePort(t)
	start(t, "srt-live-transmit", "-loglevel:error", fmt.Sprintf("udp://127.0.0.1:%d", feed),
		local(portOf(t, s.Addr().String()), "streamid=publish:hall:open-sesame"))
	eventually(t, "it is there", func() bool { return len(s.Desk.Publishers()) == 1 })
	time.Sleep(1500 * time.Millisecond)
	encode(t, fmt.Sprintf("udp://127.0.0.1:%d?pkt_size=1316", feed), h264)
	r.plays(t, "h264 aac")
}
