package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/demo"
)

// lecture is a clip of H.264 with a key frame every two seconds, and AAC.
const lecture = "../demo/media/lecture.mp4"

// TestBadInput sends what encoders and strangers send when they are wrong. A good channel runs beside all of it, and its
// strict viewers notice nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := newServed(t, racyBinary(t), served{
		feeds: []string{"good", "wrongkey", "noidr", "g711", "mpeg4", "gone", "truncated", "leap"}, publish: "  keyframe_wait: 3s\n",
	})
	s.Start()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.publish(ctx, "good")
	s.awaitSegments("good", 3)
	good := []*watcher{watch(t, s.URL+"/live/good/mono.m3u8"), watch(t, s.URL+"/live/good/live/1.m3u8")}

	t.Run("wrong stream key", func(t *testing.T) {
		s := s.within(t)
		push := s.push(t, "wrongkey", "not the key of it", "-c", "copy")
		require.Error(t, push.wait(t, 20*time.Second), "the encoder is turned away")
		require.Contains(t, push.said.String(), "401")
		line := s.awaitLog(5*time.Second, "level=WARN", "wrongkey", "wrong stream key")
		require.NotContains(t, line, "not the key of it")
		require.NotContains(t, s.Log(), streamKey)
	})
	t.Run("unknown feed", func(t *testing.T) {
		s := s.within(t)
		refused := s.metric("podium_publishers_refused_total")
		push := s.push(t, "nosuch", streamKey, "-c", "copy")
		require.Error(t, push.wait(t, 20*time.Second))
		// Whoever knocks at many doors does not fill the log: it is counted.
		require.Greater(t, s.metric("podium_publishers_refused_total"), refused)
	})
	t.Run("no IDR", func(t *testing.T) {
		s := s.within(t)
		push := s.push(t, "noidr", streamKey, "-c", "copy", "-bsf:v", "noise=drop=key")
		s.awaitLog(20*time.Second, "noidr", "no key frame")
		push.stop(t)
		require.Nil(t, s.playlist("/live/noidr/mono.m3u8"))
		status, body, header := s.Get("/live/noidr/mono.m3u8")
		require.Equal(t, http.StatusServiceUnavailable, status, string(body))
		require.Equal(t, "application/problem+json", header.Get("Content-Type"))
	})
	t.Run("G.711", func(t *testing.T) {
		s := s.within(t)
		push := s.push(t, "g711", streamKey, "-c:v", "copy", "-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1")
		s.awaitLog(20*time.Second, "g711", "cannot be carried in HLS", "AAC")
		s.awaitSegments("g711", 3)
		_, master, _ := s.Get("/live/g711/index.m3u8")
		require.Contains(t, string(master), "avc1.")
		require.NotContains(t, string(master), "TYPE=AUDIO")
		push.stop(t)
	})
	t.Run("unknown codec", func(t *testing.T) {
		s := s.within(t)
		push := s.push(t, "mpeg4", streamKey, "-c:v", "mpeg4", "-s", "320x180", "-g", "25", "-c:a", "copy")
		s.awaitLog(20*time.Second, "mpeg4", "cannot be carried in HLS")
		s.awaitSegments("mpeg4", 3) // The sound goes on.
		push.stop(t)
	})
	t.Run("away for long", func(t *testing.T) {
		s := s.within(t)
		push := s.push(t, "gone", streamKey, "-c", "copy")
		s.awaitSegments("gone", 3)
		viewer := watch(t, s.URL+"/live/gone/mono.m3u8")
		viewer.awaitMore(t, 2, 20*time.Second)
		push.stop(t)
		began := time.Now()
		await(t, 15*time.Second, "readiness that tells of the feed", func() bool {
			return strings.Contains(s.readiness().Failing, "feeds")
		})
		time.Sleep(max(0, 10*time.Second-time.Since(began)))
		end, _ := viewer.seen()
		s.push(t, "gone", streamKey, "-c", "copy")
		viewer.awaitMore(t, 2, 20*time.Second)
		viewer.content(t)
		require.Equal(t, []uint64{end}, viewer.breaks(), "one discontinuity, and the sequence goes on")
		hole := viewer.segments[end].segment.ProgramDateTime.Sub(viewer.segments[end-1].segment.ProgramDateTime)
		require.InDelta(t, 12, hole.Seconds(), 4, "the dates tell how long it was away")
	})
	t.Run("encoder killed in the middle of a packet", func(t *testing.T) {
		s := s.within(t)
		push := s.push(t, "truncated", streamKey, "-c", "copy")
		s.awaitSegments("truncated", 2)
		viewer := watch(t, s.URL+"/live/truncated/mono.m3u8")
		require.NoError(t, push.cmd.Process.Kill())
		_ = push.wait(t, 10*time.Second)
		s.push(t, "truncated", streamKey, "-c", "copy")
		viewer.awaitMore(t, 3, 30*time.Second)
		viewer.content(t)
		require.Len(t, viewer.breaks(), 1)
	})
	t.Run("a clock that leaps by ten hours", func(t *testing.T) {
		s := s.within(t)
		var leap atomic.Int64
		encoder := &demo.Publisher{URL: "rtsp://" + s.rtsp + "/leap", Key: streamKey, Now: func() time.Time {
			return time.Now().Add(time.Duration(leap.Load()))
		}}
		run, end := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- encoder.Run(run) }()
		defer func() { end(); <-ended }()
		s.awaitSegments("leap", 3)
		viewer := watch(t, s.URL+"/live/leap/mono.m3u8")
		viewer.awaitMore(t, 1, 20*time.Second)
		leap.Store(int64(10 * time.Hour))
		viewer.awaitMore(t, 4, 40*time.Second)
		viewer.content(t)
		require.Len(t, viewer.breaks(), 1)
		last := viewer.segments[viewer.end-1].segment
		require.WithinDuration(t, time.Now(), last.ProgramDateTime, 10*time.Second, "the dates are those of our clock")
	})
	t.Run("paths that lead out", func(t *testing.T) { s.pathsLeadNowhere(t) })

	good[0].awaitMore(t, 1, 20*time.Second)
	for _, w := range good {
		w.content(t)
		require.Empty(t, w.breaks(), w.url)
		t.Logf("%s: %d versions, %d segments beside all of this", w.url, w.versions, len(w.segments))
	}
}

