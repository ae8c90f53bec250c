package e2e_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
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

// TestGuideAndPlaylist lets xmltv's own tools judge the guide, and asks for everything that a playlist names.
func TestGuideAndPlaylist(t *testing.T) {
	t.Parallel()
	validate, sort := tool(t, "tv_validate_file"), tool(t, "tv_sort")
	p := testserver.StartPodium(t, podiumBinary(t), "demo", "--listen", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", "--data", t.TempDir())

	// The demo fills its guide in the background.
	var guide []byte
	await(t, 30*time.Second, "a week's guide", func() bool {
		var status int
		status, guide, _ = p.Get("/epg/guide.xml")
		return status == http.StatusOK && bytes.Count(guide, []byte("<programme ")) > 200
	})
	file := filepath.Join(t.TempDir(), "guide.xml")
	require.NoError(t, os.WriteFile(file, guide, 0o600))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, validate, "--dtd-file", "/usr/share/xmltv/xmltv.dtd", file).CombinedOutput()
	require.NoError(t, err, string(out))
	require.NotContains(t, string(out), "rror", "tv_validate_file")
	var said strings.Builder
	// tv_sort tells of overlaps, and of programmes without an end, on its standard error.
	sorted := exec.CommandContext(ctx, sort, "--by-channel", file)
	sorted.Stderr = &said
	_, err = sorted.Output()
	require.NoError(t, err, said.String())
	require.Empty(t, said.String(), "tv_sort has something to say")

	status, packed, _ := p.Get("/epg/guide.xml.gz")
	require.Equal(t, http.StatusOK, status)
	unpack, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	unpacked, err := io.ReadAll(unpack)
	require.NoError(t, err)
	require.Equal(t, string(guide), string(unpacked))

	status, _, header := p.Get("/epg/guide.xml")
	require.Equal(t, http.StatusOK, status)
	require.NotEmpty(t, header.Get("ETag"))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/epg/guide.xml", http.NoBody)
	require.NoError(t, err)
	req.Header.Set("If-None-Match", header.Get("ETag"))
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusNotModified, res.StatusCode)

	// The catch-up address that a stock player makes of the playlist's template, in the station's time.
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	from := time.Now().Add(-24 * time.Hour).In(zone)
	const form = "20060102150405"
	status, body, _ := p.Get("/live/edu1/mono.m3u8?playseek=" + from.Format(form) + "-" + from.Add(time.Minute).Format(form))
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(body), "#EXT-X-ENDLIST")

	for _, profile := range []string{"", "?profile=cn", "?profile=kodi", "?profile=tivimate", "?profile=plain"} {
		t.Run("playlist"+profile, func(t *testing.T) { playlistAnswers(t, p, profile) })
	}
}

// playlistAnswers asks for all addresses in a playlist of channels: the streams, the logos and the guide.
func playlistAnswers(t *testing.T, p *testserver.Podium, profile string) {
	status, body, _ := p.Get("/playlist.m3u" + profile)
	require.Equal(t, http.StatusOK, status)
	require.True(t, bytes.HasPrefix(body, []byte("#EXTM3U")))
	var streams, others int
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			streams++
			requireAnswer(t, p, line, "#EXTM3U")
			continue
		}
		for _, attribute := range []string{"x-tvg-url=", "url-tvg=", "tvg-logo="} {
			if _, rest, found := strings.Cut(line, attribute+`"`); found {
				address, _, _ := strings.Cut(rest, `"`)
				others++
				requireAnswer(t, p, address, "")
			}
		}
	}
	require.Equal(t, 1, streams)
	if profile != "?profile=plain" {
		require.NotZero(t, others)
	}
}

// requireAnswer fails the test where an address of this server does not answer, or begins otherwise than expected.
func requireAnswer(t *testing.T, p *testserver.Podium, address, begin string) {
	t.Helper()
	path, ours := strings.CutPrefix(address, p.URL)
	require.True(t, ours, "%s does not lead to %s", address, p.URL)
	status, body, _ := p.Get(path)
	require.Equal(t, http.StatusOK, status, address)
	require.NotEmpty(t, body, address)
	require.True(t, strings.HasPrefix(string(body), begin), address)
}
