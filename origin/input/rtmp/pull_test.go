package rtmp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/rtmp"
	"podium.tv/podium/testserver"
)

// house is another house's server. Each connection that comes gets a stream, unless answer says otherwise.
type house struct {
	listener net.Listener
	asked    chan string // what each wanted
	// answer talks with one that wants to play; nil plays the film.
	answer func(c *gortmplib.ServerConn)
	film   [][][]byte
}

func open(t *testing.T, secure *tls.Config, answer func(c *gortmplib.ServerConn)) *house {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	h := &house{listener: l, asked: make(chan string, 100), answer: answer, film: pictures(t, "narrow.h264")}
	p := &peer{}
	tracks := p.tracks(t)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go h.serve(conn, tracks)
		}
	}()
	return h
}

func (h *house) serve(conn net.Conn, tracks []*gortmplib.Track) {
	defer func() { _ = conn.Close() }()
	c := &gortmplib.ServerConn{RW: conn}
	if c.Initialize() != nil {
		return
	}
	if h.answer != nil {
		h.answer(c)
		return
	}
	if c.Accept() != nil || c.Publish {
		return
	}
	h.asked <- c.URL.String()
	p := &peer{Writer: &gortmplib.Writer{Conn: c, Tracks: tracks}, video: tracks[0], audio: tracks[1]}
	if p.Initialize() != nil {
		return
	}
	for n := 0; ; n++ {
		at := time.Duration(n) * 40 * time.Millisecond
		if p.WriteH264(p.video, at+40*time.Millisecond, at, h.film[n%len(h.film)]) != nil ||
			p.WriteMPEG4Audio(p.audio, at, []byte{0x21, 0x10, 0x04}) != nil {
			return
		}
		time.Sleep(4 * time.Millisecond)
	}
}

// pull is of that house, whose address is behind the host.
func (h *house) pull(path string, change func(*rtmp.Pull)) *rtmp.Pull {
	p := &rtmp.Pull{URL: "rtmp://" + h.listener.Addr().String() + path, Guard: &guard.Policy{AllowLoopback: true}}
	if change != nil {
		change(p)
	}
	return p
}

func TestPull(t *testing.T) {
	cert, authority, fingerprint := certificate(t)
	secure := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	inTLS := func(p *rtmp.Pull) { p.URL = strings.Replace(p.URL, "rtmp:", "rtmps:", 1) }
	for _, c := range []struct {
		name, path, want string
		secure           *tls.Config
		change           func(*rtmp.Pull)
	}{
		{"application and name", "/live/one", "/live/one", nil, nil},
		{"an instance", "/live/inst/one", "/live/inst/one", nil, nil},
		{"a query", "/live/one?token=s3cret", "/live/one?token=s3cret", nil, nil},
		{"rtmps with the authority", "/live/one", "/live/one", secure, func(p *rtmp.Pull) { inTLS(p); p.CA = authority }},
		{"rtmps with the fingerprint", "/live/one", "/live/one", secure, func(p *rtmp.Pull) { inTLS(p); p.Fingerprint = fingerprint }},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t, c.secure, nil)
			p := h.pull(c.path, c.change)
			for range 2 { // It may be run again.
				in := run(t, p)
				eventually(t, "pictures", func() bool { return in.count(0) >= 10 && in.count(1) >= 10 })
				n, ok := p.Network()
				require.True(t, ok)
				require.Equal(t, h.listener.Addr().String(), n.Peer)
				require.NotZero(t, n.Received)
				in.stop(t)
				_, ok = p.Network()
				require.False(t, ok)
				require.True(t, strings.HasSuffix(<-h.asked, c.want))
				require.Equal(t, []string{"h264", "aac"}, in.codecs())
				require.Empty(t, in.warned())
				for i, track := range in.tracks[0] {
					requireSane(t, track, in.samples[i])
				}
				require.Equal(t, int64(3600), in.samples[0][0].PTS-in.samples[0][0].DTS)
			}
			require.NotContains(t, p.String(), "s3cret")
		})
	}
}

// FFmpeg is a server too.
func TestPullFromFFmpeg(t *testing.T) {
	address := testserver.FreeAddress(t)
	ffmpeg(t, words(both, "-t 3 -f flv -listen 1 rtmp://"+address+"/live/one")...)
	var in *running
	eventually(t, "connected", func() bool { // It takes a moment to listen.
		in = run(t, &rtmp.Pull{URL: "rtmp://" + address + "/live/one", Guard: &guard.Policy{AllowLoopback: true}})
		select {
		case err := <-in.ended:
			require.ErrorContains(t, err, "refused")
			return false
		case <-time.After(200 * time.Millisecond):
			return true
		}
	})
	require.ErrorContains(t, in.wait(t), "rtmp stream rtmp://"+address+"/live/one: ")
	require.Equal(t, []string{"h264", "aac"}, in.codecs())
	require.Empty(t, in.warned())
	require.Greater(t, in.count(0), 50)
	for i, track := range in.tracks[0] {
		requireSane(t, track, in.samples[i])
	}
}

// onStatus is a server's word on the stream.
func onStatus(level, code, description string) *message.CommandAMF0 {
	return &message.CommandAMF0{ChunkStreamID: 5, MessageStreamID: 0x1000000, Name: "onStatus", Arguments: []any{nil, amf0.Object{
		{Key: "level", Value: level}, {Key: "code", Value: code}, {Key: "description", Value: description},
	}}}
}

