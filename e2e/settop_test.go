package e2e_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/testserver"
)

// TestSetTopBox is an evening in front of the television, by the keys of a remote control alone: live, the list of
// channels, the guide, a programme of yesterday, and back.
func TestSetTopBox(t *testing.T) {
	t.Parallel()
	p := testserver.StartPodium(t, podiumBinary(t), "demo", "--listen", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", "--data", t.TempDir())
	b := startBrowser(t)

	b.run(chromedp.Navigate(p.URL + "/tv/"))
	b.until(30*time.Second, "window.__podium && __podium.status === 'playing' && __podium.mode === 'live'")
	b.advances(3, 30*time.Second)
	require.Equal(t, "edu1", eval[string](b, "__podium.channel"))
	require.NotZero(t, eval[int](b, "document.getElementById('video').videoWidth"))
	require.False(t, eval[bool](b, "document.getElementById('video').muted"), "a set-top box plays with sound")

	b.press("i") // Info shows the bar, whether it has gone or not.
	b.until(5*time.Second, "__podium.bar || true")
	if !eval[bool](b, "__podium.bar") {
		b.press("i")
	}
	b.until(5*time.Second, `document.querySelector('[data-test="now-title"]').textContent !== ''`)
	b.picture("live-bar")

	// A number tunes in, also to the channel that is on.
	b.press("1")
	b.until(time.Second, "__podium.digits === '1'")
	b.press(kb.Enter)
	b.until(5*time.Second, "__podium.digits === '' && __podium.number === 1 && __podium.view === 'live'")
	b.press("7", kb.Enter)
	b.until(5*time.Second, "__podium.toast !== ''") // There is no seventh channel, and the page says so.
	b.press(kb.Escape)

	b.press(kb.Enter)
	b.until(5*time.Second, "__podium.view === 'list'")
	b.picture("channel-list")
	b.press(kb.Escape)
	b.until(5*time.Second, "__podium.view === 'live'")

	b.press("g")
	b.until(10*time.Second, "__podium.view === 'guide' && __podium.guide.day === 0 && __podium.guide.count > 0")
	b.picture("guide-today")
	b.press(kb.ArrowLeft)
	b.until(10*time.Second, "__podium.guide.day === -1 && __podium.guide.count > 0")
	for range 3 {
		b.press(kb.ArrowDown)
	}
	// The focus goes down to a programme that can be seen again.
	for range 40 {
		if eval[bool](b, `document.querySelector('[data-test="programme-row"][data-focus="1"]').dataset.play === '1'`) {
			break
		}
		b.press(kb.ArrowDown)
	}
	chosen := eval[string](b, `document.querySelector('[data-test="programme-row"][data-focus="1"]').dataset.id`)
	b.picture("guide-yesterday")

	b.press(kb.Enter)
	b.until(20*time.Second, "__podium.mode === 'catchup' && __podium.status === 'playing'")
	require.Equal(t, chosen, eval[string](b, "__podium.programme"))
	b.advances(3, 30*time.Second)
	if !eval[bool](b, "__podium.bar") {
		b.press("i")
	}
	b.picture("catch-up")
	isYesterdays(t, p, b, chosen)

	// The right key goes forward.
	before := eval[float64](b, "__podium.position")
	b.press(kb.ArrowRight)
	b.until(20*time.Second, "__podium.position >= "+strconv.FormatFloat(before+9, 'f', 1, 64))
	b.advances(1, 30*time.Second)

	b.press(kb.Escape)
	b.until(5*time.Second, "__podium.view === 'guide'")
	b.press(kb.Escape)
	b.until(5*time.Second, "__podium.view === 'live' && __podium.mode === 'live'")
	b.until(20*time.Second, "__podium.status === 'playing'")
	b.advances(3, 30*time.Second)

	code, took := p.Stop()
	require.Zero(t, code, "the demo ends cleanly")
	require.Less(t, took, 10*time.Second)
}

// isYesterdays checks that what the page plays is yesterday's: by the programme that the guide has at that place, and
// by the dates of the segments that the browser fetched.
func isYesterdays(t *testing.T, p *testserver.Podium, b *browser, chosen string) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	yesterday := time.Now().In(zone).AddDate(0, 0, -1).Format(time.DateOnly)

	var guide struct {
		Programmes []struct {
			ID         string    `json:"id"`
			Start, End time.Time //nolint:tagliatelle // as the API has them
		} `json:"programmes"`
	}
	status, body, _ := p.Get("/api/v1/channels/edu1/guide?date=" + yesterday)
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, json.Unmarshal(body, &guide))
	var start, end time.Time
	for _, programme := range guide.Programmes {
		if programme.ID == chosen {
			start, end = programme.Start, programme.End
		}
	}
	require.False(t, start.IsZero(), "yesterday's guide has no programme %s", chosen)

	fetched := eval[[]string](b, "performance.getEntriesByType('resource').map((e) => e.name)")
	var track string
	for _, url := range fetched {
		if strings.Contains(url, "/archive-"+strconv.FormatInt(start.Unix(), 10)+"-") && strings.HasSuffix(url, "/1.m3u8") {
			track = strings.TrimPrefix(url, p.URL)
		}
	}
	require.NotEmpty(t, track, "no archive playlist of %v in %v", start, fetched)
	_, body, _ = p.Get(track)
	list, err := strict.ParseMedia(body)
	require.NoError(t, err)
	require.True(t, list.Ended, "a past programme is a closed playlist")
	require.WithinDuration(t, start, list.Segments[0].ProgramDateTime, 8*time.Second)
	last := list.Segments[len(list.Segments)-1]
	require.WithinDuration(t, end, last.ProgramDateTime.Add(last.Duration), 8*time.Second)
	require.Equal(t, yesterday, list.Segments[len(list.Segments)/2].ProgramDateTime.In(zone).Format(time.DateOnly))

	listed := map[string]bool{}
	for i := range list.Segments {
		listed[nameOf(list.Segments[i].URI)] = true
	}
	played := 0
	for _, url := range fetched {
		if listed[nameOf(url)] {
			played++
		}
	}
	require.NotZero(t, played, "the browser fetched none of the programme's segments: %v", fetched)
}

