package e2e_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// TestPackedIntoARunningStation packs a film with subtitles while the station runs, and plays it without a restart.
func TestPackedIntoARunningStation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, film := filepath.Join(dir, "podium.yaml"), filepath.Join(dir, "lesson.mp4")
	require.NoError(t, os.WriteFile(file,
		[]byte("http: {listen: '127.0.0.1:0'}\nrtsp: {listen: '127.0.0.1:0'}\ndata_dir: "+filepath.Join(dir, "data")+"\n"), 0o600))
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25",
		"-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", "9", "-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-pix_fmt", "yuv420p",
		"-c:a", "aac", film).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lesson.zh.srt"), []byte("1\n00:00:01,000 --> 00:00:03,000\n你好\n"), 0o600))
	p := testserver.StartPodium(t, podiumBinary(t), "serve", "--config", file)
	status, _, _ := p.Get("/vod/lesson-1/index.m3u8")
	require.Equal(t, http.StatusNotFound, status)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	code, said, log := testserver.NewPodium(t, podiumBinary(t), "pack", film, "--config", file, "--asset", "lesson-1").Run(ctx)
	require.Equal(t, 0, code, log)
	require.Equal(t, "/vod/lesson-1/index.m3u8", strings.TrimSpace(said))

	var body []byte
	require.Eventually(t, func() bool {
		status, body, _ = p.Get("/vod/lesson-1/index.m3u8")
		return status == http.StatusOK
	}, 30*time.Second, 200*time.Millisecond, "the asset is not found: %s", body)
	require.Contains(t, string(body), "TYPE=SUBTITLES")
	require.Contains(t, string(body), "中文")
	for _, name := range []string{"poster.jpg", "thumbs.vtt", "mono.m3u8", "index.mpd"} {
		status, body, _ := p.Get("/vod/lesson-1/" + name)
		require.Equal(t, http.StatusOK, status, "%s: %s", name, body)
		require.NotEmpty(t, body)
	}
	for _, list := range []string{"index.m3u8", "mono.m3u8"} {
		require.Equal(t, decoded(t, film), decoded(t, p.URL+"/vod/lesson-1/"+list), list)
	}
}

// decoded is a sum of all pictures of a film.
func decoded(t *testing.T, input string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", input, "-map", "0:v", "-f", "md5", "-").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, 1, strings.Count(string(out), "\n"), "%s", out)
	return string(out)
}
