package station_test

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHealthAndPicture has a real encoder looked at through the console's API.
func TestHealthAndPicture(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not here")
	}
	s := start(t, layout(t, t.TempDir(), []string{"a"}, ""))
	browser := s.administrator()
	status, body := s.ask(browser, "GET", "/api/v1/console/feeds/a/picture.jpg", "")
	require.Equal(t, 404, status)
	require.Contains(t, string(body), "error.picture.none")
	s.publish("a")

	require.Eventually(t, func() bool {
		status, body = s.ask(browser, "GET", "/api/v1/console/feeds/a/picture.jpg", "")
		return status == 200
	}, 60*time.Second, 200*time.Millisecond, "%s", s.log)
	conf, err := jpeg.DecodeConfig(bytes.NewReader(body))
	require.NoError(t, err)
	require.Equal(t, 320, conf.Width)
	require.Equal(t, 180, conf.Height)

	var answer struct {
		Feeds []struct {
			Sources []struct {
				OnAir   bool
				Grade   string
				Bitrate int64
				Gop     struct{ Seconds float64 }
				Tracks  []struct {
					Codec                       string
					Width, Channels, SampleRate int
				}
			}
		}
	}
	require.Eventually(t, func() bool {
		status, body = s.ask(browser, "GET", "/api/v1/console/onair", "")
		return status == 200 && json.Unmarshal(body, &answer) == nil && answer.Feeds[0].Sources[0].Gop.Seconds == 1
	}, 60*time.Second, 200*time.Millisecond, "%s", body)
	source := answer.Feeds[0].Sources[0]
	require.True(t, source.OnAir)
	require.NotEqual(t, "off", source.Grade)
	require.Positive(t, source.Bitrate)
	require.Equal(t, 320, source.Tracks[0].Width)
	require.Equal(t, 48000, source.Tracks[1].SampleRate)
	_, body = s.get("/metrics")
	require.Contains(t, string(body), `podium_feed_source_key_frame_interval_seconds{feed="a",source="publish"} 1`)
}

// administrator is a browser of the first account.
func (s *onAir) administrator() *http.Client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	browser := &http.Client{Jar: jar}
	link, err := s.SetupPath(s.t.Context())
	require.NoError(s.t, err)
	_, token, found := strings.Cut(link, "setup=")
	require.True(s.t, found, link)
	token, err = url.QueryUnescape(token)
	require.NoError(s.t, err)
	status, body := s.ask(browser, "POST", "/api/v1/console/setup",
		`{"token":"`+token+`","username":"admin","password":"three ginkgo trees"}`)
	require.Equal(s.t, 201, status, string(body))
	return browser
}

func (s *onAir) ask(browser *http.Client, method, path, body string) (int, []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.Address().String()+path, strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("X-Podium", "1")
	r.Header.Set("Content-Type", "application/json")
	response, err := browser.Do(r)
	require.NoError(s.t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, answer
}
