package hls_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
)

// portal is a live server: a film's segments of a second, by the clock, and what goes wrong with them.
type portal struct {
	files  http.Handler
	length int // segments there are, which are shown over and over

	mu      sync.Mutex
	began   time.Time
	first   int          // media sequence number at the beginning
	missing map[int]bool // by media sequence number
	gaps    map[int]bool
	stopped bool
	ended   bool
	frozen  int // segments in the list while it is stopped
}

// films is where the film of all portals is.
var films string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "podium-hls-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	films = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// portalFilm makes it, once.
var portalFilm = sync.OnceValues(func() (string, error) {
	args := append(source("12"), "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "live.m3u8")
	cmd := exec.Command("ffmpeg", append([]string{"-v", "error", "-nostdin"}, args...)...)
	cmd.Dir = films
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return films, err
})

func newPortal(t *testing.T) (*portal, string) {
	t.Helper()
	dir, err := portalFilm()
	require.NoError(t, err)
	p := &portal{
		files: http.FileServer(http.Dir(dir)), length: 12, began: time.Now().Add(-6 * time.Second),
		missing: map[int]bool{}, gaps: map[int]bool{},
	}
	return p, serve(t, p)
}

func (p *portal) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/live.m3u8" {
		_, _ = w.Write([]byte(p.list()))
		return
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("n")); err == nil && p.missing[n] {
		http.NotFound(w, r)
		return
	}
	p.files.ServeHTTP(w, r)
}

func (p *portal) list() string {
	made := int(time.Since(p.began) / time.Second)
	if p.stopped {
		made = p.frozen
	}
	p.frozen = made
	var b strings.Builder
	from := max(made-5, 0)
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:%d\n", p.first+from)
	for n := from; n < made; n++ {
		if p.gaps[p.first+n] {
			b.WriteString("#EXT-X-GAP\n")
		}
		if n > 0 && n%p.length == 0 {
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", p.began.Add(time.Duration(n)*time.Second).UTC().Format("2006-01-02T15:04:05.000+0000"))
		fmt.Fprintf(&b, "#EXTINF:1.000,\nlive%d.ts?n=%d\n", n%p.length, p.first+n)
	}
	if p.ended {
		b.WriteString("#EXT-X-ENDLIST\n")
	}
	return b.String()
}

func TestLive(t *testing.T) {
	t.Parallel()
	p, address := newPortal(t)
	p.first = 1000
	r := new(recorder)
	in := pull(address + "/live.m3u8")
	require.NoError(t, run(t, in, r, func() bool { return r.count(media.Video) >= 100 }))
	require.Empty(t, r.warnings)
	video := r.of(media.Video)
	for i := 1; i < len(video); i++ {
		require.Equal(t, 40*time.Millisecond, (video[i].dts - video[i-1].dts).Round(time.Millisecond), "picture %d", i)
	}
	// Segments 3, 4 and 5 were ready at the beginning: they do not come at once.
	require.InDelta(t, 3.9, video[99].at.Seconds(), 0.9)
	wall := video[0].wall
	require.WithinDuration(t, p.began.Add(3*time.Second), wall, time.Second)
	require.InDelta(t, 3.96, video[99].wall.Sub(wall).Seconds(), 0.1)
	n, ok := in.Network()
	require.False(t, ok)
	require.GreaterOrEqual(t, n.Received, uint64(4))
}

func TestLiveWithHoles(t *testing.T) {
	t.Parallel()
	p, address := newPortal(t)
	p.missing[4], p.gaps[5] = true, true
	r := new(recorder)
	require.NoError(t, run(t, pull(address+"/live.m3u8"), r, func() bool { return r.count(media.Video) >= 60 }))
	require.True(t, r.warned("segment 4 is left out: "+address+"/live4.ts: the server answers 404"), r.warnings)
	require.True(t, r.warned("segment 5 is missing at the portal (EXT-X-GAP)"), r.warnings)
}

func TestLiveThatIsStartedAgain(t *testing.T) {
	t.Parallel()
	p, address := newPortal(t)
	p.first = 1000
	r := new(recorder)
	require.NoError(t, run(t, pull(address+"/live.m3u8"), r, func() bool {
		if r.count(media.Video) >= 50 {
			p.change(func() {
				if p.first == 1000 {
					p.first, p.began = 0, time.Now().Add(-4*time.Second)
				}
			})
		}
		return r.count(media.Video) >= 120
	}))
	require.True(t, r.warned("the portal's server was started again"), r.warnings)
}

func TestLiveThatStops(t *testing.T) {
	t.Parallel()
	p, address := newPortal(t)
	r := new(recorder)
	in := pull(address + "/live.m3u8")
	in.ReadTimeout = time.Second
	p.change(func() { p.stopped, p.frozen = true, 6 })
	err := run(t, in, r, func() bool { return false })
	require.ErrorContains(t, err, "has nothing new for")
	require.Len(t, r.of(media.Video), 75, "what was there is played to its end")

	p.change(func() { p.ended = true })
	require.ErrorContains(t, run(t, in, r, func() bool { return false }), "the stream is over")
}

func TestLiveThatEnds(t *testing.T) {
	t.Parallel()
	p, address := newPortal(t)
	r := new(recorder)
	err := run(t, pull(address+"/live.m3u8"), r, func() bool {
		if r.count(media.Video) > 10 {
			p.change(func() { p.ended, p.stopped = true, true })
		}
		return false
	})
	require.ErrorContains(t, err, "the stream has ended (EXT-X-ENDLIST)")
	require.GreaterOrEqual(t, r.count(media.Video), 75)
}

func TestLiveAfterAnOutage(t *testing.T) {
	t.Parallel()
	p, address := newPortal(t)
	r := new(recorder)
	var once sync.Once
	require.NoError(t, run(t, pull(address+"/live.m3u8"), r, func() bool {
		if r.count(media.Video) >= 25 {
			// The portal's list stands still for some seconds, and has gone on meanwhile.
			once.Do(func() {
				p.change(func() { p.stopped = true })
				time.AfterFunc(5*time.Second, func() { p.change(func() { p.stopped = false }) })
			})
		}
		return r.count(media.Video) >= 160
	}))
	require.True(t, r.warned("segments come") || r.warned("behind the live edge") || r.warned("jumping to the live edge"), r.warnings)
	video := r.of(media.Video)
	last := video[len(video)-1]
	require.Less(t, time.Since(last.wall), 8*time.Second, "it has drifted away from the edge")
}
