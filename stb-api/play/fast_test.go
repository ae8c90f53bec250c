package play_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
	stbapi "podium.tv/podium/stb-api"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/ops"
	"podium.tv/podium/stb-api/play"
	"podium.tv/podium/storage/object"
)

// edge is a real server with the fast path in front of it, and the same server without it.
type edge struct {
	fast, plain string // host:port
	counted     atomic.Int64
	listener    *play.Fast
	stop        func() // asks the server to stop
	stopped     chan struct{}
	demand      play.Demand // of the channel "asked"

	token, expired, other string
	segment               string // the name of a segment
	ts                    []byte // what it answers
	object                []byte // the stored form of the same: two tracks
}

const (
	edgeSegments = 40 // so that a playlist of all is worth compressing
	tsSize       = 300_000
)

// newEdge puts three channels on the air: "open", "shut" with a token, and "asked" with a demand.
func newEdge(t testing.TB, change func(*play.Fast)) *edge {
	t.Helper()
	dir := t.TempDir()
	store := &object.Folder{Root: dir + "/objects"}
	require.NoError(t, store.Initialize())
	hot := &object.Cache{Limit: 64 << 20}
	require.NoError(t, hot.Initialize())

	init := &media.Init{Tracks: []media.Track{
		{ID: 1, Timescale: 48000, Codec: &media.Opus{Channels: 2}}, {ID: 2, Timescale: 48000, Codec: &media.Opus{Channels: 1}},
	}}
	described, err := init.MarshalJSON()
	require.NoError(t, err)
	require.NoError(t, store.Put(t.Context(), timeline.InitName(init.Version()), described))

	e := &edge{stopped: make(chan struct{}), object: bytes.Repeat([]byte("fragment"), 1000)}
	e.ts = make([]byte, tsSize)
	for i := range e.ts {
		e.ts[i] = byte(i * 7)
	}
	line := &timeline.Timeline{Name: "feeds/hall1", Store: store, Journal: dir + "/journal", Owns: true}
	require.NoError(t, line.Open(t.Context()))
	start := time.Now().Add(-edgeSegments * 4 * time.Second).Truncate(time.Second)
	for i := range edgeSegments {
		n := line.Prepare(timeline.Entry{
			Start: start.Add(time.Duration(i) * 4 * time.Second), Duration: 4 * time.Second, Kind: timeline.Live, Independent: true,
			Init: init.Version(), Tracks: []media.Range{{Offset: 0, Length: 5000}, {Offset: 5000, Length: 3000}},
		})
		n.Object = line.MediaName(n.Seq)
		hot.Put(timeline.HotTS(n.Object), e.ts)
		hot.Put(timeline.HotMedia(n.Object), e.object)
		require.NoError(t, line.Append(n))
		e.segment = fmt.Sprintf("seg-%d-%d", n.Hour(), n.Seq)
	}

	signer := &access.Signer{Secrets: [][]byte{bytes.Repeat([]byte{7}, 32)}}
	e.token = signer.Sign("shut", time.Now().Add(time.Hour))
	e.expired = signer.Sign("shut", time.Now().Add(-time.Hour))
	e.other = signer.Sign("elsewhere", time.Now().Add(time.Hour))
	service := &play.Service{Store: store, Hot: hot, Tokens: signer}
	service.SetChannels([]*play.Channel{
		{ID: "asked", Timeline: line, Target: 4 * time.Second, Window: 40 * time.Second, Archive: time.Hour, Demand: &e.demand},
		{ID: "open", Timeline: line, Target: 4 * time.Second, Window: 40 * time.Second, Archive: time.Hour},
		{ID: "shut", Timeline: line, Target: 4 * time.Second, Window: 40 * time.Second, Archive: time.Hour, Protected: true},
	})
	server := &stbapi.Server{Slices: []stbapi.Slice{service}, StopWithin: 2 * time.Second}

	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.listener = &play.Fast{
		Listener: listen(t), Service: service,
		Observe: func(string, string, int, int64, time.Duration) { e.counted.Add(1) },
	}
	if change != nil {
		change(e.listener)
	}
	e.listener.Start()
	e.fast = e.listener.Addr().String()
	go func() {
		defer close(e.stopped)
		_ = server.Serve(ctx, e.listener)
		last, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		e.listener.Wait(last)
	}()
	plain := listen(t)
	e.plain = plain.Addr().String()
	beside := &stbapi.Server{Slices: []stbapi.Slice{service}, StopWithin: time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = beside.Serve(ctx, plain)
	}()
	t.Cleanup(func() {
		stop()
		<-e.stopped
		<-done
		_ = line.Close(context.Background())
	})
	return e
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l
}

