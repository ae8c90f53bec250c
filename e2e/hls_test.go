package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/testserver"
)

// TestCarriedFurther plays a film round and round, and carries that channel further by HLS, as another portal would: by its
// multivariant playlist, with fragmented MP4 and sound of its own, and by the one of MPEG-TS. Strict viewers of all three notice
// neither where the film begins again nor where segments end.
func TestCarriedFurther(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	short := filepath.Join(folder, "short.mp4")
	cut := encoder(t, "-t", "7.3", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-s", "320x180", "-c:a", "copy", "-y", short)
	require.NoError(t, cut.wait(t, 60*time.Second))
	const config = `log: {level: debug}
http: {listen: %q, trusted_proxies: []}
rtsp: {listen: ""}
data_dir: %q
storage: {kind: folder}
packaging: {segment_target: 1s, live_window: 20s}
inputs: {allow_loopback: true, folders: [%q]}
feeds:
  - {id: film, input: "file:%s", slate: off}
  - {id: cmaf, input: "http://%s/live/film/index.m3u8", slate: off}
  - {id: ts, input: "http://%s/live/film/mono.m3u8", slate: off}
channels:
  - {id: film, number: 1, name: 片花, feed: film}
  - {id: cmaf, number: 2, name: 转播一, feed: cmaf}
  - {id: ts, number: 3, name: 转播二, feed: ts}
`
	file := filepath.Join(t.TempDir(), "podium.yaml")
	listen := testserver.FreeAddress(t)
	text := fmt.Sprintf(config, listen, t.TempDir(), folder, short, listen, listen)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	s := &servedPodium{t: t, config: file, Podium: testserver.NewPodium(t, racyBinary(t), "serve", "--config", file)}
	s.Start()
	var viewers []*watcher
	for _, id := range []string{"film", "cmaf", "ts"} {
		s.awaitSegments(id, 3)
		viewers = append(viewers, watch(t, s.URL+"/live/"+id+"/mono.m3u8"))
	}
	for _, w := range viewers {
		w.awaitMore(t, 9, 60*time.Second) // The film's end is among them.
		w.content(t)
		require.Empty(t, w.breaks(), w.url)
	}
	for _, id := range []string{"cmaf", "ts"} {
		_, master, _ := s.Get("/live/" + id + "/index.m3u8")
		require.Contains(t, string(master), "avc1.", id)
		require.Contains(t, string(master), "mp4a.40.2", id)
	}
	require.Empty(t, s.logged("is left out"))
}
