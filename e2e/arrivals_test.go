package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// arrival is one way for a lecture to come in, with one set of codecs.
type arrival struct {
	id     string
	clip   string   // of makeClips
	keys   string   // of the feed in the configuration
	send   []string // what ffmpeg is told behind the clip: where it goes, and how
	codecs []string // what has to come out
}

// makeClips makes ten seconds of each set of codecs, which encoders then repeat for next to nothing.
func makeClips(t testing.TB, dir string) map[string]string {
	t.Helper()
	const picture, sound = "testsrc2=size=320x180:rate=25", "sine=frequency=440:sample_rate=48000"
	video := func(codec string, more ...string) []string {
		return append([]string{"-f", "lavfi", "-i", picture, "-c:v", codec, "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"}, more...)
	}
	clips := map[string][]string{
		"h264-aac": video("libx264", "-sc_threshold", "0", "-bf", "0", "-c:a", "aac"),
		"bframes":  video("libx264", "-sc_threshold", "0", "-bf", "2", "-c:a", "aac"),
		"h265-aac": video("libx265", "-x265-params", "log-level=error:keyint=25:scenecut=0", "-c:a", "aac"),
		"h264-mp2": video("libx264", "-sc_threshold", "0", "-bf", "0", "-c:a", "mp2"),
		"h264-ac3": video("libx264", "-sc_threshold", "0", "-bf", "0", "-c:a", "ac3"),
		"aac":      {"-c:a", "aac"},
	}
	out := make(map[string]string)
	var making sync.WaitGroup
	for name, args := range clips {
		file := filepath.Join(dir, name+".mkv")
		out[name] = file
		making.Go(func() {
			args = append(args, "-t", "10", "-f", "matroska", file)
			at := slices.Index(args, "-c:v")
			at = max(at, 0)
			args = slices.Insert(args, at, "-f", "lavfi", "-i", sound)
			said, err := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-nostdin", "-v", "error"}, args...)...).CombinedOutput()
			if err != nil {
				t.Errorf("make %s: %v\n%s", name, err, said)
			}
		})
	}
	making.Wait()
	require.False(t, t.Failed())
	return out
}

// arrivals are all ways in, each with the codecs that encoders of that protocol send.
func arrivals(t testing.TB, s *arrivalPlaces) []arrival {
	t.Helper()
	pictures := map[string][]string{
		"h264-aac": {"h264", "aac"}, "bframes": {"h264", "aac"}, "h265-aac": {"hevc", "aac"}, "h264-mp2": {"h264", "mp2"},
		"h264-ac3": {"h264", "ac3"}, "aac": {"aac"},
	}
	var all []arrival
	add := func(way, clip, keys string, send ...string) {
		all = append(all, arrival{id: way + "-" + clip, clip: clip, keys: keys, send: send, codecs: pictures[clip]})
	}
	id := func(way, clip string) string { return way + "-" + clip }
	key := fmt.Sprintf("input: publish, stream_key: %q", streamKey)
	escaped := strings.ReplaceAll(streamKey, " ", "%20")
	for _, clip := range []string{"h264-aac", "h265-aac", "h264-mp2", "aac"} {
		add("rtsp", clip, key, "-f", "rtsp", "-rtsp_transport", "tcp", "rtsp://publish:"+escaped+"@"+s.rtsp+"/"+id("rtsp", clip))
	}
	for _, clip := range []string{"h264-aac", "bframes", "aac"} {
		add("rtmp", clip, key, "-f", "flv", "rtmp://"+s.rtmp+"/live/"+id("rtmp", clip)+"?key="+escaped)
	}
	for _, clip := range []string{"bframes", "h265-aac", "h264-mp2"} {
		add("srt", clip, key, "-f", "mpegts", "srt://"+s.srt+"?streamid=publish:"+id("srt", clip)+":"+strings.ReplaceAll(streamKey, " ", "+"))
	}
	for _, clip := range []string{"bframes", "h265-aac", "h264-ac3", "aac"} {
		to := testserver.FreeUDPAddress(t)
		add("udp", clip, fmt.Sprintf("input: %q", "udp://"+to), "-f", "mpegts", "udp://"+to+"?pkt_size=1316")
	}
	to := testserver.FreeUDPAddress(t)
	add("rtp", "h264-aac", fmt.Sprintf("input: %q", "rtp://"+to), "-f", "rtp_mpegts", "rtp://"+to+"?pkt_size=1316")
	to = testserver.FreeUDPAddress(t)
	add("calledsrt", "h264-aac", fmt.Sprintf("inputs: [{url: %q}]", "srt://"+to), "-f", "mpegts", "srt://"+to+"?mode=listener")
	to = testserver.FreeAddress(t)
	add("pulledrtmp", "bframes", fmt.Sprintf("input: %q", "rtmp://"+to+"/live/hall"), "-f", "flv", "-listen", "1", "rtmp://"+to+"/live/hall")
	for _, form := range []struct{ way, kind string }{{"hls-ts", "mpegts"}, {"hls-mp4", "fmp4"}} {
		dir := filepath.Join(s.web, form.way)
		require.NoError(t, os.MkdirAll(dir, 0o700))
		add(form.way, "h264-aac", fmt.Sprintf("input: %q", s.url+"/"+form.way+"/live.m3u8"), "-f", "hls", "-hls_segment_type", form.kind,
			"-hls_time", "1", "-hls_list_size", "8", "-hls_flags", "delete_segments+append_list+omit_endlist", filepath.Join(dir, "live.m3u8"))
	}
	return all
}

