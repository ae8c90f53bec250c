package e2e_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// TestConsole is an administrator's first minutes: the set-up link that the program printed, an account, the page of
// what is on the air, out and in again; the link is good only once.
func TestConsole(t *testing.T) {
	t.Parallel()
	p := testserver.StartPodium(t, podiumBinary(t), "demo", "--listen", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", "--data", t.TempDir())
	require.NotEmpty(t, p.Setup, "the first start prints a set-up link")
	b := startBrowser(t)
	const password = "a long enough password 长"

	b.run(chromedp.Navigate(p.Setup), chromedp.WaitVisible(`[data-test="setup"]`),
		chromedp.SendKeys("#username", "admin"), chromedp.SendKeys("#password", password), chromedp.SendKeys("#again", password),
		chromedp.WaitEnabled(`[data-test="submit"]`), chromedp.Click(`[data-test="submit"]`),
		chromedp.WaitVisible(`[data-test="onair"]`),
		chromedp.WaitVisible(`[data-test="feed"][data-id="hall1"][data-state="online"]`),
		chromedp.WaitVisible(`[data-test="channel"][data-id="edu1"]`))
	b.until(20*time.Second, `document.querySelector('[data-test="feeds"]').textContent.includes('H.264')`)
	b.shoot("console-on-air")
	require.NotContains(t, eval[string](b, "location.href"), "token", "the token leaves the address with its use")

	b.run(chromedp.Click(`[data-test="to-schedule"]`), chromedp.WaitVisible(`[data-test="schedule"] [data-test="programme"]`))
	b.shoot("console-schedule")

	b.run(chromedp.Click(`[data-test="signout"]`), chromedp.WaitVisible(`[data-test="signin"]`),
		chromedp.SendKeys("#username", "admin"), chromedp.SendKeys("#password", "not this one at all"),
		chromedp.Click(`[data-test="submit"]`), chromedp.WaitVisible(`[role="alert"]`))
	require.True(t, eval[bool](b, "(document.getElementById('password').select(), true)"))
	b.run(chromedp.SendKeys("#password", password), chromedp.Click(`[data-test="submit"]`),
		chromedp.WaitVisible(`[data-test="console"]`))

	b.run(chromedp.Click(`[data-test="signout"]`), chromedp.WaitVisible(`[data-test="signin"]`),
		chromedp.Navigate("about:blank"), chromedp.Navigate(p.Setup), chromedp.WaitVisible(`[data-test="setup-invalid"]`))

	// What is behind the door asks for who is there.
	status, _, _ := p.Get("/api/v1/console/onair")
	require.Equal(t, 401, status)
}
