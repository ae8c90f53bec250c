package station_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/station"
)

// streamKey lets the tests' encoders in.
const streamKey = "a-key-of-twelve"

// onAir is a station that runs, with what it logs.
type onAir struct {
	*station.Station
	t    *testing.T
	log  *lockedBuffer
	stop context.CancelFunc
	done chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String is the log without the lines about requests.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out strings.Builder
	for line := range strings.Lines(b.b.String()) {
		if !strings.Contains(line, "msg=request") && !strings.Contains(line, `msg="request`) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// layout is a configuration with these feeds, each with a channel of the same number.
func layout(t *testing.T, dir string, feeds []string, more string) *config.Config {
	t.Helper()
	text := fmt.Sprintf("http: {listen: '127.0.0.1:0'}\nrtsp: {listen: '127.0.0.1:0'}\ndata_dir: %s\n", dir) +
		"packaging: {segment_target: 1s, live_window: 8s, archive: 2h}\n" + more
	if len(feeds) > 0 {
		text += "feeds:\n"
		for _, f := range feeds {
			id, rest, _ := strings.Cut(f, " ")
			text += fmt.Sprintf("  - {id: %s, input: publish, slate: off, stream_key: %s%s}\n", id, streamKey, rest)
		}
		text += "channels:\n"
		for i, f := range feeds {
			id, _, _ := strings.Cut(f, " ")
			text += fmt.Sprintf("  - {id: ch-%s, number: %d, name: %s, feed: %s}\n", id, i+1, id, id)
		}
	}
	c, err := config.Parse("podium.yaml", []byte(text), nil)
	require.NoError(t, err)
	return c
}

// start runs a station until it answers.
func start(t *testing.T, c *config.Config) *onAir {
	t.Helper()
	s := &onAir{t: t, log: new(lockedBuffer), done: make(chan error, 1)}
	ready := make(chan struct{})
	s.Station = &station.Station{
		Config: c, Log: slog.New(slog.NewTextHandler(s.log, nil)), Level: new(slog.LevelVar),
		OnReady: func(*station.Station) { close(ready) },
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go func() { s.done <- s.Run(ctx) }()
	t.Cleanup(func() { _, _ = s.end() }) // A test that cares has ended it itself.
	select {
	case <-ready:
	case err := <-s.done:
		s.done <- err
		t.Fatalf("station did not start: %v\n%s", err, s.log)
	case <-time.After(15 * time.Second):
		t.Fatalf("station did not start\n%s", s.log)
	}
	return s
}

// end stops it and says how long that took.
func (s *onAir) end() (time.Duration, error) {
	began := time.Now()
	s.stop()
	err := <-s.done
	s.done <- err
	return time.Since(began), err
}

// publish has ffmpeg push a recording to a feed, over and over, until the function is called.
func (s *onAir) publish(feed string) (end func()) {
	s.t.Helper()
	return publishTo(s.t, fmt.Sprintf("rtsp://publish:%s@%s/%s", streamKey, s.RTSPAddress(), feed))
}

// input and coding are ffmpeg's arguments for a small test picture with a keyframe a second, and a tone.
func input() []string {
	return []string{
		"-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
		"-re", "-f", "lavfi", "-i", "sine=sample_rate=48000",
	}
}

func coding() []string {
	return []string{"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-pix_fmt", "yuv420p"}
}

func publishTo(t *testing.T, url string) (end func()) {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not here")
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, ffmpeg, append(input(), append(coding(), "-c:a", "aac",
		"-f", "rtsp", "-rtsp_transport", "tcp", url)...)...)
	require.NoError(t, cmd.Start())
	var once sync.Once
	end = func() {
		once.Do(func() {
			stop()
			_ = cmd.Wait() // It was killed.
		})
	}
	t.Cleanup(end)
	return end
}

// get fetches a path; status 0 says that nobody answered.
func (s *onAir) get(path string) (status int, body []byte) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+s.Address().String()+path, http.NoBody)
	if err != nil {
		return 0, nil
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		return 0, nil
	}
	return response.StatusCode, body
}

// wait waits until a channel lists at least n segments.
func (s *onAir) wait(channel string, n uint64) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		status, body := s.get("/live/" + channel + "/mono.m3u8")
		if status != 200 {
			return false
		}
		p, err := strict.ParseMedia(body)
		return err == nil && p.End() >= n
	}, 20*time.Second, 100*time.Millisecond, "%s is not on the air: %s", channel, s.log)
}

