package rtmp_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/rtmp"
	"podium.tv/podium/packager/media"
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

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestServerChecksTheKey(t *testing.T) {
	for _, c := range []struct {
		name, path, want string // want is in what the encoder is told; empty where it is let in
		logged           string
	}{
		{"as the stream", "/hall#open-sesame", "", "publisher began"},
		{"in the query", "/live#hall?key=open-sesame", "", "publisher began"},
		{"in the path", "/hall/open-sesame", "", "publisher began"},
		{"a wrong key", "/hall#guess", "NetStream.Publish.BadName", `feed=hall address=127.0.0.1:`},
		{"another feed's key", "/hall#other", "NetStream.Publish.BadName", `reason="wrong stream key"`},
		{"a key in the feed's place", "/open-sesame.#hall", "NetStream.Publish.BadName", `reason="unknown feed"`},
		{"an unknown feed", "/cellar#open-sesame", "NetStream.Publish.BadName", `feed=cellar`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log logs
			s := serve(t, func(s *rtmp.Server) { s.Desk.Log, s.Log = log.logger(), log.logger() })
			_, err := connect(t, s.Addr(), c.path, nil)
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.want)
			}
			eventually(t, "a line of the log", func() bool { return strings.Contains(log.String(), c.logged) })
			require.NotContains(t, log.String(), "open-sesame")
			require.NotContains(t, log.String(), "guess")
		})
	}
}

func TestServerThrottlesGuesses(t *testing.T) {
	now := time.Now() // A clock that stands still gives no tries back.
	s := serve(t, func(s *rtmp.Server) { s.Desk.Now = func() time.Time { return now } })
	told := map[string]int{}
	for n := range 15 {
		_, err := connect(t, s.Addr(), fmt.Sprintf("/hall#guess%d", n), nil)
		require.Error(t, err)
		for _, word := range []string{"BadName", "Denied"} {
			if strings.Contains(err.Error(), word) {
				told[word]++
			}
		}
	}
	require.Equal(t, map[string]int{"BadName": 10, "Denied": 5}, told)
	_, err := connect(t, s.Addr(), "/hall#open-sesame", nil)
	require.ErrorContains(t, err, "Too many wrong stream keys", "a right guess does not help either")
}

func TestServerHoldsOnePublisherPerFeed(t *testing.T) {
	narrow := pictures(t, "narrow.h264")
	t.Run("a second one is refused", func(t *testing.T) {
		s := serve(t, nil)
		in := feed(t, s, "hall")
		first := publishes(t, s.Addr())
		first.send(t, narrow, 5)
		_, err := connect(t, s.Addr(), "/hall#open-sesame", nil)
		require.ErrorContains(t, err, "Another encoder publishes this feed.")
		first.send(t, narrow, 5)
		eventually(t, "pictures", func() bool { return in.count(0) == 10 })
	})
	t.Run("a second one takes over", func(t *testing.T) {
		s := serve(t, func(s *rtmp.Server) { s.Desk.TakeOver = true })
		in := feed(t, s, "hall")
		first := publishes(t, s.Addr())
		first.send(t, narrow, 5)
		eventually(t, "pictures", func() bool { return in.count(0) == 5 })
		second := publishes(t, s.Addr())
		require.ErrorIs(t, in.wait(t), publish.ErrTakenOver)
		first.refused(t)

		second.send(t, narrow, 30) // What comes before somebody reads is dropped, its configurations are not.
		in = feed(t, s, "hall")
		eventually(t, "attached", func() bool { second.send(t, narrow, 1); return in.count(0) > 0 })
		in.stop(t)
		require.True(t, in.samples[0][0].Sync, "the feed comes in the middle and begins with a key frame")
		require.Equal(t, []string{"h264", "aac"}, in.codecs())
	})
	t.Run("one that is turned out", func(t *testing.T) {
		s := serve(t, nil)
		in := feed(t, s, "hall")
		first := publishes(t, s.Addr())
		first.send(t, narrow, 5)
		eventually(t, "pictures", func() bool { return in.count(0) == 5 })
		require.True(t, s.Desk.Kick("hall"))
		require.ErrorIs(t, in.wait(t), publish.ErrKicked)
		first.refused(t)
	})
	t.Run("one whose tracks the feed refuses", func(t *testing.T) {
		s := serve(t, nil)
		full := errors.New("the feed is full")
		in := runInto(t, &publish.Input{Desk: s.Desk, Feed: "hall"}, &recorder{refuse: full})
		eventually(t, "waiting", func() bool { return s.Desk.Awaited("hall") })
		first := publishes(t, s.Addr())
		first.send(t, narrow, 5)
		require.ErrorIs(t, in.wait(t), full)
		first.refused(t)
	})
}