func TestPullFails(t *testing.T) {
	cert, _, _ := certificate(t)
	secure := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	says := func(messages ...message.Message) func(*gortmplib.ServerConn) {
		return func(c *gortmplib.ServerConn) {
			if c.Accept() != nil {
				return
			}
			for _, m := range messages {
				_ = c.Write(m)
			}
			_, _ = c.Read()
		}
	}
	rejects := func(c *gortmplib.ServerConn) {
		_ = c.Write(&message.CommandAMF0{ChunkStreamID: 3, Name: "_error", CommandID: 1, Arguments: []any{nil, amf0.Object{
			{Key: "level", Value: "error"},
			{Key: "code", Value: "NetConnection.Connect.Rejected"},
			{Key: "description", Value: "no such app, nor ?token=s3cret"},
		}}})
		_, _ = c.Read()
	}
	silent := func(c *gortmplib.ServerConn) { _, _ = c.Read(); _, _ = c.Read(); time.Sleep(5 * time.Second) }
	for _, c := range []struct {
		name   string
		secure *tls.Config
		answer func(*gortmplib.ServerConn)
		change func(*rtmp.Pull)
		want   string
	}{
		{"wrong scheme", nil, nil, func(p *rtmp.Pull) { p.URL = "http://h/a?token=s3cret" }, "rtmp or rtmps expected"},
		{"a fingerprint that is none", nil, nil, func(p *rtmp.Pull) { p.Fingerprint = "abc" }, "64 hexadecimal digits"},
		{"another certificate", secure, nil, func(p *rtmp.Pull) {
			p.URL, p.Fingerprint = strings.Replace(p.URL, "rtmp:", "rtmps:", 1), strings.Repeat("ab", 32)
		}, "the server's certificate has the fingerprint"},
		{"an unknown authority", secure, nil, func(p *rtmp.Pull) { p.URL = strings.Replace(p.URL, "rtmp:", "rtmps:", 1) }, "certificate"},
		{"this machine", nil, nil, func(p *rtmp.Pull) { p.Guard = nil }, "address 127.0.0.1 refused: it is a loopback address"},
		{"no such application", nil, rejects, nil, "the server refuses: NetConnection.Connect.Rejected no such app, nor ?***"},
		{
			"no such stream", nil, says(onStatus("error", "NetStream.Play.StreamNotFound", "No such stream.")), nil,
			"the server refuses: NetStream.Play.StreamNotFound No such stream.",
		},
		{"a stream that ends", nil, says(onStatus("status", "NetStream.Play.UnpublishNotify", "")), nil, "the stream is over"},
		{"a stream whose end is an event", nil, says(&message.UserControlStreamEOF{StreamID: 1}), nil, "the stream is over"},
		{"a server that says nothing", nil, silent, func(p *rtmp.Pull) { p.ReadTimeout = 500 * time.Millisecond }, "nothing complete came in time"},
		{"a stream of nothing", nil, says(), func(p *rtmp.Pull) { p.ReadTimeout = 500 * time.Millisecond }, "nothing complete came in time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t, c.secure, c.answer)
			in := run(t, h.pull("/live/one?token=s3cret", c.change))
			err := in.wait(t)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "s3cret")
			require.Empty(t, in.samples)
		})
	}
	t.Run("a server that is not of RTMP", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				_, _ = conn.Write([]byte(strings.Repeat("HTTP/1.1 400 Bad Request\r\n\r\n", 200)))
				_ = conn.Close()
			}
		}()
		in := run(t, (&house{listener: l}).pull("/live/one", nil))
		require.Error(t, in.wait(t))
	})
}

func TestPullEndsWithTheReceiver(t *testing.T) {
	h := open(t, nil, nil)
	full := errors.New("the feed is full")
	in := runInto(t, h.pull("/live/one", nil), &recorder{refuse: full})
	require.ErrorIs(t, in.wait(t), full)
}

func TestPullPinsTheNamesAddress(t *testing.T) {
	h := open(t, nil, nil)
	_, port, err := net.SplitHostPort(h.listener.Addr().String())
	require.NoError(t, err)
	named := func(p *rtmp.Pull) {
		p.URL = "rtmp://house.example:" + port + "/live/one"
		p.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
	}
	in := run(t, h.pull("", named))
	eventually(t, "pictures", func() bool { return in.count(0) >= 3 })
	in.stop(t)
	in = run(t, h.pull("", func(p *rtmp.Pull) { named(p); p.Guard = guard.Default() }))
	require.ErrorIs(t, in.wait(t), guard.ErrRefused)
}

func TestPullValidates(t *testing.T) {
	require.NoError(t, (&rtmp.Pull{URL: "rtmp://h/live/one"}).Validate())
	require.Error(t, (&rtmp.Pull{URL: "rtmp://u:p@h/live/one"}).Validate())
	require.Error(t, (&rtmp.Pull{URL: "rtmps://h/live/one", CA: []byte("abc")}).Validate())
	require.Equal(t, "rtmp pull", (&rtmp.Pull{URL: "rtmp://u:p@h/live/one"}).String())
	var _ input.Meter = &rtmp.Pull{}
}
