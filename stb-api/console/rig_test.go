package console_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/console"
	"podium.tv/podium/stb-api/ops"
	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

const goodPassword = "three ginkgo trees"

// hall is a station with one feed and one channel on the air.
type hall struct{}

func (hall) Feeds() []console.Feed {
	since, age := noon.Add(-time.Hour), 0.04
	return []console.Feed{{
		ID: "hall1", Name: "第一报告厅", State: console.Online, Input: "rtsp://10.0.0.5/stream", Since: &since,
		Tracks: []console.Track{{Kind: "video", Codec: "H.264", Detail: "1920x1080"}}, Bitrate: 2_600_000, FPS: 25, LastFrameAge: &age,
	}, {ID: "hall2", State: console.Waiting}}
}

func (hall) Channels() []console.Channel {
	return []console.Channel{{ID: "edu1", Number: 1, Name: "党员教育电视频道", Feed: "hall1", Segments: 123, Viewers: 4, Renditions: []string{"720p"}}}
}

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) // 12:00 at the station.

// rig is the console behind a real server, over a real catalogue.
type rig struct {
	*console.Console
	echo     *echo.Echo
	url      string
	store    *catalogue.DB
	accounts *access.Accounts
	log      *syncBuffer

	mu sync.Mutex
	at time.Time
}

type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.String()
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func newRig(t *testing.T) *rig {
	t.Helper()
	store, err := catalogue.Open(t.Context(), catalogue.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "podium.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, store.PutChannels(t.Context(),
		catalogue.Channel{ID: "edu1", Number: 1, Name: "党员教育电视频道", Feed: "hall1", Enabled: true},
		catalogue.Channel{ID: "edu2", Number: 2, Name: "二套", Enabled: true}))

	r := &rig{store: store, log: &syncBuffer{}, at: noon, echo: echo.New()}
	log := slog.New(slog.NewJSONHandler(r.log, nil))
	r.accounts = &access.Accounts{Store: store, Hasher: &access.Hasher{Memory: 64, Passes: 1}, Log: log, Now: r.now}
	sessions := &access.Sessions{
		Accounts: r.accounts, Store: store, Throttle: &access.Throttle{Now: r.now}, Secrets: [][]byte{bytes.Repeat([]byte{1}, 32)}, Log: log, Now: r.now,
	}
	r.Console = &console.Console{
		Guard:  &access.Guard{Sessions: sessions},
		Setup:  &access.Setup{Store: store, Accounts: r.accounts, Log: log, Now: r.now},
		Keys:   &access.StreamKeys{Store: store, Now: r.now},
		Signer: &access.Signer{Secrets: [][]byte{bytes.Repeat([]byte{1}, 32)}, Now: r.now},
		Guide:  store, OnAir: hall{}, Log: log, Now: r.now,
	}
	r.echo.HTTPErrorHandler = problem.Handler(log)
	r.echo.IPExtractor = ops.Proxies{}.Extractor()
	r.Register(r.echo)
	server := httptest.NewServer(r.echo)
	t.Cleanup(server.Close)
	r.url = server.URL + "/api/v1/console"
	return r
}

// browser is a client with cookies of its own.
type browser struct {
	t    *testing.T
	rig  *rig
	http *http.Client
}

func (r *rig) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t: t, rig: r, http: &http.Client{Jar: jar}}
}

// signedIn is a browser of a new account.
func (r *rig) signedIn(t *testing.T, name string, role access.Role) *browser {
	t.Helper()
	require.NoError(t, r.accounts.Create(t.Context(), name, goodPassword, role, false))
	b := r.browser(t)
	status, _, body := b.do("POST", "/session", map[string]string{"username": name, "password": goodPassword}, nil)
	require.Equal(t, 200, status, body)
	return b
}

// do sends a request as the page does. A header with an empty value is left out.
func (b *browser) do(method, path string, body any, header map[string]string) (status int, answer http.Header, text string) {
	b.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		raw, err := json.Marshal(body)
		require.NoError(b.t, err)
		reader = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.rig.url+path, reader)
	require.NoError(b.t, err)
	request.Header.Set("Accept-Language", "en")
	request.Header.Set("X-Podium", "1")
	if reader != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		if value == "" {
			request.Header.Del(name)
			continue
		}
		request.Header.Set(name, value)
	}
	response, err := b.http.Do(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return response.StatusCode, response.Header, string(read)
}

// refusal reads a problem document.
type refusal struct {
	Type, Title, Detail, Field, Expected string
	Status                               int
}

func parse[T any](t *testing.T, text string) (made T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &made), text)
	return made
}