// peer is a client that writes what it likes.
type peer struct {
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, address string) *peer {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	return &peer{Conn: c, in: bufio.NewReader(c)}
}

func (p *peer) say(t testing.TB, text string) {
	t.Helper()
	_, err := io.WriteString(p, text)
	require.NoError(t, err)
}

// hear reads one answer.
func (p *peer) hear(t testing.TB, method string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.ReadResponse(p.in, &http.Request{Method: method})
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r, body
}

// ended says that the other side closed the connection.
func (p *peer) ended(t testing.TB) {
	t.Helper()
	_, err := p.in.ReadByte()
	require.Error(t, err)
	if late, ok := err.(net.Error); ok { //nolint:errorlint // Read's own error.
		require.False(t, late.Timeout(), "the connection stays open")
	}
}

// counts waits until so many answers came from the fast path; it counts them when they are on their way.
func (e *edge) counts(t testing.TB, want int64) {
	t.Helper()
	require.Eventually(t, func() bool { return e.counted.Load() >= want }, 5*time.Second, time.Millisecond)
	require.Equal(t, want, e.counted.Load(), "answered on the fast path")
}

func get(path string, fields ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: tv\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
}

func TestFastAnswers(t *testing.T) {
	e := newEdge(t, nil)
	shut := "/live/shut/~" + e.token + "/"
	long := "X-Long: " + strings.Repeat("a", 5000)
	for _, c := range []struct {
		name, method, request string
		status                int
		fast                  bool // answered before net/http
	}{
		{"playlist", "GET", get("/live/open/mono.m3u8"), 200, true},
		{"track", "GET", get("/live/open/live/1.m3u8"), 200, true},
		{"multivariant", "GET", get("/live/open/index.m3u8"), 200, true},
		{"rewind", "GET", get("/live/open/mono-rewind-30.m3u8"), 200, true},
		{"segment", "GET", get("/live/open/" + e.segment + ".ts"), 200, true},
		{"fragment", "GET", get("/live/open/" + e.segment + "-2.m4s"), 200, true},
		{"gzip", "GET", get("/live/open/mono.m3u8", "Accept-Encoding: gzip"), 200, true},
		{"lower case", "GET", "GET /live/open/mono.m3u8 HTTP/1.1\r\nhost:tv\r\nuser-agent: box\r\n\r\n", 200, true},
		{"keep-alive", "GET", get("/live/open/mono.m3u8", "Connection: Keep-Alive"), 200, true},
		{"a proxy's word of a stranger", "GET", get("/live/open/mono.m3u8", "X-Forwarded-For: 10.0.0.1"), 200, true},
		{"token", "GET", get(shut + "mono.m3u8"), 200, true},
		{"token's segment", "GET", get(shut + e.segment + ".ts"), 200, true},
		{"no token", "GET", get("/live/shut/mono.m3u8"), 403, false},
		{"empty token", "GET", get("/live/shut/~/mono.m3u8"), 403, false},
		{"wrong token", "GET", get("/live/shut/~" + strings.Repeat("A", 32) + "/mono.m3u8"), 403, false},
		{"expired token", "GET", get("/live/shut/~" + e.expired + "/mono.m3u8"), 403, false},
		{"another channel's token", "GET", get("/live/shut/~" + e.other + "/mono.m3u8"), 403, false},
		{"token in the query", "GET", get("/live/shut/mono.m3u8?token=" + e.token), 200, false},
		{"unknown channel", "GET", get("/live/none/mono.m3u8"), 404, false},
		{"unknown file", "GET", get("/live/open/none"), 404, false},
		{"segment to come", "GET", get("/live/open/seg-1-999999.ts"), 404, false},
		{"segment of a wrong hour", "GET", get("/live/open/seg-1-3.ts"), 404, false},
		{"dots", "GET", get("/live/open/../../etc/passwd"), 404, false},
		{"encoded dots", "GET", get("/live/open/%2e%2e/mono.m3u8"), 404, false},
		{"encoded letter", "GET", get("/live/open/%6dono.m3u8"), 404, false},
		{"catch-up by query", "GET", get(fmt.Sprintf("/live/open/mono.m3u8?utc=%d", time.Now().Unix()-30)), 200, false},
		{"range", "GET", get("/live/open/"+e.segment+".ts", "Range: bytes=10-19"), 206, false},
		{"condition", "GET", get("/live/open/"+e.segment+".ts", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"), 304, false},
		{"condition that fails", "GET", get("/live/open/mono.m3u8", `If-None-Match: "x"`), 200, true},
		{"any will do", "GET", get("/live/open/mono.m3u8", `If-None-Match: *`), 304, true},
		{"two conditions", "GET", get("/live/open/mono.m3u8", `If-None-Match: "x"`, `If-None-Match: *`), 304, false},
		{"condition on the old", "GET", get("/live/open/mono.m3u8", `If-Match: "x"`), 412, false},
		{"HEAD", "HEAD", strings.Replace(get("/live/open/mono.m3u8"), "GET", "HEAD", 1), 200, false},
		{"OPTIONS", "OPTIONS", strings.Replace(get("/live/open/mono.m3u8"), "GET", "OPTIONS", 1), 204, false},
		{"POST", "POST", strings.Replace(get("/live/open/mono.m3u8", "Content-Length: 2"), "GET", "POST", 1) + "ab", 405, false},
		{"body", "GET", get("/live/open/mono.m3u8", "Content-Length: 2") + "ab", 200, false},
		{"chunked body", "GET", get("/live/open/mono.m3u8", "Transfer-Encoding: chunked") + "0\r\n\r\n", 200, false},
		{"smuggled body", "GET", get("/live/open/mono.m3u8", "Content-Length : 2") + "ab", 400, false},
		{"bare CR", "GET", get("/live/open/mono.m3u8", "X: a\rContent-Length: 2"), 400, false},
		{"folded field", "GET", get("/live/open/mono.m3u8", "X: a", " b"), 200, false},
		{"no host", "GET", "GET /live/open/mono.m3u8 HTTP/1.1\r\n\r\n", 400, false},
		{"two hosts", "GET", get("/live/open/mono.m3u8", "Host: other"), 400, false},
		{"bare LF", "GET", "GET /live/open/mono.m3u8 HTTP/1.1\nHost: tv\n\n", 200, false},
		{"a bare LF", "GET", "GET /live/open/mono.m3u8 HTTP/1.1\r\nHost: tv\n\r\n", 200, false},
		{"HTTP/1.0", "GET", "GET /live/open/mono.m3u8 HTTP/1.0\r\n\r\n", 200, false},
		{"HTTP/2", "GET", "GET /live/open/mono.m3u8 HTTP/2.0\r\nHost: tv\r\n\r\n", 505, false},
		{"close", "GET", get("/live/open/mono.m3u8", "Connection: close"), 200, false},
		{"long head", "GET", get("/live/open/mono.m3u8", long), 200, false},
		{"elsewhere", "GET", get("/healthz"), 200, false},
		{"nonsense", "GET", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n", 400, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := e.counted.Load()
			p := dial(t, e.fast)
			p.say(t, c.request)
			r, body := p.hear(t, c.method)
			require.Equal(t, c.status, r.StatusCode, "%s", body)
			want := before
			if c.fast {
				want++
			}
			e.counts(t, want)
			if c.status != 200 || c.method != "GET" {
				return
			}
			// The connection serves the next request, wherever it is now, unless it said otherwise.
			if r.Close || c.name == "HTTP/1.0" {
				p.ended(t)
				return
			}
			p.say(t, get("/live/open/"+e.segment+".ts"))
			r, body = p.hear(t, "GET")
			require.Equal(t, 200, r.StatusCode)
			require.True(t, bytes.Equal(e.ts, body))
			if c.fast {
				want++
			}
			e.counts(t, want)
		})
	}
}

// The answers are those of the other path, but for the server's own words.
func TestFastIsTheSame(t *testing.T) {
	e := newEdge(t, nil)
	for _, path := range []string{
		"/live/open/mono.m3u8", "/live/open/live/1.m3u8", "/live/open/live/2.m3u8", "/live/open/index.m3u8",
		"/live/open/rewind-30.m3u8", "/live/open/" + e.segment + ".ts", "/live/open/" + e.segment + "-1.m4s",
		"/live/open/" + e.segment + "-2.m4s", "/live/open/mono-rewind-300.m3u8", "/live/open/rewind-300/1.m3u8", "/live/shut/~" + e.token + "/mono.m3u8", "/live/shut/~" + e.token + "/index.m3u8",
	} {
		for _, coding := range []string{"", "gzip", "identity", "gzip;q=0", "br, gzip, deflate", "br;q=0.5, gzip;q=0.8", "*", "BR"} {
			t.Run(path+" "+coding, func(t *testing.T) {
				request := get(path)
				if coding != "" {
					request = get(path, "Accept-Encoding: "+coding)
				}
				before := e.counted.Load()
				a, b := dial(t, e.fast), dial(t, e.plain)
				a.say(t, request)
				b.say(t, request)
				fast, fastBody := a.hear(t, "GET")
				plain, plainBody := b.hear(t, "GET")
				e.counts(t, before+1)
				require.Equal(t, plain.StatusCode, fast.StatusCode)
				require.True(t, bytes.Equal(plainBody, fastBody))
				fast.Header.Del("Date")
				plain.Header.Del("Date")
				require.Equal(t, plain.Header, fast.Header)
				require.Equal(t, plain.ContentLength, fast.ContentLength)
			})
		}
	}
}

func TestFastPipelines(t *testing.T) {
	e := newEdge(t, nil)
	p := dial(t, e.fast)
	p.say(t, strings.Repeat(get("/live/open/mono.m3u8")+get("/live/open/"+e.segment+".ts"), 20)+
		get("/live/open/"+e.segment+".ts", "Range: bytes=0-9")+get("/live/open/mono.m3u8"))
	for range 20 {
		r, _ := p.hear(t, "GET")
		require.Equal(t, "application/vnd.apple.mpegurl", r.Header.Get("Content-Type"))
		_, body := p.hear(t, "GET")
		require.True(t, bytes.Equal(e.ts, body))
	}
	r, body := p.hear(t, "GET")
	require.Equal(t, http.StatusPartialContent, r.StatusCode)
	require.Equal(t, e.ts[:10], body)
	r, _ = p.hear(t, "GET")
	require.Equal(t, http.StatusOK, r.StatusCode)
	e.counts(t, 40)
}

func TestFastReadsByteByByte(t *testing.T) {
	e := newEdge(t, nil)
	p := dial(t, e.fast)
	for range 2 {
		for _, b := range []byte(get("/live/open/mono.m3u8", "User-Agent: slow")) {
			p.say(t, string(b))
		}
		r, _ := p.hear(t, "GET")
		require.Equal(t, http.StatusOK, r.StatusCode)
	}
	e.counts(t, 2)
	// A head that turns out to be somebody else's goes on whole.
	for _, b := range []byte("GET /healthz HTTP/1.1\r\nHost: tv\r\n\r\n") {
		p.say(t, string(b))
	}
	r, _ := p.hear(t, "GET")
	require.Equal(t, http.StatusOK, r.StatusCode)
}

func TestFastThenPost(t *testing.T) {
	e := newEdge(t, nil)
	p := dial(t, e.fast)
	p.say(t, get("/live/open/mono.m3u8")+"POST /live/open/mono.m3u8 HTTP/1.1\r\nHost: tv\r\nContent-Length: 12\r\n\r\nGET /live/op"+
		get("/live/open/mono.m3u8"))
	for _, status := range []int{200, 405, 200} {
		r, _ := p.hear(t, "GET")
		require.Equal(t, status, r.StatusCode)
	}
}

// Who sends nothing, or a head without end, is cut.
func TestFastCutsTheSlow(t *testing.T) {
	e := newEdge(t, func(f *play.Fast) {
		f.HeaderWithin, f.IdleWithin, f.WriteWithin = 300*time.Millisecond, 300*time.Millisecond, 500*time.Millisecond
	})
	t.Run("silent", func(t *testing.T) { dial(t, e.fast).ended(t) })
	t.Run("idle after an answer", func(t *testing.T) {
		p := dial(t, e.fast)
		p.say(t, get("/live/open/mono.m3u8"))
		p.hear(t, "GET")
		p.ended(t)
	})
	t.Run("dripping", func(t *testing.T) {
		p := dial(t, e.fast)
		began := time.Now()
		p.say(t, "GET /live/")
		for time.Since(began) < 10*time.Second {
			if _, err := io.WriteString(p, "a"); err != nil {
				break
			}
			time.Sleep(20 * time.Millisecond) // A drip is what is tested.
		}
		require.Less(t, time.Since(began), 5*time.Second)
	})
	t.Run("not reading", func(t *testing.T) {
		p := dial(t, e.fast)
		go func() {
			for {
				if _, err := io.WriteString(p, get("/live/open/"+e.segment+".ts")); err != nil {
					return
				}
			}
		}()
		require.Eventually(t, func() bool { return e.listener.Open() == 0 }, 15*time.Second, 20*time.Millisecond)
	})
}

func TestFastBoundsConnections(t *testing.T) {
	e := newEdge(t, func(f *play.Fast) { f.MaxConnections = 2 })
	for i := range 4 {
		p := dial(t, e.fast)
		p.say(t, get("/live/open/mono.m3u8"))
		r, _ := p.hear(t, "GET")
		require.Equal(t, http.StatusOK, r.StatusCode)
		e.counts(t, min(int64(i)+1, 2))
	}
	require.Equal(t, 2, e.listener.Open())
}

func TestFastBelievesProxiesOnlyWhereTheyAre(t *testing.T) {
	e := newEdge(t, func(f *play.Fast) { f.Proxied = func(net.Addr) bool { return true } })
	p := dial(t, e.fast)
	p.say(t, get("/live/open/mono.m3u8"))
	p.hear(t, "GET")
	e.counts(t, 1)
	p.say(t, get("/live/open/mono.m3u8", "X-Forwarded-For: 203.0.113.9"))
	r, _ := p.hear(t, "GET")
	require.Equal(t, http.StatusOK, r.StatusCode)
	e.counts(t, 2)
	p.say(t, get("/live/open/mono.m3u8", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 203.0.113.10"))
	r, _ = p.hear(t, "GET")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.EqualValues(t, 2, e.counted.Load(), "which of the two it is, net/http's side finds out")
}

// Viewers behind one proxy's connection are counted each for itself.
func TestFastCountsViewersBehindAProxy(t *testing.T) {
	proxies := ops.Proxies{Trusted: ops.Loopback()}
	e := newEdge(t, func(f *play.Fast) {
		f.Proxied = func(net.Addr) bool { return true }
		f.Client = func(a net.Addr, forwarded string) string {
			return proxies.Behind(netip.MustParseAddrPort(a.String()).Addr(), forwarded).String()
		}
	})
	p := dial(t, e.fast)
	for i := range 3 {
		for range 2 {
			p.say(t, get("/live/open/mono.m3u8", fmt.Sprintf("X-Forwarded-For: 198.51.100.1, 203.0.113.%d", i)))
			p.hear(t, "GET")
		}
	}
	e.counts(t, 6)
	require.Equal(t, 3, e.listener.Service.Channel("open").Viewers(time.Now()))
}

// panicky fails in the middle of an answer.
type panicky struct{ *access.Signer }

func (panicky) Verify(string, string) error { panic("a fault of ours") }

func TestFastSurvivesPanics(t *testing.T) {
	e := newEdge(t, nil)
	p := dial(t, e.fast)
	e.listener.Service.Tokens = panicky{}
	p.say(t, get("/live/shut/~"+e.token+"/mono.m3u8"))
	p.ended(t)
	next := dial(t, e.fast)
	next.say(t, get("/live/open/mono.m3u8"))
	r, _ := next.hear(t, "GET")
	require.Equal(t, http.StatusOK, r.StatusCode)
}

// At the end, those who wait are let go, and what is on its way arrives.
func TestFastStops(t *testing.T) {
	e := newEdge(t, nil)
	idle, begun, active := dial(t, e.fast), dial(t, e.fast), dial(t, e.fast)
	idle.say(t, get("/live/open/mono.m3u8"))
	idle.hear(t, "GET")
	begun.say(t, "GET /live/op")
	// More than the buffers of both ends hold, so that an answer is on its way for sure.
	const answers = 60
	active.say(t, strings.Repeat(get("/live/open/"+e.segment+".ts"), answers))
	r, body := active.hear(t, "GET")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Len(t, body, tsSize)

	e.stop()
	idle.ended(t)
	begun.ended(t)
	whole := 1
	for ; whole < answers; whole++ {
		r, err := http.ReadResponse(active.in, nil)
		if err != nil {
			break // Between two answers.
		}
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err, "an answer was cut")
		require.Len(t, body, tsSize)
	}
	require.Greater(t, whole, 1)
	select {
	case <-e.stopped:
	case <-time.After(10 * time.Second):
		require.Fail(t, "does not stop")
	}
	require.Zero(t, e.listener.Open())
	_, err := new(net.Dialer).DialContext(t.Context(), "tcp", e.fast)
	require.Error(t, err)
}

// A live playlist has to be answered without garbage: at tens of thousands a second it would be the collector that
// decides who waits.
func BenchmarkFast(b *testing.B) {
	e := newEdge(b, nil)
	for _, c := range []struct{ name, path string }{
		{"playlist", "/live/shut/~" + e.token + "/mono.m3u8"}, {"segment", "/live/shut/~" + e.token + "/" + e.segment + ".ts"},
	} {
		b.Run(c.name, func(b *testing.B) { bench(b, e.fast, get(c.path, "User-Agent: box/1.0", "Accept: */*")) })
		b.Run(c.name+" by net/http", func(b *testing.B) { bench(b, e.plain, get(c.path, "User-Agent: box/1.0", "Accept: */*")) })
	}
}

func bench(b *testing.B, address, request string) {
	p := dial(b, address)
	p.say(b, request)
	r, body := p.hear(b, "GET")
	require.Equal(b, http.StatusOK, r.StatusCode)
	// The answer's length is the same within the second; what differs is found below.
	var head bytes.Buffer
	p.say(b, request)
	for !bytes.HasSuffix(head.Bytes(), []byte("\r\n\r\n")) {
		c, err := p.in.ReadByte()
		require.NoError(b, err)
		head.WriteByte(c)
	}
	_, err := io.CopyN(io.Discard, p.in, int64(len(body)))
	require.NoError(b, err)
	answer := make([]byte, head.Len()+len(body))
	text := []byte(request)
	require.NoError(b, p.SetDeadline(time.Now().Add(10*time.Minute)))
	b.SetBytes(int64(len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Write(text); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(p.in, answer); err != nil {
			b.Fatal(err)
		}
	}
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 OK\r\n")) {
		b.Fatalf("answers ran out of step: %q", answer[:32])
	}
}