// While nobody reads a feed, what its encoder sends is taken and dropped: it does not stall.
func TestServerReadsOnWithoutAReader(t *testing.T) {
	s := serve(t, nil)
	p := publishes(t, s.Addr())
	require.NoError(t, p.client.NetConn().SetWriteDeadline(time.Now().Add(30*time.Second)))
	large := [][][]byte{{append([]byte{0x65}, make([]byte, 1<<20)...)}}
	p.send(t, large, 50)
	require.Len(t, s.Desk.Publishers(), 1)
	require.Equal(t, "rtmp", s.Desk.Publishers()[0].Protocol)
}

// A feed that does not take what comes makes its encoder wait, and the memory of it is bounded.
func TestServerHoldsTheEncoderBack(t *testing.T) {
	s := serve(t, nil)
	slow := &stuck{entered: make(chan struct{}), leave: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- (&publish.Input{Desk: s.Desk, Feed: "hall"}).Run(ctx, slow) }()
	eventually(t, "waiting", func() bool { return s.Desk.Awaited("hall") })
	p := publishes(t, s.Addr())
	p.send(t, pictures(t, "narrow.h264"), 1)
	<-slow.entered
	sent := 0
	for sent < 200 {
		require.NoError(t, p.client.NetConn().SetWriteDeadline(time.Now().Add(500*time.Millisecond)))
		at := time.Duration(sent) * 40 * time.Millisecond
		if p.WriteH264(p.video, at, at, [][]byte{append([]byte{0x41}, make([]byte, 1<<20)...)}) != nil {
			break
		}
		sent++
	}
	require.Less(t, sent, 60, "MiB")
	cancel()
	close(slow.leave)
	require.ErrorIs(t, <-ended, context.Canceled)
}

// stuck is a feed that stands still.
type stuck struct {
	once           sync.Once
	entered, leave chan struct{}
}

func (s *stuck) Describe([]media.Track) error {
	s.once.Do(func() { close(s.entered) })
	<-s.leave
	return nil
}

func (*stuck) Sample(int, media.Sample) {}
func (*stuck) Warn(error)               {}