// watcher is a viewer who notices everything.
type watcher struct {
	faults   []string
	segments map[string]bool
	first    uint64
	last     *strict.Playlist
	stop     chan struct{}
	done     chan struct{}
}

func (s *onAir) watch(channel string) *watcher {
	w := &watcher{segments: map[string]bool{}, stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		follower := &strict.Follower{Live: true}
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-tick.C:
			}
			w.look(s, channel, follower)
		}
	}()
	return w
}

func (w *watcher) look(s *onAir, channel string, follower *strict.Follower) {
	status, body := s.get("/live/" + channel + "/mono.m3u8")
	if status != http.StatusOK {
		w.faults = append(w.faults, fmt.Sprintf("playlist: status %d", status))
		return
	}
	for _, v := range follower.Add(time.Now(), body) {
		w.faults = append(w.faults, v.String())
	}
	w.last = follower.Last()
	if len(w.segments) == 0 {
		w.first = w.last.MediaSequence
	}
	for i := range w.last.Segments {
		uri := w.last.Segments[i].URI
		if w.segments[uri] {
			continue
		}
		w.segments[uri] = true
		if status, body := s.get("/live/" + channel + "/" + uri); status != http.StatusOK || len(body) == 0 {
			w.faults = append(w.faults, fmt.Sprintf("segment %s: status %d", uri, status))
		}
	}
}

// end returns what it saw; nothing may have been missed.
func (w *watcher) end(t *testing.T) *strict.Playlist {
	t.Helper()
	close(w.stop)
	<-w.done
	require.Empty(t, w.faults)
	require.NotNil(t, w.last)
	require.Len(t, w.segments, int(w.last.End()-w.first), "segments were missed")
	return w.last
}

// TestReload changes everything around a channel whose viewer must not notice.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	s := start(t, layout(t, dir, []string{"a", "b"}, ""))
	s.publish("a")
	endB := s.publish("b")
	s.wait("ch-a", 3)
	s.wait("ch-b", 2)
	w := s.watch("ch-a")

	// b is changed, c is added.
	require.NoError(t, s.Reload(layout(t, dir, []string{"a", "b , segment_target: 2s, archive: 3h", "c"}, "")))
	s.publish("c")
	s.wait("ch-c", 2)
	endB()
	s.publish("b")
	s.wait("ch-b", 4)
	require.Contains(t, s.log.String(), "feeds_added=[c] feeds_changed=[b] channels_added=[ch-c]")

	// b is removed; what needs a restart is named and left as it was.
	require.NoError(t, s.Reload(layout(t, dir, []string{"a", "c"}, "station: {zone: Europe/Berlin}\nmetrics: {listen: '127.0.0.1:1'}\n")))
	require.Contains(t, s.log.String(), `msg="these changes hold from the next start on" keys="[station.zone metrics.listen]"`)
	status, _ := s.get("/live/ch-b/mono.m3u8")
	require.Equal(t, 404, status)
	_, body := s.get("/api/v1/channels")
	require.Contains(t, string(body), "Asia/Shanghai")
	require.NotContains(t, string(body), "ch-b")
	_, body = s.get("/playlist.m3u")
	require.NotContains(t, string(body), "ch-b")
	_, body = s.get("/metrics")
	require.NotContains(t, string(body), `feed="b"`)
	require.Contains(t, string(body), `feed="c"`)

	// a's channel gets another name and number, which is no reason to interrupt it.
	renamed := layout(t, dir, []string{"a", "c"}, "")
	renamed.Channels[0].Name, renamed.Channels[0].Number = "大讲堂", 7
	require.NoError(t, s.Reload(renamed))
	_, body = s.get("/api/v1/channels")
	require.Contains(t, string(body), "大讲堂")
	require.Equal(t, 1, strings.Count(s.log.String(), "channels_changed=[ch-a]"))
	require.NoError(t, s.Reload(layout(t, dir, []string{"a", "c"}, "")))

	// And nothing at all.
	again := strings.Count(s.log.String(), "msg=\"configuration in force\"")
	require.NoError(t, s.Reload(layout(t, dir, []string{"a", "c"}, "")))
	require.Contains(t, s.log.String(), "nothing changed")
	require.Equal(t, again, strings.Count(s.log.String(), "msg=\"configuration in force\""))

	s.wait("ch-a", w.first+12)
	last := w.end(t)
	require.Zero(t, last.DiscontinuitySequence)
	for i := range last.Segments {
		require.False(t, last.Segments[i].Discontinuity)
	}
	took, err := s.end()
	require.NoError(t, err)
	require.Less(t, took, 10*time.Second)
}

