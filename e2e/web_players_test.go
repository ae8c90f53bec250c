package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
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

// plays plays seven seconds with one of the page's players.
func (p *players) plays(player string) func(ctx context.Context, kind, url string) error {
	return func(ctx context.Context, kind, url string) error {
		v, err := p.open(player+" "+kind, player, url)
		if err != nil {
			return err
		}
		defer v.close()
		_, err = v.plays(ctx, 7)
		return err
	}
}

// video is one of the page's videos.
type video struct {
	*players
	name string
}

// open begins to play an address.
func (p *players) open(name, player, url string) (*video, error) {
	v := &video{players: p, name: name}
	text, err := json.Marshal([]any{name, player, url, nil})
	if err != nil {
		return nil, err
	}
	_, err = evaluate[bool](p.browser, fmt.Sprintf("begin(...%s)", text))
	return v, err
}

func (v *video) close() { _, _ = evaluate[bool](v.browser, fmt.Sprintf("end(%q)", v.name)) }

// evaluate is eval for those who run beside the test's goroutine.
func evaluate[T any](b *browser, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}

func (v *video) report() (r pageReport, err error) {
	text, err := evaluate[string](v.browser, fmt.Sprintf("JSON.stringify(report(%q))", v.name))
	if err == nil {
		err = json.Unmarshal([]byte(text), &r)
	}
	if err == nil && len(r.Errors) > 0 {
		err = fmt.Errorf("errors of %s: %+v", v.name, r)
	}
	return r, err
}

// plays waits until so many seconds were played, or the end is there, and fails at any error.
func (v *video) plays(ctx context.Context, seconds float64) (pageReport, error) {
	from, err := v.report()
	for err == nil {
		r, failed := v.report()
		if failed != nil || r.Played-from.Played >= seconds || r.Ended && r.Played > 0 {
			return r, failed
		}
		select {
		case <-ctx.Done():
			return r, fmt.Errorf("%s played %.1f s, expected %.1f: %+v", v.name, r.Played-from.Played, seconds, r)
		case <-time.After(250 * time.Millisecond):
		}
	}
	return from, err
}

// seek sets the time and plays on from there.
func (v *video) seek(ctx context.Context, to, seconds float64) error {
	if _, err := evaluate[bool](v.browser, fmt.Sprintf("(shown[%q].video.currentTime = %f, true)", v.name, to)); err != nil {
		return err
	}
	r, err := v.plays(ctx, seconds)
	if err == nil && (r.At < to || r.At > to+seconds+3) {
		err = fmt.Errorf("%s is at %.1f s after %.1f s from %.1f: %+v", v.name, r.At, seconds, to, r)
	}
	return err
}
