package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/vod"
)

// player plays an address for some seconds, or tells why it does not.
type player struct {
	name string
	play func(ctx context.Context, kind, url string) error
	// takes says which addresses it is for; nil is all.
	takes func(url string) bool
}

// cell is one of what is played with one of the players.
type cell struct{ kind, player string }

// faultsOfPlayers are those that nobody can mend from our side, each with its proof. GStreamer 1 is its first set of demuxers,
// 2 the one that took its place; the versions are those of Debian 12.
var faultsOfPlayers = map[cell]string{
	{"DASH live", "GStreamer 1"}:  gstSeeksWrong,
	{"DASH live", "GStreamer 2"}:  gstSeeksWrong,
	{"encrypted", "GStreamer 1"}:  gstDecryptsInits,
	{"encrypted", "GStreamer 2"}:  gstDecryptsInits,
	{"live", "GStreamer 1"}:       gstStopsPictures,
	{"rewind", "GStreamer 1"}:     gstStopsPictures,
	{"start-over", "GStreamer 1"}: gstStopsPictures,

	{"DASH start-over", "GStreamer 1"}: gstStopsUpdates,
}

const (
	// gst_mpd_client_stream_seek of gst-plugins-bad (ext/dash/gstmpdclient.c, 1.22 and main) reckons the index of the segment to
	// begin with as (ts - segment->start + segments[0]->start) / duration: where the first segment listed does not begin at 0,
	// as in every live window, it asks for one that never was. What begins at 0, as a start-over, plays.
	gstSeeksWrong = "GStreamer's dashdemux adds the first segment's time to where it seeks, and misses every sliding window"

	// EXT-X-MAP stands before EXT-X-KEY, so that the init is in the clear (RFC 8216bis §4.4.4.4: a key is for the sections that
	// appear between it and the next). ffmpeg, hls.js and VLC read it so; GStreamer 1.22 decrypts the init with the first
	// segment's key, says "Could not determine type of stream", and plays the same asset as MPEG-TS.
	gstDecryptsInits = "GStreamer decrypts the init of encrypted fragments, which is in the clear"

	// The old hlsdemux asks for no more pictures after those it began with where sound is a list of its own and both grow;
	// the sound goes on. Closed lists of the same form play in it, and these in hlsdemux2, which outranks it.
	gstStopsPictures = "GStreamer's old hlsdemux stops the pictures of growing playlists with sound apart"

	// The same in the old dashdemux, now and then: on a busy machine it got 136 pictures and 81 s of sound in 90 s.
	gstStopsUpdates = "GStreamer's old dashdemux now and then stops the pictures of a manifest that grows"
)

// TestEveryPlayerPlaysEveryKind plays each kind of address with each player that there is, all at once: seven seconds or
// more of pictures and sound, and no error.
func TestEveryPlayerPlaysEveryKind(t *testing.T) {
	ffmpeg, ffprobe := tool(t, "ffmpeg"), tool(t, "ffprobe")
	launch, vlc := tool(t, "gst-launch-1.0"), tool(t, "vlc")
	data := t.TempDir()
	s := newStock(t, data)
	s.pack("lecture", 360)
	s.pack("small", 180)
	s.pack("locked", 180)
	s.ladder("lecture", "180p", "small")
	require.NoError(t, s.store.Put(t.Context(), "assets/lecture/text/zh.vtt", []byte(subtitles)))
	s.describe("lecture", func(a *vod.Asset) {
		a.Subtitles = []vod.Subtitle{{Language: "zh", Name: "中文字幕", Object: "assets/lecture/text/zh.vtt"}}
	})
	s.describe("locked", func(a *vod.Asset) { a.Encrypted = true })
	p := newServed(t, podiumBinary(t), served{feeds: []string{"hall1"}, data: data})
	p.Start()
	p.publish(context.Background(), "hall1")
	p.awaitSegments("hall1", 2)
	from := mediaPlaylist(t, p.Podium, "/live/hall1/mono.m3u8").Segments[0].ProgramDateTime.Add(time.Second).Unix()
	page := startPlayers(t)
	archive := fmt.Sprintf("/live/hall1/archive-%d-14", from)
	await(t, 90*time.Second, "a closed archive", func() bool {
		status, body, _ := p.Get(strings.Replace(archive, "archive", "mono-archive", 1) + ".m3u8")
		return status == http.StatusOK && strings.Contains(string(body), "#EXT-X-ENDLIST")
	})
	kinds := map[string]string{
		"live":                 "/live/hall1/index.m3u8", // With low latency, which is on by default.
		"live, old boxes":      "/live/hall1/mono.m3u8",
		"rewind":               "/live/hall1/rewind-20.m3u8",
		"archive":              archive + ".m3u8",
		"archive, old boxes":   strings.Replace(archive, "archive", "mono-archive", 1) + ".m3u8",
		"start-over":           fmt.Sprintf("/live/hall1/archive-%d-now.m3u8", from),
		"VOD in two sizes":     "/vod/lecture/index.m3u8",
		"VOD, old boxes":       "/vod/lecture/mono.m3u8",
		"encrypted":            "/vod/locked/index.m3u8",
		"encrypted, old boxes": "/vod/locked/mono.m3u8",
		"DASH live":            "/live/hall1/index.mpd",
		"DASH start-over":      fmt.Sprintf("/live/hall1/archive-%d-now.mpd", from),
		"DASH archive":         archive + ".mpd",
		"DASH VOD":             "/vod/lecture/index.mpd",
	}
	dash := func(url string) bool { return strings.HasSuffix(url, ".mpd") }
	players := []player{
		{"hls.js", page.plays("hls.js"), func(url string) bool { return !dash(url) }},
		{"dash.js", page.plays("dash.js"), dash},
		{"Shaka Player", page.plays("shaka.js"), dash},
		{"ffmpeg", (&ffmpegPlayer{ffmpeg}).play, nil},
		{"GStreamer 1", (&gstPlayer{launch, "playbin"}).play, nil},  // hlsdemux, dashdemux
		{"GStreamer 2", (&gstPlayer{launch, "playbin3"}).play, nil}, // hlsdemux2, dashdemux2
		{"VLC", newVLC(t, vlc, ffprobe).play, nil},
	}
	outcomes := playAll(t.Context(), p.URL, kinds, players)
	for c, err := range outcomes {
		t.Run(c.kind+" by "+c.player, func(t *testing.T) {
			if fault := faultsOfPlayers[c]; fault != "" {
				t.Skipf("known: %s (%v)", fault, err)
			}
			require.NoError(t, err)
		})
	}
}

// atOnce is how many players run at a time: they wait for live most of it.
const atOnce = 10

// playAll plays all kinds with all players that take them.
func playAll(ctx context.Context, base string, kinds map[string]string, players []player) map[cell]error {
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	outcomes := map[cell]error{}
	for _, player := range players {
		for kind, path := range kinds {
			if player.takes != nil && !player.takes(path) {
				continue
			}
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				ctx, cancel := context.WithTimeout(ctx, 45*time.Second)
				defer cancel()
				err := player.play(ctx, kind, base+path)
				mu.Lock()
				defer mu.Unlock()
				outcomes[cell{kind, player.name}] = err
			})
		}
	}
	group.Wait()
	return outcomes
}
