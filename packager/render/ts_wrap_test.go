package render_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/timeline"
)

// wrapAfter is the media time at which time stamps of 33 bits begin again.
const wrapAfter = time.Duration(1<<33) * time.Second / 90000

// shifted renders a clip's segments with their times shifted.
func shifted(t *testing.T, c *clip, d time.Duration) (segments [][]byte) {
	t.Helper()
	var at timeline.Counters
	for _, fragments := range c.cut() {
		b, next, err := render.TSWith(nil, c.init, fragments, render.TSOptions{From: at, Shift: d})
		require.NoError(t, err)
		segments, at = append(segments, b), next
	}
	return segments
}

// TestWindowOverTheWrapPlays has ffmpeg play what a viewer of a window of more than 26.5 hours gets where stamps wrap: media
// whose shift lets it run on over the wrap, at every place of it, and a new epoch behind a DISCONTINUITY before.
func TestWindowOverTheWrapPlays(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	c := readClip(t, "h264-aac.ts")
	for _, seconds := range []int{-1, 0, 1, 2, 3, 5} {
		t.Run(fmt.Sprintf("%d s into the clip", seconds), func(t *testing.T) {
			dir := t.TempDir()
			list := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:3\n"
			for n, b := range shifted(t, c, wrapAfter-time.Duration(epoch+seconds)*time.Second) {
				name := fmt.Sprintf("%d.ts", n)
				save(t, dir, name, b)
				list += "#EXTINF:2,\n" + name + "\n"
			}
			for n, b := range renderAll(t, c) { // The next epoch, which begins at ten seconds again.
				if n == 0 {
					list += "#EXT-X-DISCONTINUITY\n"
				}
				name := fmt.Sprintf("next-%d.ts", n)
				save(t, dir, name, b)
				list += "#EXTINF:2,\n" + name + "\n"
			}
			file := save(t, dir, "index.m3u8", []byte(list+"#EXT-X-ENDLIST\n"))
			out, err := exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-i", file, "-map", "0:v", "-map", "0:a", "-fps_mode", "passthrough", "-f", "framecrc", "-").CombinedOutput()
			require.NoError(t, err, "%s", out)
			pictures := 0
			for line := range strings.Lines(string(out)) {
				if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "1,") {
					continue
				}
				require.True(t, strings.HasPrefix(line, "0,"), "a complaint: %s", line)
				pictures++
			}
			require.Equal(t, 2*len(c.pieces[0]), pictures)
		})
	}
}