func TestServerTakesCodecs(t *testing.T) {
	silence := &opus.IDHeader{Version: 1, ChannelCount: 2, InputSampleRate: 48000}
	h265 := pictures265(t)
	vps := find(h265[0], func(b byte) bool { return b>>1&0x3F == 32 })
	sps265 := find(h265[0], func(b byte) bool { return b>>1&0x3F == 33 })
	pps265 := find(h265[0], func(b byte) bool { return b>>1&0x3F == 34 })
	t.Run("H.265 and Opus", func(t *testing.T) {
		s := serve(t, nil)
		in := feed(t, s, "hall")
		video := &gortmplib.Track{Codec: &codecs.H265{VPS: vps, SPS: sps265, PPS: pps265}}
		audio := &gortmplib.Track{Codec: &codecs.Opus{IDHeader: silence}}
		p := publishes(t, s.Addr(), video, audio)
		for n, unit := range h265 {
			at := time.Duration(n) * 40 * time.Millisecond
			// Every second one with a composition time, which is another kind of message.
			require.NoError(t, p.WriteH265(video, at+time.Duration(n%2)*80*time.Millisecond, at, unit))
			for part := range 2 {
				require.NoError(t, p.WriteOpus(audio, at+time.Duration(part)*20*time.Millisecond, []byte{0xFC, 0xFF, 0xFE}))
			}
		}
		eventually(t, "pictures", func() bool { return in.count(0) == len(h265) && in.count(1) == 2*len(h265) })
		in.stop(t)
		require.Equal(t, []string{"h265", "opus"}, in.codecs())
		require.Equal(t, 320, media.PictureOf(in.tracks[0][0].Codec).Width)
		require.Empty(t, in.warned())
		for i, sample := range in.samples[0] {
			require.Equal(t, int64(i*3600), sample.DTS)
			require.Equal(t, int64(i%2*7200), sample.PTS-sample.DTS)
		}
		requireSane(t, in.tracks[0][1], in.samples[1])
		requireEven(t, in.samples[1])
	})
	t.Run("AC-3", func(t *testing.T) {
		tone, err := os.ReadFile("../rtsp/testdata/tone.ac3")
		require.NoError(t, err)
		s := serve(t, nil)
		in := feed(t, s, "hall")
		audio := &gortmplib.Track{Codec: &codecs.AC3{SampleRate: 48000, ChannelCount: 2}}
		p := publishes(t, s.Addr(), audio)
		var head ac3.SyncInfo
		require.NoError(t, head.Unmarshal(tone))
		n := 0
		for ; len(tone) > 0; n++ {
			require.NoError(t, p.WriteAC3(audio, time.Duration(n)*32*time.Millisecond, tone[:head.FrameSize()]))
			tone = tone[head.FrameSize():]
		}
		p.client.Close()
		eventually(t, "sound", func() bool { return in.count(0) == n })
		require.Equal(t, []string{"ac3"}, in.codecs())
		requireEven(t, in.samples[0])
	})
	t.Run("AV1 is dropped", func(t *testing.T) {
		s := serve(t, nil)
		in := feed(t, s, "hall")
		video := &gortmplib.Track{Codec: &codecs.AV1{}}
		audio := &gortmplib.Track{Codec: &codecs.Opus{IDHeader: silence}}
		p := publishes(t, s.Addr(), video, audio)
		require.NoError(t, p.WriteAV1(video, 0, [][]byte{{10, 11}}))
		for n := range 50 {
			require.NoError(t, p.WriteOpus(audio, time.Duration(n)*20*time.Millisecond, []byte{0xFC, 0xFF, 0xFE}))
		}
		eventually(t, "sound", func() bool { return in.count(0) == 50 })
		require.Contains(t, in.warned(), "av1 video cannot be carried in HLS: set the encoder to H.264 or H.265")
	})
	t.Run("nothing that can be carried", func(t *testing.T) {
		s := serve(t, nil)
		in := feed(t, s, "hall")
		video := &gortmplib.Track{Codec: &codecs.VP9{}}
		p := publishes(t, s.Addr(), video)
		require.NoError(t, p.WriteVP9(video, 0, []byte{1, 2, 3}))
		require.ErrorIs(t, in.wait(t), input.ErrNoTracks)
		p.refused(t)
	})
	t.Run("G.711 is dropped", func(t *testing.T) {
		s := serve(t, nil)
		in := feed(t, s, "hall")
		audio := &gortmplib.Track{Codec: &codecs.G711{MULaw: true, ChannelCount: 1}}
		first := pictures(t, "narrow.h264")
		video := &gortmplib.Track{Codec: &codecs.H264{SPS: sps(first[0]), PPS: pps(first[0])}}
		p := publishes(t, s.Addr(), video, audio)
		require.NoError(t, p.WriteG711(audio, 0, make([]byte, 160)))
		for n, unit := range first {
			at := time.Duration(n) * 40 * time.Millisecond
			require.NoError(t, p.WriteH264(video, at, at, unit))
		}
		eventually(t, "pictures", func() bool { return in.count(0) == len(first) })
		require.Contains(t, in.warned(), "g711 audio cannot be carried in HLS: set the encoder to AAC")
	})
}

// A picture that changes its size is described again, at the key frame that it begins with.
func TestServerDescribesAgain(t *testing.T) {
	narrow, wide := pictures(t, "narrow.h264"), pictures(t, "wide.h264")
	s := serve(t, nil)
	in := feed(t, s, "hall")
	p := publishes(t, s.Addr())
	p.send(t, narrow, 25)
	// A new configuration in the middle, as OBS and vMix send it after a change of the output's size.
	require.NoError(t, p.client.Write(&message.Video{
		ChunkStreamID: message.VideoChunkStreamID, MessageStreamID: 0x1000000, Codec: message.CodecH264, IsKeyFrame: true,
		Type: message.VideoTypeConfig, AVCConfig: avcC(sps(wide[0]), pps(wide[0])), DTS: time.Second,
	}))
	var bare [][][]byte // The parameter sets are in the configuration alone.
	for _, unit := range wide {
		var kept [][]byte
		for _, nalu := range unit {
			if nalu[0]&0x1F != 7 && nalu[0]&0x1F != 8 {
				kept = append(kept, nalu)
			}
		}
		bare = append(bare, kept)
	}
	p.send(t, bare, 25)
	eventually(t, "pictures", func() bool { return in.count(0) == 50 })
	in.stop(t)
	require.Len(t, in.tracks, 2)
	require.Equal(t, 160, media.PictureOf(in.tracks[0][0].Codec).Width)
	require.Equal(t, 320, media.PictureOf(in.tracks[1][0].Codec).Width)
	require.Equal(t, in.tracks[0][1].Codec, in.tracks[1][1].Codec)
	require.True(t, in.samples[0][25].Sync)
	requireSane(t, in.tracks[0][0], in.samples[0])
	require.Empty(t, in.warned())
}