// TestStopAndStart: the second run goes on where the first stopped, with one discontinuity.
func TestStopAndStart(t *testing.T) {
	dir := t.TempDir()
	c := layout(t, dir, []string{"a"}, "")
	s := start(t, c)
	s.publish("a")
	s.wait("ch-a", 3)
	// Clients that ask and do not read, and one that does not even ask.
	for _, ask := range []string{"GET /live/ch-a/mono.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n", "GET /epg/guide.xml HTTP/1.1\r\n", "", "PO"} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Address().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = io.WriteString(conn, ask)
		require.NoError(t, err)
	}
	_, before := s.get("/live/ch-a/mono.m3u8")
	took, err := s.end()
	require.NoError(t, err, s.log)
	require.Less(t, took, 10*time.Second, s.log)
	was, err := strict.ParseMedia(before)
	require.NoError(t, err)

	s = start(t, c)
	s.wait("ch-a", was.End()) // At once, from what is stored.
	follower := &strict.Follower{Live: true}
	require.Empty(t, follower.Add(time.Now(), before))
	s.publish("a")
	s.wait("ch-a", was.End()+3)
	_, after := s.get("/live/ch-a/mono.m3u8")
	require.Empty(t, follower.Add(time.Now(), after))
	discontinuities := 0
	for _, seg := range follower.Last().Segments {
		if seg.Discontinuity {
			discontinuities++
		}
	}
	require.Equal(t, 1, discontinuities+int(follower.Last().DiscontinuitySequence), "%s\n%s", s.log, after)
	require.NotContains(t, s.log.String(), "level=ERROR")
}

