package rtsp_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	publishing "podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/rtsp"
)

// logs collects what is logged.
type logs struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// encoder publishes narrow.h264.
type encoder struct {
	client *gortsplib.Client
	medium *description.Media
	rtp    *rtph264.Encoder
	n      int
}

// publish connects an encoder.
func publish(t *testing.T, address string, change func(*gortsplib.Client, *description.Session)) (*encoder, error) {
	t.Helper()
	sps, pps := parameters(pictures(t, "narrow.h264")[0])
	f := &format.H264{PayloadTyp: 96, SPS: sps, PPS: pps, PacketizationMode: 1}
	e := &encoder{client: &gortsplib.Client{}}
	e.medium = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{f}}
	desc := &description.Session{Medias: []*description.Media{e.medium}}
	tcp := gortsplib.TransportTCP
	e.client.Transport = &tcp
	if change != nil {
		change(e.client, desc)
	}
	var err error
	e.rtp, err = f.CreateEncoder()
	require.NoError(t, err)
	if err := e.client.StartRecording(address, desc); err != nil {
		return nil, err
	}
	t.Cleanup(e.client.Close)
	return e, nil
}

// send sends the next access units.
func (e *encoder) send(t *testing.T, count int) {
	t.Helper()
	units := pictures(t, "narrow.h264")
	for range count {
		packets, err := e.rtp.Encode(units[e.n%len(units)])
		require.NoError(t, err)
		for _, pkt := range packets {
			pkt.Timestamp = uint32(e.n) * 3600
			require.NoError(t, e.client.WritePacketRTP(e.medium, pkt))
		}
		e.n++
	}
}

func code(err error) base.StatusCode {
	var status liberrors.ErrClientBadStatusCode
	if errors.As(err, &status) {
		return status.Code
	}
	return 0
}

