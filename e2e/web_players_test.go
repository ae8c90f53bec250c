package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// webPlayers are the files of the players that pages use.
var webPlayers = map[string]string{
	"hls.js":   "hls.js/dist/hls.min.js",
	"dash.js":  "dashjs/dist/modern/umd/dash.all.min.js",
	"shaka.js": "shaka-player/dist/shaka-player.compiled.js",
}

// playersPage is a page that plays addresses, each in a video element of its own with a player of its own, and keeps what
// each of them says.
const playersPage = `<!doctype html><meta charset="utf-8"><title>players</title>
<script src="/hls.js"></script><script src="/dash.js"></script><script src="/shaka.js"></script>
<script>
const shown = {};
function begin(name, kind, url, options) {
	const video = document.createElement('video');
	video.muted = true; video.width = 320;
	document.body.append(video);
	const s = shown[name] = {video, errors: [], warnings: [], played: 0, at: 0, stalls: 0, kind};
	const fail = (what) => s.errors.push(String(what).slice(0, 600));
	video.addEventListener('error', () => fail('video: ' + (video.error && video.error.message)));
	video.addEventListener('timeupdate', () => {
		const step = video.currentTime - s.at;
		if (step > 0 && step < 2) s.played += step;
		s.at = video.currentTime;
	});
	video.addEventListener('waiting', () => { if (s.played > 0) s.stalls++; });
	if (kind === 'hls.js') {
		const hls = s.player = new Hls(Object.assign({enableWorker: false}, options));
		hls.on(Hls.Events.ERROR, (_, e) => (e.fatal ? fail : (w) => s.warnings.push(w))([e.type, e.details, e.error, e.reason].join(' ')));
		hls.loadSource(url); hls.attachMedia(video);
		hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
	} else if (kind === 'dash.js') {
		const player = s.player = dashjs.MediaPlayer().create();
		for (const name of ['ERROR', 'PLAYBACK_ERROR']) {
			player.on(dashjs.MediaPlayer.events[name], (e) => fail(JSON.stringify(e.error || e)));
		}
		player.initialize(video, url, true, options && options.start);
	} else {
		const player = s.player = new shaka.Player();
		player.addEventListener('error', (e) => fail('shaka ' + e.detail.code + ' ' + JSON.stringify(e.detail.data)));
		player.attach(video).then(() => player.load(url, options && options.start)).then(() => video.play()).catch((e) => fail(e.code + ' ' + e));
	}
	return true;
}
function report(name) {
	const s = shown[name], v = s.video, buffered = [];
	for (let i = 0; i < v.buffered.length; i++) buffered.push([v.buffered.start(i), v.buffered.end(i)]);
	return {played: s.played, at: v.currentTime, errors: s.errors, warnings: s.warnings, stalls: s.stalls, width: v.videoWidth,
		ready: v.readyState, ended: v.ended, paused: v.paused, buffered, duration: isFinite(v.duration) ? v.duration : 0};
}
function end(name) {
	const s = shown[name];
	if (s.kind === 'hls.js' || s.kind === 'shaka.js') s.player.destroy(); else s.player.destroy();
	s.video.remove();
	return true;
}
</script><body></body>`

// pageReport is what the page says of one of its videos.
type pageReport struct {
	Played   float64      `json:"played"` // seconds, without jumps
	At       float64      `json:"at"`
	Errors   []string     `json:"errors"`
	Warnings []string     `json:"warnings"`
	Stalls   int          `json:"stalls"`
	Width    int          `json:"width"`
	Ready    int          `json:"ready"`
	Ended    bool         `json:"ended"`
	Paused   bool         `json:"paused"`
	Buffered [][2]float64 `json:"buffered"`
	Duration float64      `json:"duration"`
}

// players is a browser with the page, on another origin than Podium's.
type players struct{ *browser }

func startPlayers(t testing.TB) *players {
	t.Helper()
	modules := filepath.Join("..", "stb-api", "web", "node_modules")
	for name, file := range webPlayers {
		if _, err := os.Stat(filepath.Join(modules, file)); err != nil {
			if full() {
				t.Fatalf("no %s: run npm ci in stb-api/web: %v", name, err)
			}
			t.Skipf("no %s: run npm ci in stb-api/web", name)
		}
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file, ok := webPlayers[r.URL.Path[1:]]; ok {
			http.ServeFile(w, r, filepath.Join(modules, file))
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, playersPage)
	}))
	t.Cleanup(page.Close)
	p := &players{startBrowser(t)}
	p.run(chromedp.Navigate(page.URL))
	p.until(20*time.Second, "window.Hls && window.dashjs && window.shaka")
	return p
}

// video is one of the page's videos.
type video struct {
	*players
	t    testing.TB
	name string
}

// play begins to play an address. Options are those of hls.js, or {start} for the others.
func (p *players) play(t testing.TB, player, url string, options any) *video {
	t.Helper()
	v := &video{players: p, t: t, name: t.Name()}
	text, err := json.Marshal([]any{v.name, player, url, options})
	require.NoError(t, err)
	eval[bool](p.browser, fmt.Sprintf("begin(...%s)", text))
	t.Cleanup(func() { eval[bool](p.browser, fmt.Sprintf("end(%q)", v.name)) })
	return v
}

func (v *video) report() pageReport {
	v.t.Helper()
	var r pageReport
	text := eval[string](v.browser, fmt.Sprintf("JSON.stringify(report(%q))", v.name))
	require.NoError(v.t, json.Unmarshal([]byte(text), &r))
	return r
}

// plays waits until so many seconds were played, and fails at any error.
func (v *video) plays(seconds float64, within time.Duration) pageReport {
	v.t.Helper()
	from := v.report().Played
	for deadline := time.Now().Add(within); ; time.Sleep(200 * time.Millisecond) {
		r := v.report()
		require.Empty(v.t, r.Errors, "%+v", r)
		if r.Played-from >= seconds || r.Ended && r.Played > 0 {
			return r
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("played %.1f s within %v, expected %.1f: %+v", r.Played-from, within, seconds, r)
		}
	}
}

// seek sets the time.
func (v *video) seek(to float64) {
	v.t.Helper()
	eval[bool](v.browser, fmt.Sprintf("(shown[%q].video.currentTime = %f, true)", v.name, to))
}
