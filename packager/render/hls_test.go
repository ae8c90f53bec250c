package render_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/timeline"
)

// TestPlaylistsReadByFFmpeg plays whole presentations, in both forms, from their playlists.
func TestPlaylistsReadByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	for _, name := range clips {
		for _, form := range []string{"ts", "cmaf"} {
			t.Run(name+" as "+form, func(t *testing.T) {
				c, dir := readClip(t, name), t.TempDir()
				index := writeTS
				if form == "cmaf" {
					index = writeCMAF
				}
				file := index(t, c, dir)
				out, err := exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-i", file, "-map", "0", "-f", "null", "-").CombinedOutput()
				require.NoError(t, err, "%s", out)
				require.Empty(t, string(out))
			})
		}
	}
}

func save(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(file, b, 0o600))
	return file
}

func saveMedia(t *testing.T, dir, name string, segments []playlist.Segment) string {
	t.Helper()
	m := &playlist.Media{TargetDuration: 2 * time.Second, Closed: true, Independent: true, Segments: segments}
	b, err := m.Append(nil)
	require.NoError(t, err)
	return save(t, dir, name, b)
}

func writeTS(t *testing.T, c *clip, dir string) string {
	var list []playlist.Segment
	for n, b := range renderAll(t, c) {
		name := fmt.Sprintf("%d.ts", n)
		save(t, dir, name, b)
		list = append(list, playlist.Segment{URI: name, Duration: 2 * time.Second})
	}
	return saveMedia(t, dir, "index.m3u8", list)
}

func writeCMAF(t *testing.T, c *clip, dir string) string {
	master := &playlist.Master{Independent: true}
	for i := range c.init.Tracks {
		track := &c.init.Tracks[i]
		b, err := render.Init(track)
		require.NoError(t, err)
		init := fmt.Sprintf("init-%d.mp4", i)
		save(t, dir, init, b)
		var list []playlist.Segment
		for n, fragments := range c.cut() {
			name := fmt.Sprintf("%d-%d.m4s", i, n)
			save(t, dir, name, fragments[i])
			list = append(list, playlist.Segment{URI: name, Duration: 2 * time.Second, Map: init})
		}
		uri := fmt.Sprintf("track-%d.m3u8", i)
		saveMedia(t, dir, uri, list)
		if i == c.init.Leading() {
			v := playlist.Variant{URI: uri, Bandwidth: 200000, Codecs: track.Codec.RFC6381()}
			if len(c.init.Tracks) > 1 {
				v.Audio = "sound"
			}
			master.Variants = append(master.Variants, v)
			continue
		}
		master.Audio = append(master.Audio, playlist.Rendition{Group: "sound", Name: "original", Default: true, URI: uri})
	}
	b, err := master.Append(nil)
	require.NoError(t, err)
	return save(t, dir, "index.m3u8", b)
}

// TestCountersRunOn renders from counters that came out of an index, and across it.
func TestCountersRunOn(t *testing.T) {
	c := readClip(t, "h264-aac.ts")
	segments := c.cut()
	_, after, err := render.TS(nil, c.init, segments[0], timeline.Counters{})
	require.NoError(t, err)
	var joined []byte
	from := timeline.Counters{}
	for _, fragments := range segments[:2] {
		joined, from, err = render.TS(joined, c.init, fragments, from)
		require.NoError(t, err)
	}
	second, _, err := render.TS(nil, c.init, segments[1], after)
	require.NoError(t, err)
	require.Equal(t, joined[len(joined)-len(second):], second)
}
