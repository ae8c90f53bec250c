package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/demo"
	"podium.tv/podium/testserver"
)

// An encoder comes and goes, and whoever looks at the console sees it: the sources, the slate, and what happened.
func TestConsoleTellsOfSources(t *testing.T) {
	t.Parallel()
	config, rtsp := filepath.Join(t.TempDir(), "podium.yaml"), testserver.FreeAddress(t)
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
http: {listen: %q}
rtsp: {listen: %q}
data_dir: %q
packaging: {segment_target: 1s, live_window: 20s}
feeds:
  - id: hall1
    name: 第一讲堂
    stream_key: %q
    inputs: [{url: publish, name: 导播台}, {url: "rtsp://127.0.0.1/cam", name: 备用摄像机}]
channels: [{id: edu1, number: 1, name: 党员教育电视频道, feed: hall1}]
`, testserver.FreeAddress(t), rtsp, t.TempDir(), streamKey), 0o600))
	p := testserver.StartPodium(t, podiumBinary(t), "serve", "--config", config)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	publisher := &demo.Publisher{URL: "rtsp://" + rtsp + "/hall1", Key: streamKey}
	go func() { defer close(done); _ = publisher.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })

	b := startBrowser(t)
	const password = "a long enough password 长"
	b.run(chromedp.Navigate(p.Setup), chromedp.WaitVisible(`[data-test="setup"]`),
		chromedp.SendKeys("#username", "admin"), chromedp.SendKeys("#password", password), chromedp.SendKeys("#again", password),
		chromedp.WaitEnabled(`[data-test="submit"]`), chromedp.Click(`[data-test="submit"]`),
		chromedp.WaitVisible(`[data-test="source"][data-name="导播台"][data-state="online"][data-onair="true"]`),
		chromedp.WaitVisible(`[data-test="source"][data-name="备用摄像机"][data-onair="false"]`),
		chromedp.WaitVisible(`[data-test="event"][data-kind="source_up"]`))
	stop()
	b.until(time.Minute, `document.querySelector('[data-test="slate"]') !== null`)
	b.until(time.Minute, `document.querySelector('[data-test="event"][data-kind="on_slate"]') !== null`)
	b.shoot("console-sources")
}
