package e2e_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/packager/vod"
	"podium.tv/podium/storage/object"
	"podium.tv/podium/testserver"
)

//go:embed testdata/player.html
var playerHTML []byte

const subtitles = "WEBVTT\n\n00:01.000 --> 00:03.000\n第一行\n\n00:04.000 --> 00:18.000\n第二行\n"

// stock is a folder store with assets in it.
type stock struct {
	t      testing.TB
	ffmpeg string
	store  *object.Folder
	dir    string
}

func newStock(t testing.TB, data string) *stock {
	t.Helper()
	s := &stock{t: t, ffmpeg: tool(t, "ffmpeg"), store: &object.Folder{Root: filepath.Join(data, "objects")}, dir: t.TempDir()}
	require.NoError(t, os.MkdirAll(s.store.Root, 0o750))
	require.NoError(t, s.store.Initialize())
	t.Cleanup(func() { require.NoError(t, s.store.Close()) })
	return s
}

// pack films twenty seconds with sound in two languages, and packs them.
func (s *stock) pack(id string, height int) *vod.Asset {
	s.t.Helper()
	file := filepath.Join(s.dir, id+".mp4")
	cmd := exec.Command(s.ffmpeg, "-nostdin", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%dx%d:r=25:d=20", height*16/9/2*2, height),
		"-f", "lavfi", "-i", "sine=440:r=48000:d=20", "-f", "lavfi", "-i", "sine=880:r=48000:d=20",
		"-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-sc_threshold", "0",
		"-b:v", fmt.Sprintf("%dk", height*2), "-c:a", "aac", "-ac", "2", "-metadata:s:a:0", "language=zho", "-metadata:s:a:1", "language=eng", file)
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, string(out))
	a, err := (&vod.Packer{Store: s.store, Work: filepath.Join(s.dir, "work")}).Pack(s.t.Context(), file, vod.Asset{ID: id, Title: id})
	require.NoError(s.t, err)
	return a
}

// describe changes what is told of an asset.
func (s *stock) describe(id string, change func(*vod.Asset)) {
	s.t.Helper()
	a, err := vod.Describe(s.t.Context(), s.store, id)
	require.NoError(s.t, err)
	change(a)
	b, err := json.Marshal(a)
	require.NoError(s.t, err)
	require.NoError(s.t, s.store.Put(s.t.Context(), vod.Folder(id)+"/asset.json", b))
}

// ladder makes one asset a rendition of another.
func (s *stock) ladder(id, name, of string) {
	s.t.Helper()
	low, err := timeline.ReadClosed(s.t.Context(), s.store, vod.Folder(of))
	require.NoError(s.t, err)
	main, err := timeline.ReadClosed(s.t.Context(), s.store, vod.Folder(id))
	require.NoError(s.t, err)
	require.Len(s.t, low, len(main))
	for i := range main {
		l := &low[i]
		require.Equal(s.t, main[i].Duration, l.Duration, "not aligned")
		main[i].Also = append(main[i].Also, timeline.Rendition{
			Name: name, Object: l.Object, Tracks: l.Tracks, Init: l.Init, Time: l.Time, Shift: main[i].Time - l.Time,
		})
	}
	require.NoError(s.t, timeline.WriteClosed(s.t.Context(), s.store, vod.Folder(id), main))
}

var uriLine = regexp.MustCompile(`(?m)^[^#\n].*$`)

