package e2e_test

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

//go:embed testdata/variants.html
var variantsPage []byte

// openVariants plays a channel with hls.js in Chromium. Where there is none the test skips what needs it.
func openVariants(t testing.TB, source string) *browser {
	t.Helper()
	script, err := os.ReadFile(filepath.FromSlash("../stb-api/web/node_modules/hls.js/dist/hls.min.js"))
	if errors.Is(err, fs.ErrNotExist) && !full() {
		t.Log("no hls.js: npm ci in stb-api/web")
		return nil
	}
	require.NoError(t, err)
	if _, err := exec.LookPath("chromium"); err != nil && !full() {
		t.Log("no chromium: apt-get install chromium")
		return nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hls.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(variantsPage)
	}))
	t.Cleanup(server.Close)
	b := startBrowser(t)
	b.run(chromedp.Navigate(server.URL + "/?source=" + source))
	b.until(60*time.Second, "shown.played > 3")
	return b
}

// encoded is one of the sizes that the encoder of these tests makes, and where it pushes it.
type encoded struct {
	feed          string
	width, height int
	bitrate       string
	server        string // host and port
}

// encode starts one encoder that makes all sizes of a picture and pushes each to a feed of its own, until the test ends. One
// that cannot be pushed is tried again, while the others go on.
func encode(t testing.TB, sizes []encoded) {
	t.Helper()
	filter := fmt.Sprintf("[0:v]split=%d", len(sizes))
	var scale string
	var args, out []string
	for i, z := range sizes {
		filter += fmt.Sprintf("[s%d]", i)
		scale += fmt.Sprintf(";[s%d]scale=%d:%d[v%d]", i, z.width, z.height, i)
		args = append(args, "-map", fmt.Sprintf("[v%d]", i), fmt.Sprintf("-b:v:%d", i), z.bitrate)
		out = append(out, fmt.Sprintf("[f=rtsp:rtsp_transport=tcp:select=\\'v:%d,a\\':onfail=ignore:use_fifo=1:"+
			"fifo_options=\\'attempt_recovery=1:recover_any_error=1:recovery_wait_time=1:drop_pkts_on_overflow=1:restart_with_keyframe=1\\']"+
			"rtsp://publish:%s@%s/%s", i, strings.ReplaceAll(streamKey, " ", "%20"), z.server, z.feed))
	}
	args = append([]string{
		"-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=25",
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-filter_complex", filter + scale,
	}, args...)
	args = append(args, "-map", "1:a", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-sc_threshold", "0",
		"-flags", "+global_header", "-c:a", "aac", "-b:a", "64k", "-f", "tee", strings.Join(out, "|"))
	start(t, args...)
}

// line is a connection to a server that can be cut.
type line struct {
	net.Listener
	to string

	mu   sync.Mutex
	down bool
	open map[net.Conn]bool
}

func newLine(t testing.TB, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{Listener: listener, to: to, open: map[net.Conn]bool{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go l.carry(c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); l.set(true) })
	return l
}

// set takes the line down, with all that is carried on it, or up again.
func (l *line) set(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	for c := range l.open {
		if down {
			_ = c.Close()
		}
	}
}

func (l *line) carry(c net.Conn) {
	defer c.Close()
	l.mu.Lock()
	if l.down {
		l.mu.Unlock()
		return
	}
	l.open[c] = true
	l.mu.Unlock()
	defer func() { l.mu.Lock(); delete(l.open, c); l.mu.Unlock() }()
	to, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer to.Close()
	go func() { _, _ = io.Copy(c, to); _ = c.Close() }()
	_, _ = io.Copy(to, c)
}

// start runs ffmpeg until the test ends.
func start(t testing.TB, args ...string) {
	t.Helper()
	c := exec.Command(tool(t, "ffmpeg"), args...)
	var said bytes.Buffer
	c.Stderr = &said
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() && said.Len() > 0 {
			t.Logf("ffmpeg says: %.2000s", said.String())
		}
	})
}

// TestVariants puts three sizes of one picture on the air, by one encoder and three feeds, as variants of one channel. A
// strict viewer of each and a browser that changes between them notice nothing but that the size changes; while a size is away
// another stands in for it, and it comes back with one discontinuity for all.
func TestVariants(t *testing.T) {
	t.Parallel()
	s := newServed(t, podiumBinary(t), served{
		feeds: []string{"hall1", "hall1-270", "hall1-180"}, target: "2s",
		channels: "  - id: edu1\n    number: 1\n    name: 频道\n    feed: hall1\n    renditions:\n" +
			"      - {name: 270p, feed: hall1-270}\n      - {name: 180p, feed: hall1-180}\n",
	})
	s.Start()
	third := newLine(t, s.rtsp)
	encode(t, []encoded{
		{feed: "hall1", width: 640, height: 360, bitrate: "600k", server: s.rtsp},
		{feed: "hall1-270", width: 480, height: 270, bitrate: "350k", server: s.rtsp},
		{feed: "hall1-180", width: 320, height: 180, bitrate: "150k", server: third.Addr().String()},
	})

	source := "/live/edu1/index.m3u8"
	await(t, 90*time.Second, "three variants", func() bool {
		_, master, _ := s.Get(source)
		return strings.Count(string(master), "#EXT-X-STREAM-INF:") == 3
	})
	viewers := []*watcher{
		watch(t, s.URL+"/live/edu1/live/1.m3u8"), watch(t, s.URL+"/live/edu1/live/270p.1.m3u8"), watch(t, s.URL+"/live/edu1/live/180p.1.m3u8"),
	}
	for _, w := range viewers {
		w.awaitMore(t, 2, 30*time.Second)
	}
	b := openVariants(t, s.URL+source)
	if b != nil {
		for _, width := range []int{640, 320, 480, 320, 640} {
			eval[int](b, fmt.Sprintf("hls.nextLevel = hls.levels.findIndex((l) => l.width === %d)", width))
			b.until(40*time.Second, fmt.Sprintf("video.videoWidth === %d", width))
		}
		require.True(t, eval[bool](b, "hls.lowLatencyMode && hls.levels.every((l) => l.details.partTarget > 0)"), "all sizes have parts")
		requireCalm(t, b)
	}

	third.set(true)
	viewers[2].awaitShown(t, "180p", false)
	viewers[0].awaitMore(t, 2, 30*time.Second)
	if b != nil {
		from := eval[float64](b, "shown.played")
		b.until(30*time.Second, fmt.Sprintf("shown.played > %f", from+4))
		requireCalm(t, b)
	}
	third.set(false)
	viewers[2].awaitShown(t, "180p", true)
	for _, w := range viewers {
		w.awaitMore(t, 2, 30*time.Second)
	}
	for _, w := range viewers {
		w.content(t)
		require.Len(t, w.breaks(), 1, w.url)
	}
	requireSame(t, viewers[0], viewers[1:]...)
}