var segmentFile = regexp.MustCompile(`seg-\d+-\d+[^/?]*$`)

// nameOf is a segment's file name, whatever stands before it.
func nameOf(uri string) string { return segmentFile.FindString(uri) }

// TestTelevisionOutlivesTheServer kills the server while two channels are watched, and starts it again: the page plays
// on by itself, without anybody pressing a key.
func TestTelevisionOutlivesTheServer(t *testing.T) {
	t.Parallel()
	s := newServed(t, podiumBinary(t), served{feeds: []string{"hall1", "hall2"}})
	s.Start()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.publish(ctx, "hall1")
	s.publish(ctx, "hall2")
	s.awaitSegments("hall1", 3)
	s.awaitSegments("hall2", 3)

	b := startBrowser(t)
	b.run(chromedp.Navigate(s.URL + "/tv/"))
	b.until(30*time.Second, "window.__podium && __podium.status === 'playing' && __podium.channel === 'hall1'")
	b.advances(1, 30*time.Second)

	b.press("2")
	b.until(10*time.Second, "__podium.channel === 'hall2'") // Without OK, after a moment.
	b.until(20*time.Second, "__podium.status === 'playing'")
	b.advances(3, 30*time.Second)
	b.press(kb.PageDown)
	b.until(10*time.Second, "__podium.channel === 'hall1' && __podium.status === 'playing'")
	b.advances(2, 30*time.Second)

	s.Kill()
	b.until(90*time.Second, "__podium.status !== 'playing'") // The buffer runs dry, and the page says so.
	b.shoot("server-away")
	s.Start()
	began := time.Now()
	b.until(60*time.Second, "__podium.status === 'playing'")
	b.advances(3, 60*time.Second)
	t.Logf("plays again %v after the server is ready", time.Since(began).Round(100*time.Millisecond))
	require.Equal(t, "hall1", eval[string](b, "__podium.channel"))
}
