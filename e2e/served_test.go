package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/demo"
	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/testserver"
)

// streamKey is what the encoders of the tests show.
const streamKey = "a key of the tests alone"

// served says what `podium serve` is to serve. Each feed is published to and has a channel of its name.
type served struct {
	feeds []string
	// channels are entries of that section, in place of a channel for each feed.
	channels string
	// target defaults to 1s, which the lecture's key frames make 2.
	target string
	// storage and catalogue are sections of the configuration; they default to a folder and SQLite.
	storage, catalogue string
	// publish is more of that section, and sections are whole ones.
	publish, sections string
	// more are more entries of the feeds.
	more string
	// entries are feeds of other inputs, as they stand in the configuration, by id; each has a channel of its name.
	entries []feedEntry
	// data defaults to a temporary folder, rtsp to a free address.
	data, rtsp string
}

// feedEntry is a feed's entry in the configuration, but for its id.
type feedEntry struct{ id, keys string }

// servedPodium is `podium serve` on fixed ports, which stay its own over kills and restarts.
type servedPodium struct {
	*testserver.Podium
	t      testing.TB
	config string
	rtsp   string
	data   string
}

// newServed writes a configuration and makes the process ready to be started.
func newServed(t testing.TB, binary string, c served) *servedPodium {
	t.Helper()
	s := &servedPodium{t: t, config: filepath.Join(t.TempDir(), "podium.yaml"), rtsp: c.rtsp, data: c.data}
	if s.rtsp == "" {
		s.rtsp = testserver.FreeAddress(t)
	}
	if s.data == "" {
		s.data = t.TempDir()
	}
	if c.target == "" {
		c.target = "1s"
	}
	if c.storage == "" {
		c.storage = "  kind: folder\n"
	}
	// Without a proxy in front, playback is answered on the fast path, as for viewers from elsewhere.
	var y strings.Builder
	fmt.Fprintf(&y, "log:\n  level: debug\nhttp:\n  listen: %q\n  trusted_proxies: []\nrtsp:\n  listen: %q\npublish:\n  on_conflict: takeover\n%sdata_dir: %q\n",
		testserver.FreeAddress(t), s.rtsp, c.publish, s.data)
	fmt.Fprintf(&y, "storage:\n%spackaging:\n  segment_target: %s\n  live_window: 20s\n", c.storage, c.target)
	if c.catalogue != "" {
		fmt.Fprintf(&y, "catalogue:\n%s", c.catalogue)
	}
	fmt.Fprint(&y, c.sections, "feeds:\n")
	for _, f := range c.feeds {
		fmt.Fprintf(&y, "  - id: %s\n    input: publish\n    slate: off\n    stream_key: %q\n", f, streamKey)
	}
	for _, f := range c.entries {
		fmt.Fprintf(&y, "  - {id: %s, slate: off, %s}\n", f.id, f.keys)
		c.feeds = append(c.feeds, f.id)
	}
	fmt.Fprint(&y, c.more)
	fmt.Fprint(&y, "channels:\n")
	fmt.Fprint(&y, c.channels)
	for i, f := range c.feeds {
		if c.channels != "" {
			break
		}
		fmt.Fprintf(&y, "  - id: %s\n    number: %d\n    name: 频道%d\n    feed: %s\n", f, i+1, i+1, f)
	}
	require.NoError(t, os.WriteFile(s.config, []byte(y.String()), 0o600))
	s.Podium = testserver.NewPodium(t, binary, "serve", "--config", s.config)
	return s
}

// within is the same server in a subtest.
func (s *servedPodium) within(t testing.TB) *servedPodium {
	c := *s
	c.t = t
	return &c
}

// publish lets the demo's encoder push a feed until ctx is done. It connects again by itself.
func (s *servedPodium) publish(ctx context.Context, feed string) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	publisher := &demo.Publisher{URL: "rtsp://" + s.rtsp + "/" + feed, Key: streamKey}
	go func() {
		defer close(done)
		_ = publisher.Run(ctx)
	}()
	s.t.Cleanup(func() { cancel(); <-done })
}

// address is where ffmpeg pushes a feed.
func (s *servedPodium) address(feed, key string) string {
	return "rtsp://publish:" + strings.ReplaceAll(key, " ", "%20") + "@" + s.rtsp + "/" + feed
}

// playlist is a channel's media playlist, or nil where there is none yet.
func (s *servedPodium) playlist(path string) *strict.Playlist {
	s.t.Helper()
	res, err := http.Get(s.URL + path)
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil
	}
	p, err := strict.ParseMedia(body)
	require.NoError(s.t, err)
	return p
}

// awaitSegments waits until a channel's live playlist has at least n segments.
func (s *servedPodium) awaitSegments(channel string, n int) {
	s.t.Helper()
	await(s.t, 60*time.Second, fmt.Sprintf("%d segments of %s", n, channel), func() bool {
		p := s.playlist("/live/" + channel + "/mono.m3u8")
		return p != nil && len(p.Segments) >= n
	})
}

// awaitLog waits for a line of the log that has all of some words in it.
func (s *servedPodium) awaitLog(within time.Duration, words ...string) string {
	s.t.Helper()
	var line string
	await(s.t, within, fmt.Sprintf("a line of the log with %q", words), func() bool {
		line = s.logged(words...)
		return line != ""
	})
	return line
}

// logged is the first line of the log that has all of some words in it.
func (s *servedPodium) logged(words ...string) string {
	for line := range strings.Lines(s.Log()) {
		missing := false
		for _, w := range words {
			missing = missing || !strings.Contains(line, w)
		}
		if !missing {
			return line
		}
	}
	return ""
}

// await polls until something holds.
func await(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// tool is a program that a test needs.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if full() {
			t.Fatalf("no %s on this machine", name)
		}
		t.Skipf("no %s on this machine", name)
	}
	return path
}