func TestServerChecksTheKey(t *testing.T) {
	for _, c := range []struct {
		name    string
		address string // with %s for the server's
		want    base.StatusCode
		logged  string
	}{
		{"as the password", "rtsp://publish:open-sesame@%s/hall", 0, "publisher began"},
		{"as the password of anybody", "rtsp://obs:open-sesame@%s/hall", 0, "publisher began"},
		{"in the query", "rtsp://%s/hall?key=open-sesame", 0, "publisher began"},
		{"a wrong password", "rtsp://publish:guess@%s/hall", base.StatusUnauthorized, `feed=hall address=127.0.0.1:`},
		{"a wrong key in the query", "rtsp://%s/hall?key=guess", base.StatusUnauthorized, `reason="wrong stream key"`},
		{"another feed's key", "rtsp://publish:other@%s/hall", base.StatusUnauthorized, `reason="wrong stream key"`},
		{"no key", "rtsp://%s/hall", base.StatusUnauthorized, ""},
		{"an unknown feed", "rtsp://publish:open-sesame@%s/cellar", base.StatusNotFound, `reason="unknown feed"`},
		{"no feed", "rtsp://publish:open-sesame@%s/", base.StatusNotFound, ""},
		{"a path of two", "rtsp://publish:open-sesame@%s/live/hall", base.StatusNotFound, ""},
		{"a feed's name with dots", "rtsp://publish:open-sesame@%s/..", base.StatusNotFound, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log logs
			s := serve(t, func(s *rtsp.Server) { s.Desk.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			_, err := publish(t, fmt.Sprintf(c.address, s.Addr()), nil)
			if c.want == 0 {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				require.Equal(t, c.want, code(err), "%v", err)
			}
			if c.logged == "" {
				require.Empty(t, log.String())
			} else {
				require.Contains(t, log.String(), c.logged)
			}
			require.NotContains(t, log.String(), "open-sesame")
			require.NotContains(t, log.String(), "guess")
		})
	}
}

func TestServerThrottlesGuesses(t *testing.T) {
	var log logs
	reg := prometheus.NewRegistry()
	s := serve(t, func(s *rtsp.Server) {
		s.Desk.Log = slog.New(slog.NewTextHandler(&log, nil))
		s.Desk.Metrics = publishing.NewMetrics(reg)
	})
	codes := map[base.StatusCode]int{}
	for n := range 30 {
		_, err := publish(t, fmt.Sprintf("rtsp://%s/hall?key=guess%d", s.Addr(), n), nil)
		codes[code(err)]++
	}
	require.InDelta(t, 10, codes[base.StatusUnauthorized], 2)
	require.InDelta(t, 20, codes[base.StatusForbidden], 2)
	require.Equal(t, 1, strings.Count(log.String(), "publisher refused"), "one line, however many guesses")
	_, err := publish(t, fmt.Sprintf("rtsp://%s/hall?key=open-sesame", s.Addr()), nil)
	require.Equal(t, base.StatusForbidden, code(err), "a right guess does not help either")
	n, err := testutil.GatherAndCount(reg, "podium_publishers_refused_total")
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func TestServerRefusesWhatItCannotCarry(t *testing.T) {
	var log logs
	s := serve(t, func(s *rtsp.Server) { s.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	_, err := publish(t, fmt.Sprintf("rtsp://publish:open-sesame@%s/hall", s.Addr()), func(_ *gortsplib.Client, d *description.Session) {
		d.Medias = []*description.Media{{
			Type: description.MediaTypeAudio, Formats: []format.Format{&format.G711{PayloadTyp: 0, MULaw: true, SampleRate: 8000, ChannelCount: 1}},
		}}
	})
	require.Equal(t, base.StatusUnsupportedMediaType, code(err))
	require.Contains(t, log.String(), "set the encoder to AAC")
}

func TestServerHoldsOnePublisherPerFeed(t *testing.T) {
	address := func(s *rtsp.Server) string { return fmt.Sprintf("rtsp://publish:open-sesame@%s/hall", s.Addr()) }

	t.Run("a second one is refused", func(t *testing.T) {
		s := serve(t, nil)
		in := feed(t, s, "hall")
		first, err := publish(t, address(s), nil)
		require.NoError(t, err)
		first.send(t, 5)
		_, err = publish(t, address(s), nil)
		require.Equal(t, base.StatusForbidden, code(err))
		first.send(t, 5)
		eventually(t, "pictures", func() bool { return in.count(0) == 10 })
	})

	t.Run("a second one takes over", func(t *testing.T) {
		var log logs
		s := serve(t, func(s *rtsp.Server) {
			s.Desk.TakeOver = true
			s.Desk.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		in := feed(t, s, "hall")
		first, err := publish(t, address(s), nil)
		require.NoError(t, err)
		first.send(t, 5)
		eventually(t, "pictures", func() bool { return in.count(0) == 5 })
		second, err := publish(t, address(s), nil)
		require.NoError(t, err)
		require.ErrorIs(t, in.wait(t), publishing.ErrTakenOver)
		require.Error(t, first.client.Wait())

		in = feed(t, s, "hall")
		eventually(t, "attached", func() bool { second.send(t, 1); return in.count(0) > 0 })
		in.stop(t)
		require.True(t, in.samples[0][0].Sync, "the feed comes in the middle and begins with a key frame")
		require.Contains(t, log.String(), "takes the feed over")
	})

	t.Run("the next one when the first left", func(t *testing.T) {
		s := serve(t, nil)
		for range 3 {
			in := feed(t, s, "hall")
			var e *encoder
			// The server hears of the end a moment after the encoder.
			eventually(t, "connected", func() (ok bool) {
				var err error
				e, err = publish(t, address(s), nil)
				return err == nil
			})
			e.send(t, 3)
			eventually(t, "pictures", func() bool { return in.count(0) == 3 })
			e.client.Close()
			require.ErrorIs(t, in.wait(t), publishing.ErrLeft)
		}
	})
}

func TestServerLimits(t *testing.T) {
	address := func(s *rtsp.Server, feed, key string) string {
		return fmt.Sprintf("rtsp://publish:%s@%s/%s", key, s.Addr(), feed)
	}

	t.Run("publishers", func(t *testing.T) {
		s := serve(t, func(s *rtsp.Server) { s.Desk.MaxPublishers = 1 })
		_, err := publish(t, address(s, "hall", "open-sesame"), nil)
		require.NoError(t, err)
		_, err = publish(t, address(s, "attic", "other"), nil)
		require.Equal(t, base.StatusServiceUnavailable, code(err))
	})

	t.Run("tracks", func(t *testing.T) {
		s := serve(t, nil)
		_, err := publish(t, address(s, "hall", "open-sesame"), func(_ *gortsplib.Client, d *description.Session) {
			for len(d.Medias) <= 16 {
				d.Medias = append(d.Medias, &description.Media{Type: description.MediaTypeVideo, Formats: d.Medias[0].Formats})
			}
		})
		require.Equal(t, base.StatusUnsupportedMediaType, code(err))
	})

	t.Run("connections", func(t *testing.T) {
		s := serve(t, func(s *rtsp.Server) { s.MaxConnections = 2 })
		for n := range 3 {
			conn, err := net.Dial("tcp", s.Addr().String())
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			if n < 2 {
				_, err = fmt.Fprintf(conn, "OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n")
				require.NoError(t, err)
			}
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
			_, err = conn.Read(make([]byte, 1))
			require.Equal(t, n == 2, err != nil, "connection %d: %v", n, err)
		}
	})

	t.Run("time until publishing", func(t *testing.T) {
		s := serve(t, func(s *rtsp.Server) { s.SetupTimeout = 300 * time.Millisecond })
		conn, err := net.Dial("tcp", s.Addr().String())
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
		_, err = conn.Read(make([]byte, 1))
		require.Error(t, err)
		var timeout net.Error
		require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the server closes the connection")
		in := feed(t, s, "hall")
		e, err := publish(t, address(s, "hall", "open-sesame"), nil)
		require.NoError(t, err)
		for range 15 {
			time.Sleep(40 * time.Millisecond)
			e.send(t, 1)
		}
		eventually(t, "pictures", func() bool { return in.count(0) == 15 })
	})

	t.Run("silence", func(t *testing.T) {
		s := serve(t, func(s *rtsp.Server) { s.ReadTimeout = 500 * time.Millisecond })
		for _, transport := range []gortsplib.Transport{gortsplib.TransportTCP, gortsplib.TransportUDP} {
			in := feed(t, s, "hall")
			_, err := publish(t, address(s, "hall", "open-sesame"), func(c *gortsplib.Client, _ *description.Session) {
				c.Transport = &transport
			})
			require.NoError(t, err)
			// Whichever timeout is first, the connection's or the feed's.
			err = in.wait(t)
			require.True(t, errors.Is(err, publishing.ErrLeft) || errors.Is(err, input.ErrSilent), "%v", err)
		}
	})
}

func TestServerByTLS(t *testing.T) {
	cert, authority, _ := certificate(t)
	s := serve(t, func(s *rtsp.Server) {
		s.TLSAddress, s.TLS = "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	})
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(authority))
	in := feed(t, s, "hall")
	e, err := publish(t, fmt.Sprintf("rtsps://publish:open-sesame@%s/hall", s.TLSAddr()), func(c *gortsplib.Client, _ *description.Session) {
		c.TLSConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	})
	require.NoError(t, err)
	e.send(t, 10)
	eventually(t, "pictures", func() bool { return in.count(0) == 10 })
	require.NotEqual(t, s.Addr().String(), s.TLSAddr().String())
}

func TestServerStarts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	desk := new(publishing.Desk)
	for _, c := range []struct {
		name   string
		server *rtsp.Server
		want   string
	}{
		{"nowhere", &rtsp.Server{Desk: desk}, "no address"},
		{"without a desk", &rtsp.Server{Address: "127.0.0.1:0"}, "nobody who lets publishers in"},
		{"rtsps without a certificate", &rtsp.Server{TLSAddress: "127.0.0.1:0", Desk: desk}, "no certificate"},
		{"where another one is", &rtsp.Server{Address: taken.Addr().String(), Desk: desk}, "address already in use"},
		{"at an odd port", &rtsp.Server{Address: "127.0.0.1:0", RTPAddress: "127.0.0.1:5005", RTCPAddress: "127.0.0.1:5006", Desk: desk}, "must be even"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorContains(t, c.server.Start(), c.want)
			c.server.Close()
		})
	}
	s := serve(t, nil)
	require.Error(t, s.Start())
	(&rtsp.Server{}).Close()
}

func TestPublishEnds(t *testing.T) {
	s := serve(t, nil)
	in := feed(t, s, "hall")
	other := feed(t, s, "attic")
	require.ErrorIs(t, (&publishing.Input{Desk: s.Desk, Feed: "hall"}).Run(canceled(), &recorder{}), publishing.ErrFeedRead)
	e, err := publish(t, fmt.Sprintf("rtsp://publish:open-sesame@%s/hall", s.Addr()), nil)
	require.NoError(t, err)
	e.send(t, 3)
	eventually(t, "pictures", func() bool { return in.count(0) == 3 })
	require.Zero(t, other.count(0), "feeds do not hear of each other")
	require.False(t, s.Desk.Kick("attic"))
	require.True(t, s.Desk.Kick("hall"))
	require.Error(t, in.wait(t))

	in = feed(t, s, "hall")
	s.Desk.Close()
	require.ErrorIs(t, in.wait(t), publishing.ErrClosed)
	require.ErrorIs(t, other.wait(t), publishing.ErrClosed)
	require.ErrorIs(t, (&publishing.Input{Desk: s.Desk, Feed: "hall"}).Run(canceled(), &recorder{}), publishing.ErrClosed)
	require.ErrorContains(t, (&publishing.Input{Feed: "hall"}).Run(canceled(), &recorder{}), "nowhere to publish")
}

// feed runs a feed's input, and returns once it waits for its publisher or has met it.
func feed(t *testing.T, s *rtsp.Server, name string) *running {
	t.Helper()
	in := run(t, &publishing.Input{Desk: s.Desk, Feed: name})
	eventually(t, "waiting", func() bool { return s.Desk.Awaited(name) })
	return in
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestPublishClosesWhatTheFeedRefuses(t *testing.T) {
	s := serve(t, nil)
	full := errors.New("the feed is full")
	in := runInto(t, &publishing.Input{Desk: s.Desk, Feed: "hall"}, &recorder{refuse: full})
	eventually(t, "waiting", func() bool { return s.Desk.Awaited("hall") })
	e, err := publish(t, fmt.Sprintf("rtsp://publish:open-sesame@%s/hall", s.Addr()), nil)
	require.NoError(t, err)
	e.send(t, 3)
	require.ErrorIs(t, in.wait(t), full)
	require.Error(t, e.client.Wait(), "the encoder sees it")
}

// A publisher that stays while the feed is away is heard again when the feed is back.
func TestPublishBetweenRuns(t *testing.T) {
	s := serve(t, nil)
	e, err := publish(t, fmt.Sprintf("rtsp://publish:open-sesame@%s/hall", s.Addr()), nil)
	require.NoError(t, err)
	for range 3 {
		e.send(t, 5) // Nobody listens.
		in := feed(t, s, "hall")
		eventually(t, "pictures", func() bool { e.send(t, 1); return in.count(0) >= 3 })
		in.stop(t)
		require.True(t, in.samples[0][0].Sync)
	}
}

// What strangers send to the port ends their connection, and nothing else.
func TestServerSurvivesNoise(t *testing.T) {
	s := serve(t, nil)
	in := feed(t, s, "hall")
	e, err := publish(t, fmt.Sprintf("rtsp://publish:open-sesame@%s/hall", s.Addr()), nil)
	require.NoError(t, err)
	e.send(t, 3)
	sdp := "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:0\r\n"
	announce := func(sdp string) string {
		return fmt.Sprintf("ANNOUNCE rtsp://x/attic?key=other RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp)
	}
	for _, noise := range []string{
		"", "\x00\x01\x02", "GET / HTTP/1.1\r\n\r\n", "$\x00\xff\xff", strings.Repeat("A", 100000),
		"RECORD rtsp://x/attic RTSP/1.0\r\nCSeq: 1\r\n\r\n",
		"SETUP rtsp://x/attic/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n",
		"DESCRIBE rtsp://x/attic RTSP/1.0\r\nCSeq: 1\r\n\r\n",
		"PLAY rtsp://x/attic RTSP/1.0\r\nCSeq: 1\r\nSession: 1\r\n\r\n",
		"ANNOUNCE * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
		announce(""), announce("v=0\r\n"), announce(sdp), announce(sdp + strings.Repeat("a=x\r\n", 1000)),
		announce(sdp) + "SETUP rtsp://x/attic?key=other/0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n\r\n" +
			"RECORD rtsp://x/attic?key=other RTSP/1.0\r\nCSeq: 3\r\n\r\n",
		"ANNOUNCE rtsp://x/attic RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Basic !!!\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", s.Addr().String())
		require.NoError(t, err)
		_, _ = conn.Write([]byte(noise))
		_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, _ = conn.Read(make([]byte, 4096))
		_ = conn.Close()
	}
	e.send(t, 3)
	eventually(t, "pictures", func() bool { return in.count(0) == 6 })
	require.Empty(t, in.warned())
}
