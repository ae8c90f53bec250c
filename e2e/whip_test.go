package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// An editor with nothing but a browser goes live, and boxes that play no Opus hear it.
func TestWHIP(t *testing.T) {
	s := newServed(t, podiumBinary(t), served{
		feeds: []string{"hall1"}, sections: fmt.Sprintf("whip: {enabled: true, udp: %q, audio: aac}\n", testserver.FreeUDPAddress(t)),
	})
	s.Start()
	b := startBrowser(t, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	b.run(chromedp.Navigate(s.URL+"/whip/hall1?lang=en"), chromedp.WaitVisible("#key"), chromedp.SendKeys("#key", streamKey), chromedp.Click("#go"))
	s.awaitLog(40*time.Second, "publisher began", "protocol=whip", "feed=hall1")
	s.awaitSegments("hall1", 2)
	watcher := watch(t, s.URL+"/live/hall1/mono.m3u8")
	s.awaitSegments("hall1", 5)
	b.shoot("whip")
	require.Empty(t, watcher.finish())

	res, err := http.Get(s.URL + "/live/hall1/index.m3u8")
	require.NoError(t, err)
	defer res.Body.Close()
	master, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Contains(t, string(master), "avc1.")
	require.Contains(t, string(master), "mp4a.40.2")

	b.run(chromedp.Click("#go"))
	s.awaitLog(20*time.Second, "publisher ended", "protocol=whip", "feed=hall1")
	require.NotContains(t, s.Log(), streamKey)
}