// arrivalPlaces is where Podium listens, and where files lie that it fetches.
type arrivalPlaces struct {
	rtsp, rtmp, srt string
	web, url        string
}

// sendingClip is ffmpeg, sending a clip round and round.
type sendingClip struct {
	cmd  *exec.Cmd
	said bytes.Buffer
}

func (a *arrival) start(t testing.TB, ffmpeg string, clips map[string]string) *sendingClip {
	t.Helper()
	args := append([]string{"-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", clips[a.clip], "-c", "copy"}, a.send...)
	e := &sendingClip{cmd: exec.Command(ffmpeg, args...)}
	e.cmd.Stderr = &e.said
	require.NoError(t, e.cmd.Start())
	return e
}

func (e *sendingClip) kill() string {
	_ = e.cmd.Process.Kill()
	_ = e.cmd.Wait()
	return e.said.String()
}

// TestArrivals brings lectures in by every protocol with every codec, kills each encoder with -9 and starts it again. A strict
// viewer of each channel sees a playlist that goes on with one discontinuity, and what comes out is what went in.
func TestArrivals(t *testing.T) {
	ffmpeg, ffprobe := tool(t, "ffmpeg"), tool(t, "ffprobe")
	places := &arrivalPlaces{rtmp: testserver.FreeAddress(t), srt: testserver.FreeUDPAddress(t), web: t.TempDir()}
	web := httptest.NewServer(http.FileServer(http.Dir(places.web)))
	t.Cleanup(web.Close) // The subtests run when this function has returned.
	places.url = web.URL
	clips := makeClips(t, t.TempDir())

	c := served{sections: fmt.Sprintf("rtmp: {listen: %q}\nsrt: {listen: %q}\ninputs: {allow_loopback: true, reconnect_max: 2s}\n", places.rtmp, places.srt)}
	places.rtsp = testserver.FreeAddress(t)
	c.rtsp = places.rtsp
	ways := arrivals(t, places)
	for i := range ways {
		c.entries = append(c.entries, feedEntry{ways[i].id, ways[i].keys})
	}
	s := newServed(t, podiumBinary(t), c)
	s.Start()

	// So many at a time: a machine that tests has two processors.
	slots := make(chan struct{}, 4)
	for i := range ways {
		a := &ways[i]
		t.Run(a.id, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			s.within(t).arrives(t, a, ffmpeg, ffprobe, clips)
		})
	}
}

func (s *servedPodium) arrives(t *testing.T, a *arrival, ffmpeg, ffprobe string, clips map[string]string) {
	t.Helper()
	e := a.start(t, ffmpeg, clips)
	defer func() {
		if said := e.kill(); t.Failed() {
			t.Logf("the encoder says: %.2000s\nPodium says: %s", said, s.about(a.id))
		}
	}()
	s.awaitSegments(a.id, 3)
	w := watch(t, s.URL+"/live/"+a.id+"/mono.m3u8")
	w.awaitMore(t, 2, 60*time.Second)
	e.kill()
	// Until Podium knows that it is gone, a second encoder of some protocols is refused, and tries again.
	again := time.Now()
	e = a.start(t, ffmpeg, clips)
	end, _ := w.seen()
	await(t, 90*time.Second, "a discontinuity and three segments after a kill", func() bool {
		if e.cmd.ProcessState == nil && exited(e.cmd) {
			e.kill()
			time.Sleep(time.Second)
			e = a.start(t, ffmpeg, clips)
		}
		// What was taken in of a portal's list before goes on for some segments.
		now, _ := w.seen()
		return now >= end+3 && len(w.breaks()) > 0
	})
	w.awaitMore(t, 2, 60*time.Second)
	t.Logf("back %v after a kill", time.Since(again).Round(100*time.Millisecond))
	require.Empty(t, w.finish())
	require.LessOrEqual(t, len(w.breaks()), 2, "discontinuities at %v", w.breaks())
	require.ElementsMatch(t, a.codecs, probe(t, ffprobe, s.URL+"/live/"+a.id+"/mono.m3u8"))
}

// about is what the log says of a feed, the end of it.
func (s *servedPodium) about(feed string) string {
	var lines []string
	for line := range strings.Lines(s.Log()) {
		if strings.Contains(line, "feed="+feed+" ") && !strings.Contains(line, "level=DEBUG") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-20):], "")
}

// exited says whether a process has ended and waits for its parent.
func exited(cmd *exec.Cmd) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(state, "Z")
}

// probe names the codecs that ffmpeg finds.
func probe(t testing.TB, ffprobe, url string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, ffprobe, "-v", "error", "-show_entries", "stream=codec_name", "-of", "json", url)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	require.NoError(t, cmd.Run(), "%s", said.String())
	var found struct {
		Streams []struct {
			Codec string `json:"codec_name"`
		} `json:"streams"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &found))
	var names []string
	for _, f := range found.Streams {
		names = append(names, f.Codec)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