// requireCalm holds that the player had no errors. Close behind live there is little in store: a slow machine may stall while it
// fetches another size or language.
func requireCalm(t testing.TB, b *browser) {
	t.Helper()
	require.Empty(t, slices.DeleteFunc(eval[[]string](b, "shown.errors"), func(e string) bool {
		return strings.HasPrefix(e, "bufferStalledError")
	}), "widths %v", eval[[]int](b, "shown.widths"))
	t.Logf("%d stalls", eval[int](b, "shown.stalls"))
}

// awaitShown waits until the newest segment that is listed is of a rendition, or is not: while it is away another stands in.
func (w *watcher) awaitShown(t testing.TB, rendition string, shown bool) {
	t.Helper()
	await(t, 60*time.Second, fmt.Sprintf("%s shown: %t", rendition, shown), func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.end > 0 && strings.Contains(w.segments[w.end-1].segment.URI, rendition) == shown
	})
}

// requireSame holds that playlists of one presentation tell the same of each segment (RFC 8216bis §6.2.4).
func requireSame(t testing.TB, first *watcher, others ...*watcher) {
	t.Helper()
	for _, w := range others {
		both, gaps := 0, 0
		for n, s := range w.segments {
			was, ok := first.segments[n]
			if !ok {
				continue
			}
			both++
			if s.segment.Gap {
				gaps++
			}
			require.Equal(t, was.segment.ProgramDateTime, s.segment.ProgramDateTime, "segment %d", n)
			require.Equal(t, was.segment.Duration, s.segment.Duration, "segment %d", n)
			require.Equal(t, was.segment.DiscontinuitySequence, s.segment.DiscontinuitySequence, "segment %d", n)
		}
		require.GreaterOrEqual(t, both, 6)
		require.LessOrEqual(t, gaps, 1, "only what was shown in the making when its encoder was cut off is lost")
	}
}

// TestLanguages lets an encoder publish one picture and sound in two languages: a viewer chooses.
func TestLanguages(t *testing.T) {
	t.Parallel()
	s := newServed(t, podiumBinary(t), served{feeds: []string{"hall1"}})
	s.Start()
	start(t, "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25",
		"-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000", "-f", "lavfi", "-i", "sine=frequency=1200:sample_rate=48000",
		"-map", "0:v", "-map", "1:a", "-map", "2:a", "-metadata:s:a:0", "language=zho", "-metadata:s:a:1", "language=eng",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", "-b:a", "64k",
		"-f", "rtsp", "-rtsp_transport", "tcp", s.address("hall1", streamKey))
	s.awaitSegments("hall1", 4)
	_, master, _ := s.Get("/live/hall1/index.m3u8")
	require.Equal(t, 2, strings.Count(string(master), "TYPE=AUDIO"), string(master))
	viewers := []*watcher{
		watch(t, s.URL+"/live/hall1/live/1.m3u8"), watch(t, s.URL+"/live/hall1/live/2.m3u8"), watch(t, s.URL+"/live/hall1/live/3.m3u8"),
	}
	// Each is the sound that was sent: the lower tone crosses zero less often.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for track, tone := range map[int]float64{2: 300, 3: 1200} {
		out, err := exec.CommandContext(ctx, tool(t, "ffmpeg"), "-nostdin", "-v", "error", "-i",
			fmt.Sprintf("%s/live/hall1/live/%d.m3u8", s.URL, track), "-t", "2", "-f", "s16le", "-ac", "1", "-ar", "48000", "-").Output()
		require.NoError(t, err)
		require.InDelta(t, tone, pitch(out), tone/10)
	}
	if b := openVariants(t, s.URL+"/live/hall1/index.m3u8"); b != nil {
		require.Equal(t, 2, eval[int](b, "hls.audioTracks.length"))
		for _, track := range []int{1, 0, 1} {
			from := eval[float64](b, fmt.Sprintf("hls.audioTrack = %d, shown.played", track))
			b.until(30*time.Second, fmt.Sprintf("hls.audioTrack === %d && shown.played > %f", track, from+4))
		}
		requireCalm(t, b)
	}
	for _, w := range viewers {
		w.content(t)
	}
}

// pitch is how often a second a tone of 16-bit samples at 48 kHz swings.
func pitch(pcm []byte) float64 {
	rises, samples := 0, len(pcm)/2
	was := int16(0)
	for i := range samples {
		is := int16(uint16(pcm[2*i]) | uint16(pcm[2*i+1])<<8)
		if was < 0 && is >= 0 {
			rises++
		}
		was = is
	}
	return float64(rises) * 48000 / float64(max(samples, 1))
}
