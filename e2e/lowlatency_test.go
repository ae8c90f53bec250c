package e2e_test

import (
	_ "embed"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/demo"
	"podium.tv/podium/testserver"
)

// hlsScript is hls.js as it is released, where the pages' tools are installed.
const hlsScript = "../stb-api/web/node_modules/hls.js/dist/hls.min.js"

//go:embed testdata/lowlatency.html
var lowLatencyPage []byte

// playerPage serves the page that plays a low-latency channel, and hls.js beside it.
func playerPage(t testing.TB) string {
	t.Helper()
	return playerPageOf(t, lowLatencyPage)
}

// playerPageOf serves a page with hls.js beside it.
func playerPageOf(t testing.TB, page []byte) string {
	t.Helper()
	script, err := os.ReadFile(filepath.FromSlash(hlsScript))
	if errors.Is(err, fs.ErrNotExist) && !full() {
		t.Skip("no hls.js: npm ci in stb-api/web")
	}
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hls.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// text is what an address answers.
func text(t testing.TB, url string) string {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}

// latencies is what the page measured: a value every quarter of a second, in seconds.
type latencies struct {
	Player []float64 `json:"player"` // hls.latency
	Clock  []float64 `json:"clock"`  // the clock and EXT-X-PROGRAM-DATE-TIME
	Stalls int       `json:"stalls"` // since the first picture
	Frozen float64   `json:"frozen"` // seconds without a move of the picture, in all
	Errors []string  `json:"errors"`
	Played float64   `json:"played"`
	Waits  int       `json:"waits"` // requests that waited for a part
	Low    bool      `json:"low"`   // the player plays in low-latency mode
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	return s[len(s)/2]
}

// TestLowLatencyInABrowser plays the demo's channel with hls.js close behind live. PODIUM_SOAK is how long it does, to be
// measured by hand: the bounds are wide, because machines that test are slow.
func TestLowLatencyInABrowser(t *testing.T) {
	page := playerPage(t)
	p := testserver.StartPodium(t, podiumBinary(t), "demo", "--listen", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", "--data", t.TempDir())
	playing := 20 * time.Second
	if soak := os.Getenv("PODIUM_SOAK"); soak != "" {
		var err error
		playing, err = time.ParseDuration(soak)
		require.NoError(t, err)
	}
	source := strings.TrimSuffix(p.URL, "/") + "/live/edu1/index.m3u8"
	require.Eventually(t, func() bool {
		return strings.Contains(text(t, strings.TrimSuffix(source, "index.m3u8")+"live/1.m3u8"), "#EXT-X-PART:")
	}, 30*time.Second, 200*time.Millisecond, "parts in the playlist")
	m := watchClosely(t, page, source, playing)
	require.True(t, m.Low)
	require.Positive(t, m.Waits, "requests that wait for a part")
	if os.Getenv("PODIUM_SOAK") != "" {
		require.Zero(t, m.Stalls)
	}
	// A machine that tests on two cores stops the browser now and then.
	require.Greater(t, m.Played, playing.Seconds()*0.7)
	require.Less(t, median(m.Player), 8.0)
	require.Less(t, median(m.Clock), 8.0)
}

// watchClosely plays a channel in the browser for so long and tells what the page measured.
func watchClosely(t *testing.T, page, source string, playing time.Duration) latencies {
	t.Helper()
	b := startBrowser(t)
	b.run(chromedp.Navigate(page + "/?source=" + source + "&" + os.Getenv("PODIUM_PLAYER")))
	b.until(30*time.Second, "measured.played > 5")
	for end := time.Now().Add(playing); time.Now().Before(end); {
		time.Sleep(min(10*time.Second, time.Until(end)+time.Millisecond))
		eval[bool](b, "true")
	}
	if file := os.Getenv("PODIUM_PLAYER_LOG"); file != "" {
		require.NoError(t, os.WriteFile(file, []byte(eval[string](b, "lines.join(String.fromCharCode(10))")), 0o600))
	}
	m := eval[latencies](b, "measured")
	t.Logf("behind live by hls.latency %.2f s, by the clock %.2f s (median of %d); %d stalls, frozen %.2f s, played %.1f s, %d waits, errors %v",
		median(m.Player), median(m.Clock), len(m.Clock), m.Stalls, m.Frozen, m.Played, m.Waits, m.Errors)
	return m
}

// TestLowLatencyBesidePeer plays the same lecture from Podium and from gohlslib, MediaMTX's muxer, in the same page, in
// turn. It is run by hand, on a quiet machine: PODIUM_PEER is how long each turn lasts.
func TestLowLatencyBesidePeer(t *testing.T) {
	playing, err := time.ParseDuration(os.Getenv("PODIUM_PEER"))
	if err != nil {
		t.Skip("PODIUM_PEER is not set to a duration")
	}
	page := playerPage(t)
	peer := filepath.Join(t.TempDir(), "peer")
	out, err := exec.Command("go", "build", "-o", peer, "../bench/peer").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for range 3 {
		t.Run("podium", func(t *testing.T) {
			s := newServed(t, podiumBinary(t), served{feeds: []string{"hall1"}, target: "4s"})
			s.Start()
			s.publish(t.Context(), "hall1")
			s.awaitSegments("hall1", 2)
			watchClosely(t, page, s.URL+"/live/hall1/index.m3u8", playing)
		})
		t.Run("gohlslib", func(t *testing.T) {
			rtsp, web := testserver.FreeAddress(t), testserver.FreeAddress(t)
			cmd := exec.CommandContext(t.Context(), peer, "low", rtsp, web)
			require.NoError(t, cmd.Start())
			publisher := &demo.Publisher{URL: "rtsp://" + rtsp + "/hall1", Key: "any"}
			go func() { _ = publisher.Run(t.Context()) }()
			source := "http://" + web + "/index.m3u8"
			require.Eventually(t, func() bool {
				res, err := http.Get(source)
				if err != nil {
					return false
				}
				defer res.Body.Close()
				return res.StatusCode == http.StatusOK
			}, 30*time.Second, 200*time.Millisecond)
			watchClosely(t, page, source, playing)
		})
	}
}