// TestPublishersAreChecked: a wrong key and a feed that is not there are refused and logged, without the key.
func TestPublishersAreChecked(t *testing.T) {
	for name, test := range map[string]struct{ address, want string }{
		"wrong key":    {"rtsp://publish:wrong-key-12345@%s/a", `feed=a .*reason="wrong stream key`},
		"unknown feed": {"rtsp://publish:" + streamKey + "@%s/nowhere", `feed=nowhere .*reason="unknown feed"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, layout(t, t.TempDir(), []string{"a"}, ""))
			publishTo(t, fmt.Sprintf(test.address, s.RTSPAddress()))
			line := regexp.MustCompile(`level=WARN msg="publisher refused" protocol=rtsp ` + test.want)
			require.Eventually(t, func() bool { return line.MatchString(s.log.String()) }, 10*time.Second, 50*time.Millisecond)
			require.NotContains(t, s.log.String(), "wrong-key-12345")
			require.NotContains(t, s.log.String(), streamKey)
			status, _ := s.get("/live/ch-a/mono.m3u8")
			require.Equal(t, 503, status)
		})
	}
}

// TestUnknownCodecIsOnlyWarnedOf: the picture goes on the air without the sound that nobody could play.
// Whoever knows only the old key is not let go on.
func TestChangedKeySendsTheEncoderAway(t *testing.T) {
	dir := t.TempDir()
	s := start(t, layout(t, dir, []string{"hall1", "hall2"}, ""))
	s.publish("hall1")
	s.publish("hall2")
	s.wait("ch-hall1", 1)
	s.wait("ch-hall2", 1)
	next := layout(t, dir, []string{"hall1", "hall2"}, "")
	next.Feeds[0].StreamKey = config.NewSecret("another key of hall1")
	require.NoError(t, s.Reload(next))
	require.Eventually(t, func() bool {
		return strings.Contains(s.log.String(), `msg="publisher ended" protocol=rtsp feed=hall1`)
	}, 20*time.Second, 20*time.Millisecond)
	require.NotContains(t, s.log.String(), `msg="publisher ended" protocol=rtsp feed=hall2`)
	publishTo(t, fmt.Sprintf("rtsp://publish:another%%20key%%20of%%20hall1@%s/hall1", s.RTSPAddress()))
	require.Eventually(t, func() bool {
		return strings.Count(s.log.String(), `msg="publisher began" protocol=rtsp feed=hall1`) == 2
	}, 20*time.Second, 20*time.Millisecond)
}

func TestUnknownCodecIsOnlyWarnedOf(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not here")
	}
	s := start(t, layout(t, t.TempDir(), []string{"a"}, ""))
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, ffmpeg, append(input(), append(coding(), "-c:a", "adpcm_g722", "-ar", "16000", "-ac", "1",
		"-f", "rtsp", "-rtsp_transport", "tcp", fmt.Sprintf("rtsp://publish:%s@%s/a", streamKey, s.RTSPAddress()))...)...)
	require.NoError(t, cmd.Start())
	defer func() { stop(); _ = cmd.Wait() }()
	s.wait("ch-a", 2)
	require.Contains(t, s.log.String(), "g722 audio cannot be carried")
}

func TestStartFails(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for name, test := range map[string]struct {
		change func(c *config.Config)
		want   string
	}{
		"HTTP port taken": {func(c *config.Config) { c.HTTP.Listen = config.HostPort(taken.Addr().String()) }, "listen for HTTP"},
		"RTSP port taken": {func(c *config.Config) { c.RTSP.Listen = config.HostPort(taken.Addr().String()) }, "listen for RTSP at 127.0.0.1"},
		"metrics port taken": {
			func(c *config.Config) { c.Metrics.Listen = config.HostPort(taken.Addr().String()) }, "listen for metrics",
		},
		"no certificate":        {func(c *config.Config) { c.HTTP.TLS.Cert, c.HTTP.TLS.Key = "/none.pem", "/none.key" }, "read http.tls certificate"},
		"data folder is a file": {func(c *config.Config) { c.DataDir = "/dev/null/x" }, "make data folder"},
	} {
		t.Run(name, func(t *testing.T) {
			c := layout(t, t.TempDir(), []string{"a"}, "")
			test.change(c)
			s := &station.Station{Config: c, Log: slog.New(slog.DiscardHandler)}
			done := make(chan error, 1)
			go func() { done <- s.Run(t.Context()) }()
			select {
			case err := <-done:
				require.ErrorContains(t, err, test.want)
				require.NotErrorIs(t, err, context.Canceled)
			case <-time.After(15 * time.Second):
				t.Fatal("it runs, or hangs")
			}
		})
	}
}

// TestDataFolderIsOnes: two processes must not write into each other's journals.
func TestDataFolderIsOnes(t *testing.T) {
	dir := t.TempDir()
	c := layout(t, dir, []string{"a"}, "")
	s := start(t, c)
	var out bytes.Buffer
	log := slog.New(slog.DiscardHandler)
	require.NoError(t, station.Examine(t.Context(), c, false, log, &out), "looking is allowed")
	err := station.Examine(t.Context(), c, true, log, &out)
	require.ErrorIs(t, err, station.ErrRunning)
	require.ErrorContains(t, err, dir)

	// One that is started while the other stops waits for it.
	ctx, stop := context.WithCancel(t.Context())
	ready := make(chan struct{})
	second := &station.Station{Config: c, OnReady: func(*station.Station) { close(ready) }}
	done := make(chan error, 1)
	go func() { done <- second.Run(ctx) }()
	select {
	case <-ready:
		t.Fatal("both run")
	case <-time.After(300 * time.Millisecond):
	}
	_, err = s.end()
	require.NoError(t, err)
	select {
	case <-ready:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not start")
	}
	stop()
	require.NoError(t, <-done)
	require.NoError(t, station.Examine(t.Context(), c, true, log, &out))
}

func TestExamine(t *testing.T) {
	dir := t.TempDir()
	c := layout(t, filepath.Join(dir, "not-there-yet"), []string{"a"}, "")
	var out bytes.Buffer
	require.NoError(t, station.Examine(t.Context(), c, false, slog.New(slog.DiscardHandler), &out))
	require.Equal(t, "catalogue: ok\nstore: ok\nfeed a: ok\nchannel ch-a: ok\n", out.String())
}