// TestAssets plays one asset with everything that an asset can have, in the clear and encrypted.
func TestAssets(t *testing.T) {
	t.Parallel()
	ffmpeg := tool(t, "ffmpeg")
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
	// A channel of the same feed, encrypted.
	config, err := os.OpenFile(p.config, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = config.WriteString("  - {id: locked, number: 9, name: 内部频道, feed: hall1, encrypt: {rotate: 1m}}\n")
	require.NoError(t, err)
	require.NoError(t, config.Close())
	p.Start()
	p.publish(t.Context(), "hall1")

	t.Run("ffmpeg", func(t *testing.T) {
		var paths []string
		for _, uri := range uriLine.FindAllString(string(fetched(t, p.Podium, "/vod/lecture/index.m3u8")), -1) {
			paths = append(paths, "/vod/lecture/"+uri)
		}
		require.Len(t, paths, 2, "a variant for each size")
		for _, uri := range []string{"index.m3u8", "mono.m3u8", "all/1.m3u8"} {
			paths = append(paths, "/vod/locked/"+uri)
		}
		paths = append(paths, "/vod/lecture/mono.m3u8", "/vod/lecture/mono-180p.m3u8")
		for _, path := range paths {
			decodes(t, ffmpeg, p.URL+path, 500)
		}
		for _, path := range []string{"/vod/lecture/all/iframe-1.m3u8", "/vod/lecture/all/iframe-180p.1.m3u8", "/vod/locked/all/iframe-1.m3u8"} {
			list, err := strict.ParseMedia(fetched(t, p.Podium, path))
			require.NoError(t, err)
			require.True(t, list.IFrames)
			decodes(t, ffmpeg, p.URL+path, len(list.Segments))
		}
	})
	t.Run("lists", func(t *testing.T) {
		lists(t, p.Podium, "/vod/lecture/index.m3u8")
		lists(t, p.Podium, "/vod/locked/index.m3u8")
	})
	t.Run("clear names of what is encrypted", func(t *testing.T) {
		plain := regexp.MustCompile(`-k[0-9a-f]{16}`).ReplaceAllString(firstSegment(t, p.Podium, "/vod/locked/all/1.m3u8"), "")
		status, _, _ := p.Get(plain)
		require.Equal(t, http.StatusNotFound, status, plain)
	})
	t.Run("a channel", func(t *testing.T) { p.encryptedLive(t, ffmpeg) })
	t.Run("hls.js", func(t *testing.T) {
		page := playerPageOf(t, playerHTML)
		b := startBrowser(t)
		b.run(chromedp.Navigate(page + "/?source=" + p.URL + "/vod/lecture/index.m3u8"))
		b.until(30*time.Second, "state.played > 1")
		require.Equal(t, []int{180, 360}, eval[[]int](b, "state.levels"), "lowest first, as hls.js sorts them")
		require.Equal(t, []string{"zh", "en"}, eval[[]string](b, "state.audio.map((l) => ({zho: 'zh', eng: 'en'})[l] || l)"))
		require.Equal(t, []string{"zh"}, eval[[]string](b, "state.text"))
		for _, step := range []struct{ act, until string }{
			{"hls.currentLevel = 0", "state.height === 180"},
			{"hls.currentLevel = 1", "state.height === 360"},
			{"hls.audioTrack = 1", "hls.audioTrack === 1"},
			{"hls.subtitleDisplay = true; hls.subtitleTrack = 0", "state.cues.length === 2"},
		} {
			eval[any](b, "void ("+strings.ReplaceAll(step.act, ";", ",")+")")
			b.until(20*time.Second, step.until)
			from := eval[float64](b, "state.played")
			b.until(20*time.Second, fmt.Sprintf("state.played > %f || video.ended", from+1))
		}
		cues := eval[[][]any](b, "state.cues")
		require.Equal(t, "第一行", cues[0][1])
		require.InDelta(t, 1.0, cues[0][0], 0.1, "where it is said, on the player's clock")
		require.Empty(t, eval[[]string](b, "state.errors"))

		b.run(chromedp.Navigate(page + "/?source=" + p.URL + "/vod/locked/index.m3u8"))
		b.until(30*time.Second, "state.played > 5 && state.keys > 0")
		require.Empty(t, eval[[]string](b, "state.errors"))
	})
}

// encryptedLive decodes an encrypted channel.
func (s *servedPodium) encryptedLive(t *testing.T, ffmpeg string) {
	t.Helper()
	s.within(t).awaitSegments("locked", 4)
	from := s.playlist("/live/locked/mono.m3u8").Segments[0].ProgramDateTime.Unix()
	for _, path := range []string{"archive-%d-6", "mono-archive-%d-6"} {
		path = "/live/locked/" + fmt.Sprintf(path, from) + ".m3u8"
		var said bytes.Buffer
		cmd := exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-live_start_index", "0", "-i", s.URL+path,
			"-t", "4", "-map", "0:v", "-map", "0:a", "-f", "null", "-")
		cmd.Stderr = &said
		require.NoError(t, cmd.Run(), "%s: %s", path, said.String())
		require.Empty(t, said.String(), path)
	}
	lists(t, s.Podium, "/live/locked/index.m3u8")
}

// fetched is what a path answers with 200.
func fetched(t testing.TB, p *testserver.Podium, path string) []byte {
	t.Helper()
	status, body, _ := p.Get(path)
	require.Equal(t, http.StatusOK, status, "%s: %s", path, body)
	return body
}

func firstSegment(t testing.TB, p *testserver.Podium, path string) string {
	t.Helper()
	list, err := strict.ParseMedia(fetched(t, p, path))
	require.NoError(t, err)
	return filepath.Join(filepath.Dir(path), list.Segments[0].URI)
}

// lists reads a multivariant playlist with all that it lists, as strictly as can be.
func lists(t testing.TB, p *testserver.Podium, path string) {
	t.Helper()
	master, err := strict.ParseMaster(fetched(t, p, path))
	require.NoError(t, err)
	require.Empty(t, strict.CheckMaster(master))
	for _, uri := range master.URIs() {
		body := fetched(t, p, filepath.Join(filepath.Dir(path), uri))
		list, err := strict.ParseMedia(body)
		require.NoError(t, err, "%s:\n%s", uri, body)
		require.Empty(t, strict.Check(list), uri)
	}
}

// decodes lets ffmpeg decode all of a playlist, which must have nothing to say; pictures are how many there are.
func decodes(t testing.TB, ffmpeg, url string, pictures int) {
	t.Helper()
	var said, out bytes.Buffer
	cmd := exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-allowed_extensions", "ALL", "-i", url,
		"-map", "0:v?", "-map", "0:a?", "-f", "framehash", "-hash", "adler32", "-")
	cmd.Stdout, cmd.Stderr = &out, &said
	require.NoError(t, cmd.Run(), "%s: %s", url, said.String())
	require.Empty(t, said.String(), url)
	require.Equal(t, pictures, strings.Count(out.String(), "\n0,"), "pictures of %s", url)
}