// pathsLeadNowhere asks for files outside as no client library would, byte for byte.
func (s *servedPodium) pathsLeadNowhere(t *testing.T) {
	address := strings.TrimPrefix(s.URL, "http://")
	for _, path := range []string{
		"/live/../../etc/passwd", "/live/good/../../../../etc/passwd", "/live/good/..%2f..%2f..%2fetc%2fpasswd",
		"/live/%2e%2e/%2e%2e/etc/passwd", "/live/good/%252e%252e%252f%252e%252e%252fetc/passwd", "/live/good/..\\..\\etc\\passwd",
		"/live/good/..%5c..%5cetc%5cpasswd", "/live/good/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", "/live/good/seg-1-1.ts%00/etc/passwd",
		"//etc/passwd", "/assets/../../../../etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/logo/..%2f..%2fpodium.yaml",
		"/logo/../../etc/passwd", "/tv/../../etc/passwd", "/tv/..%2f..%2fetc%2fpasswd", "/console/..%2fetc%2fpasswd",
		"/epg/..%2f..%2fcatalogue.db", "/api/v1/channels/..%2f..%2fetc%2fpasswd", "/live/good/seg-1-1.ts/../../../../etc/passwd",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			conn, err := net.DialTimeout("tcp", address, 5*time.Second)
			require.NoError(t, err)
			require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
			_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", method, path, address)
			require.NoError(t, err)
			res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
			require.NoError(t, err, path)
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err, path)
			require.NoError(t, res.Body.Close())
			require.NoError(t, conn.Close())
			require.GreaterOrEqual(t, res.StatusCode, 400, "%s %s: %s", method, path, body)
			require.Less(t, res.StatusCode, 500, "%s %s: %s", method, path, body)
			require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), "%s: %s", path, body)
			for _, leak := range []string{"root:", s.data, "podium.yaml:", "goroutine"} {
				require.NotContains(t, string(body), leak, path)
			}
		}
	}
}

// pushing is an ffmpeg that pushes the lecture over and over in real time.
type pushing struct {
	cmd  *exec.Cmd
	said bytes.Buffer
	done chan struct{}
	err  error
}

// push starts an encoder; it ends with the test.
func (s *servedPodium) push(t *testing.T, feed, key string, how ...string) *pushing {
	t.Helper()
	return encoder(t, append(how, "-f", "rtsp", "-rtsp_transport", "tcp", s.address(feed, key))...)
}

// encoder starts an encoder of the lecture; how says what it makes of it, and where that goes.
func encoder(t *testing.T, how ...string) *pushing {
	t.Helper()
	args := append([]string{"-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", lecture}, how...)
	p := &pushing{cmd: exec.Command(tool(t, "ffmpeg"), args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	require.NoError(t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.done })
	return p
}

// wait waits for the encoder's end and returns how it ended.
func (p *pushing) wait(t *testing.T, within time.Duration) error {
	t.Helper()
	select {
	case <-p.done:
		return p.err
	case <-time.After(within):
		t.Fatalf("the encoder has not ended within %v", within)
		return nil
	}
}

// stop ends the encoder as its operator would.
func (p *pushing) stop(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.wait(t, 10*time.Second)
}
