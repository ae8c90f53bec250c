package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// browser is one Chromium with one page, driven as a person would: by keys, and by looking at it.
type browser struct {
	t           testing.TB
	ctx         context.Context
	screenshots string
}

// startBrowser starts Debian's Chromium with a page of 1920 by 1080.
func startBrowser(t testing.TB, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if full() {
			t.Fatal("no chromium: apt-get install chromium")
		}
		t.Skip("no chromium: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		// A set-top box plays with sound at once; Chromium waits for a key otherwise.
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("mute-audio", true), chromedp.Flag("hide-scrollbars", true), chromedp.WindowSize(1920, 1080),
	)
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(func() { end(); endAllocator() })
	b := &browser{t: t, ctx: ctx, screenshots: os.Getenv("PODIUM_SCREENSHOTS")}
	if b.screenshots == "" {
		b.screenshots = t.TempDir()
	}
	require.NoError(t, os.MkdirAll(b.screenshots, 0o750))
	// The browser lives as long as the context of what is done first.
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1920, 1080)))
	return b
}

func (b *browser) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.shoot("failed")
		b.t.Fatalf("the browser: %v", err)
	}
}

// press presses keys one after another, as a remote control does.
func (b *browser) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.run(chromedp.KeyEvent(k))
	}
}

// eval gives what a JavaScript expression says.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, expression)
	return out
}

// until waits for a JavaScript condition to hold.
func (b *browser) until(within time.Duration, condition string) {
	b.t.Helper()
	deadline := time.Now().Add(within)
	for !eval[bool](b, "!!("+condition+")") {
		if time.Now().After(deadline) {
			b.shoot("failed")
			b.t.Fatalf("not within %v: %s\nthe page: %s", within, condition,
				eval[string](b, "JSON.stringify(window.__podium || window.measured || document.body.innerText) + (window.lines || []).slice(-100).join(String.fromCharCode(10))"))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// advances waits until the video has played on for some seconds.
func (b *browser) advances(seconds float64, within time.Duration) {
	b.t.Helper()
	from := eval[float64](b, "__podium.currentTime")
	deadline := time.Now().Add(within)
	// What counts is what is played: a video that jumps to another place begins anew.
	played, last := 0.0, from
	for played < seconds {
		if time.Now().After(deadline) {
			b.shoot("failed")
			b.t.Fatalf("the video played %.1f s within %v, expected %.1f\nthe page: %s", played, within, seconds,
				eval[string](b, "JSON.stringify(__podium)"))
		}
		time.Sleep(100 * time.Millisecond)
		at := eval[float64](b, "__podium.currentTime")
		if step := at - last; step > 0 && step < 2 {
			played += step
		}
		last = at
	}
}

// shoot takes a screenshot of the page as it is.
func (b *browser) shoot(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Logf("no screenshot %s: %v", name, err)
		return
	}
	path := filepath.Join(b.screenshots, name+".png")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		b.t.Logf("no screenshot %s: %v", name, err)
	}
}

// picture takes screenshots of a view in the two sizes that boxes have, and checks that nothing of the page is cut off
// and that what has the focus can be seen.
func (b *browser) picture(name string) {
	b.t.Helper()
	for _, size := range [][2]int64{{1280, 720}, {1920, 1080}} {
		b.run(chromedp.EmulateViewport(size[0], size[1]))
		b.until(5*time.Second, fmt.Sprintf("innerWidth === %d && document.documentElement.scrollWidth <= innerWidth && "+
			"document.documentElement.scrollHeight <= innerHeight", size[0]))
		b.until(5*time.Second, `[...document.querySelectorAll('[data-focus="1"]')].every((e) => {
			const r = e.getBoundingClientRect();
			return r.width > 0 && r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight;
		})`)
		b.run(chromedp.Sleep(150 * time.Millisecond)) // For a picture of what is drawn, not of its being drawn.
		b.shoot(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]))
	}
}