// An encoder that has been on for seven weeks.
func TestServerGoesOnOverTheEndOfTime(t *testing.T) {
	narrow := pictures(t, "narrow.h264")
	s := serve(t, nil)
	in := feed(t, s, "hall")
	p := publishes(t, s.Addr())
	const end = 1 << 32 * time.Millisecond
	for n := range 50 {
		at := end - 25*40*time.Millisecond + time.Duration(n)*40*time.Millisecond
		require.NoError(t, p.WriteH264(p.video, at, at, narrow[n]))
	}
	eventually(t, "pictures", func() bool { return in.count(0) == 50 })
	in.stop(t)
	for i, sample := range in.samples[0] {
		require.Equal(t, int64(i*3600), sample.DTS)
	}
}

func TestServerByTLS(t *testing.T) {
	cert, authority, _ := certificate(t)
	s := serve(t, func(s *rtmp.Server) {
		s.TLSAddress, s.TLS = "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	})
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(authority))
	require.NotEqual(t, s.Addr().String(), s.TLSAddr().String())
	secure := func(c *gortmplib.Client) {
		c.URL.Scheme, c.TLSConfig = "rtmps", &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	in := feed(t, s, "hall")
	c, err := connect(t, s.TLSAddr(), "/hall#open-sesame", secure)
	require.NoError(t, err)
	p := &peer{client: c}
	p.Writer = &gortmplib.Writer{Conn: c, Tracks: p.tracks(t)}
	require.NoError(t, p.Initialize())
	p.send(t, pictures(t, "narrow.h264"), 10)
	eventually(t, "pictures", func() bool { return in.count(0) == 10 })

	_, err = connect(t, s.TLSAddr(), "/attic#guess", secure)
	require.ErrorContains(t, err, "BadName", "a reason comes through before the connection is closed")

	out := ffmpeg(t, words(both, "-t 1 -f flv rtmps://"+s.TLSAddr().String()+"/attic/other")...)
	attic := feed(t, s, "attic")
	require.ErrorIs(t, attic.wait(t), publish.ErrLeft)
	require.Empty(t, out.output(t))
}

func TestServerLimits(t *testing.T) {
	dial := func(t *testing.T, s *rtmp.Server) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", s.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
		return conn
	}
	closed := func(t *testing.T, conn net.Conn) {
		t.Helper()
		_, err := io.Copy(io.Discard, conn)
		if err != nil {
			require.ErrorContains(t, err, "reset")
		}
	}
	t.Run("connections", func(t *testing.T) {
		s := serve(t, func(s *rtmp.Server) { s.MaxConnections = 2 })
		dial(t, s)
		second := dial(t, s)
		closed(t, dial(t, s))
		require.NoError(t, second.Close())
		eventually(t, "room again", func() bool {
			c, err := connect(t, s.Addr(), "/hall#open-sesame", nil)
			return err == nil && c != nil
		})
	})
	t.Run("publishers", func(t *testing.T) {
		s := serve(t, func(s *rtmp.Server) { s.Desk.MaxPublishers = 1 })
		publishes(t, s.Addr())
		_, err := connect(t, s.Addr(), "/attic#other", nil)
		require.ErrorContains(t, err, "NetStream.Publish.Denied")
	})
	quick := func(s *rtmp.Server) { s.SetupTimeout, s.ReadTimeout = 3*time.Second, 3*time.Second }
	t.Run("one that says nothing", func(t *testing.T) {
		t.Parallel()
		closed(t, dial(t, serve(t, quick)))
	})
	t.Run("one that says it slowly", func(t *testing.T) {
		t.Parallel()
		conn := dial(t, serve(t, quick))
		go func() {
			for {
				if _, err := conn.Write([]byte{3}); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
		closed(t, conn)
	})
	t.Run("one that says hello and no more", func(t *testing.T) {
		t.Parallel()
		conn := dial(t, serve(t, quick))
		_, _, err := handshake.DoClient(conn, false, false)
		require.NoError(t, err)
		closed(t, conn)
	})
	t.Run("an encoder that falls silent", func(t *testing.T) {
		t.Parallel()
		s := serve(t, quick)
		in := feed(t, s, "hall")
		p := publishes(t, s.Addr())
		p.send(t, pictures(t, "narrow.h264"), 5)
		err := in.wait(t)
		require.ErrorIs(t, err, publish.ErrLeft)
		require.ErrorContains(t, err, "nothing complete came in time")
		p.refused(t)
	})
	t.Run("an encoder that talks of the connection only", func(t *testing.T) {
		t.Parallel()
		s := serve(t, quick)
		in := feed(t, s, "hall")
		p := publishes(t, s.Addr())
		p.send(t, pictures(t, "narrow.h264"), 5)
		go func() {
			for p.client.Write(&message.UserControlPingRequest{ServerTime: 1}) == nil {
				time.Sleep(100 * time.Millisecond)
			}
		}()
		require.ErrorIs(t, in.wait(t), publish.ErrLeft)
	})
	t.Run("an encoder that sends too much at once", func(t *testing.T) {
		s := serve(t, nil)
		in := feed(t, s, "hall")
		p := publishes(t, s.Addr())
		p.send(t, pictures(t, "narrow.h264"), 5)
		_ = p.WriteMPEG4Audio(p.audio, 0, make([]byte, 1<<20))
		require.ErrorContains(t, in.wait(t), "at most 262144 expected")
		p.refused(t)
	})
}

// What strangers send to the port ends their connection, and nothing else.
func TestServerSurvivesNoise(t *testing.T) {
	var log logs
	s := serve(t, func(s *rtmp.Server) { s.Log = log.logger() })
	in := feed(t, s, "hall")
	narrow := pictures(t, "narrow.h264")
	p := publishes(t, s.Addr())
	p.send(t, narrow, 3)
	hello := string(append([]byte{3}, make([]byte, 2*1536)...))
	for _, noise := range []string{
		"", "\x00\x01\x02", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00", "\x06" + strings.Repeat("A", 4000), strings.Repeat("A", 100000),
		hello + "\xff", hello + "\x03\x00\x00\x00\xff\xff\xff\x14\x00\x00\x00\x00", hello + "\x02\x00\x00\x00\x00\x00\x04\x01\x00\x00\x00\x00\x00\x00\x00\x00",
		// A command of arrays in arrays.
		hello + "\x03\x00\x00\x00\x00\x7d\x00\x14\x00\x00\x00\x00" + strings.Repeat(strings.Repeat("\x0a\x00\x00\x00\x01", 25)+"\x0a\x00\x00\xc3", 300),
	} {
		conn, err := net.Dial("tcp", s.Addr().String())
		require.NoError(t, err)
		_, _ = conn.Write([]byte(noise))
		_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, _ = conn.Read(make([]byte, 4096))
		_ = conn.Close()
	}
	p.send(t, narrow, 3)
	eventually(t, "pictures", func() bool { return in.count(0) == 6 })
	require.Empty(t, in.warned())
	eventually(t, "told of", func() bool { return strings.Contains(log.String(), "it speaks TLS to the port of RTMP") })
	require.NotContains(t, log.String(), "panic")
}

func TestServerStarts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	desk := new(publish.Desk)
	for _, c := range []struct {
		name   string
		server *rtmp.Server
		want   string
	}{
		{"nowhere", &rtmp.Server{Desk: desk}, "no address"},
		{"without a desk", &rtmp.Server{Address: "127.0.0.1:0"}, "nobody who lets publishers in"},
		{"rtmps without a certificate", &rtmp.Server{TLSAddress: "127.0.0.1:0", Desk: desk}, "no certificate"},
		{"where another one is", &rtmp.Server{Address: taken.Addr().String(), Desk: desk}, "address already in use"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorContains(t, c.server.Start(), c.want)
			c.server.Close()
		})
	}
	s := serve(t, nil)
	require.Error(t, s.Start())
	require.Nil(t, s.TLSAddr())
	require.Nil(t, (&rtmp.Server{}).Addr())
	(&rtmp.Server{}).Close()
}

func TestServerCloses(t *testing.T) {
	s := serve(t, nil)
	hall := &publish.Input{Desk: s.Desk, Feed: "hall"}
	in := run(t, hall)
	eventually(t, "waiting", func() bool { return s.Desk.Awaited("hall") })
	_, met := hall.Network()
	require.False(t, met)
	p := publishes(t, s.Addr())
	p.send(t, pictures(t, "narrow.h264"), 3)
	eventually(t, "pictures", func() bool { return in.count(0) == 3 })
	network, met := hall.Network()
	require.True(t, met)
	require.Equal(t, p.client.NetConn().LocalAddr().String(), network.Peer)
	require.GreaterOrEqual(t, network.Received, uint64(6))
	s.Desk.Close()
	s.Close()
	require.ErrorIs(t, in.wait(t), publish.ErrClosed)
	p.refused(t)
}
