package whip_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/aac"
	ingest "podium.tv/podium/origin/input/whip"
	"podium.tv/podium/packager/media"
)

// browser is a Chromium with a camera and a microphone of its own making.
type browser struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // chromedp's way to name a tab.
}

func startBrowser(t *testing.T, flags ...string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "zh-CN"), chromedp.WindowSize(1280, 720),
		// The machine is slow, and a page behind others is slowed down besides.
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-renderer-backgrounding", true),
	)
	for _, f := range flags {
		options = append(options, chromedp.Flag(f, true))
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(func() { end(); endAllocator() })
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1280, 720)))
	return &browser{t: t, ctx: ctx}
}

func (b *browser) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, steps...))
}

// js is what an expression gives in the page, as text.
func (b *browser) js(expression string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	require.NoError(b.t, err)
	return said
}

// text is what an element shows.
func (b *browser) text(id string) string {
	b.t.Helper()
	return b.js(fmt.Sprintf("document.getElementById(%q).textContent", id))
}

func (b *browser) until(id, said string) {
	b.t.Helper()
	last := ""
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if last = b.text(id); strings.HasPrefix(last, said) {
			return
		}
	}
	b.shoot("whip-failed")
	require.Failf(b.t, "the page says something else", "#%s: %q is expected, and it is %q; the page notes %q", id, said, last, b.text("note"))
}

// shoot keeps a picture of the page where PODIUM_SCREENSHOTS says.
func (b *browser) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("PODIUM_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600))
}

// begin opens the page and goes live.
func (b *browser) begin(server *httptest.Server, key string) {
	b.t.Helper()
	b.run(chromedp.Navigate(server.URL + "/whip/hall1?lang=zh"))
	b.run(chromedp.WaitVisible("#preview"), chromedp.SendKeys("#key", key))
	b.run(chromedp.Click("#go"))
}

func TestChromiumGoesLive(t *testing.T) {
	r := newRig(t, func(s *ingest.Server) {
		s.Sound = func(next input.Receiver) ingest.Sound { return &aac.Receiver{Receiver: next} }
	})
	b := startBrowser(t)
	b.begin(r.http, key)
	b.until("state", "直播中")
	require.Eventually(t, func() bool { return r.feed.keyFrames() >= 5 }, 60*time.Second, 50*time.Millisecond)
	b.shoot("whip-live")

	r.feed.mutex.Lock()
	tracks := r.feed.described[0]
	var keys []time.Duration
	for _, s := range r.feed.samples[media.Video] {
		if s.Sync {
			keys = append(keys, media.Duration(s.PTS, 90000))
		}
	}
	video, audio := r.feed.samples[media.Video], r.feed.samples[media.Audio]
	warned := r.feed.warned
	described := len(r.feed.described)
	r.feed.mutex.Unlock()
	t.Log("key frames at", keys, "described", described, "warned", warned, "pictures", len(video))
	require.Len(t, tracks, 2)
	require.IsType(t, &media.H264{}, tracks[0].Codec)
	require.IsType(t, &media.AAC{}, tracks[1].Codec)
	for i := 2; i < len(keys); i++ {
		require.Less(t, keys[i]-keys[i-1], 6*time.Second, "segments are cut at key frames")
	}
	// Sound and picture are of the same stretch of time.
	from, to := media.Duration(video[0].PTS, 90000), media.Duration(video[len(video)-1].PTS, 90000)
	require.InDelta(t, from, media.Duration(audio[0].PTS, 48000), float64(2*time.Second))
	require.InDelta(t, to, media.Duration(audio[len(audio)-1].PTS, 48000), float64(3*time.Second))

	b.run(chromedp.Click("#go"))
	b.until("state", "未直播")
	require.Eventually(t, func() bool { return len(r.desk.Publishers()) == 0 }, 20*time.Second, 20*time.Millisecond, "stop ends the session at once")
}

func TestKilledBrowserIsGoneInSeconds(t *testing.T) {
	r := newRig(t, nil)
	b := startBrowser(t)
	b.begin(r.http, key)
	b.until("state", "直播中")
	require.Len(t, r.desk.Publishers(), 1)
	process := chromedp.FromContext(b.ctx).Browser.Process()
	require.NoError(t, syscall.Kill(process.Pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return len(r.desk.Publishers()) == 0 }, 30*time.Second, 50*time.Millisecond)
}

func TestThePageSaysWhatIsWrong(t *testing.T) {
	r := newRig(t, nil)
	b := startBrowser(t)
	b.begin(r.http, "a wrong key")
	b.until("note", "推流密钥不正确")
	b.shoot("whip-wrong-key")
	b.run(chromedp.Click("#language"))
	require.Equal(t, "Go live", b.text("go"))
	require.Equal(t, "Not live", b.text("state"))
	r.occupy()
	b.js("document.getElementById('key').value = ''")
	b.run(chromedp.SendKeys("#key", key), chromedp.Click("#go"))
	b.until("note", "Another device is publishing this feed")
	b.shoot("whip-taken-en")
}
