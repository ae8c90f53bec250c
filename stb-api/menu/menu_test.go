package menu_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/epg"
	"podium.tv/podium/stb-api/menu"
	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func at(hour, minute int) time.Time {
	return noon.Add(time.Duration(hour-12)*time.Hour + time.Duration(minute)*time.Minute)
}

type source struct {
	channels   []catalogue.Channel
	programmes map[string][]catalogue.Programme
	err        error
}

func (s *source) Channels(context.Context) ([]catalogue.Channel, error) { return s.channels, s.err }

func (s *source) Programmes(_ context.Context, channel string, _, _ time.Time) ([]catalogue.Programme, error) {
	return s.programmes[channel], s.err
}

func (s *source) Revisions(context.Context) (catalogue.Revisions, error) {
	return catalogue.Revisions{}, s.err
}

// archive is what is left of each channel, from and to.
type archive map[string][2]time.Time

func (a archive) Span(channel string) (from, to time.Time, ok bool) {
	span, ok := a[channel]
	return span[0], span[1], ok
}

type rig struct {
	*echo.Echo
	menu *menu.Menu
	now  time.Time
}

func house(t testing.TB) *rig {
	t.Helper()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	programme := func(id string, start, end time.Time) catalogue.Programme {
		return catalogue.Programme{ID: id, Channel: "edu1", Start: start, End: end, Title: "讲座" + id, Lecturer: "周明德", Category: "政策法规"}
	}
	s := &source{
		channels: []catalogue.Channel{
			{ID: "edu1", Number: 1, Name: "党员教育电视频道", Group: "教育", ArchiveHours: 24, Enabled: true},
			{ID: "hall2", Number: 2, Name: `<script>"二套"&`, Logo: "https://example.org/2.png", ArchiveHours: 0, Enabled: true},
			{ID: "off3", Number: 3, Name: "停播"},
		},
		programmes: map[string][]catalogue.Programme{"edu1": {
			programme("gone", at(12-25, 0), at(13-25, 0)), programme("part", at(9, 0), at(10, 0)), programme("whole", at(10, 0), at(11, 0)),
			programme("on", at(11, 30), at(12, 30)), programme("next", at(12, 30), at(13, 0)),
		}},
	}
	r := &rig{Echo: echo.New(), now: noon}
	clock := func() time.Time { return r.now }
	guide := &epg.Guide{Source: s, Zone: shanghai, Now: clock}
	require.NoError(t, guide.Refresh(t.Context()))
	r.menu = &menu.Menu{
		Guide: guide, Now: clock, Station: func() string { return "区党员教育中心" },
		Archive: archive{"edu1": {at(9, 20).Add(300 * time.Millisecond), noon.Add(-8 * time.Second)}, "hall2": {at(0, 0), noon}},
		OnAir:   func(channel string) bool { return channel == "edu1" },
	}
	r.HTTPErrorHandler = problem.Handler(nil)
	r.menu.Register(r.Echo)
	return r
}

func (r *rig) get(path string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	return w
}

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(body, &value))
	out, err := json.MarshalIndent(value, "", "  ")
	require.NoError(t, err)
	return append(out, '\n')
}

func TestGolden(t *testing.T) {
	for name, path := range map[string]string{
		"channels": "/api/v1/channels", "channel": "/api/v1/channels/edu1", "now": "/api/v1/now",
		"guide": "/api/v1/channels/edu1/guide?date=2026-11-23",
	} {
		t.Run(name, func(t *testing.T) {
			w := house(t).get(path)
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
			require.Contains(t, w.Header().Get("Cache-Control"), "max-age=")
			file := filepath.Join("testdata", name+".json")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(file, indented(t, w.Body.Bytes()), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), string(indented(t, w.Body.Bytes())))
		})
	}
}

type programme struct {
	ID, Start, End, State string
	Filler                bool
	Play                  *string
}

func (r *rig) programmes(t *testing.T, query string) []programme {
	t.Helper()
	w := r.get("/api/v1/channels/edu1/guide" + query)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var body struct{ Programmes []programme }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
	return body.Programmes
}

func TestPlay(t *testing.T) {
	r := house(t)
	play := map[string]string{}
	state := map[string]string{}
	for _, p := range r.programmes(t, "?from="+url.QueryEscape(at(-20, 0).Format(time.RFC3339))+"&to="+url.QueryEscape(at(23, 0).Format(time.RFC3339))) {
		state[p.ID] = p.State
		if p.Play != nil {
			play[p.ID] = *p.Play
		}
	}
	unix := func(t time.Time) string { return fmt.Sprint(t.Unix()) }
	require.Equal(t, map[string]string{
		"part":  "/live/edu1/archive-" + unix(at(9, 20).Add(time.Second)) + "-2399.m3u8",
		"whole": "/live/edu1/archive-" + unix(at(10, 0)) + "-3600.m3u8",
		"on":    "/live/edu1/archive-" + unix(at(11, 30)) + "-now.m3u8",
		// The hole between two programmes is aired too.
		"filler-edu1-" + unix(at(11, 0)): "/live/edu1/archive-" + unix(at(11, 0)) + "-1800.m3u8",
	}, play)
	require.Equal(t, "past", state["gone"])
	require.Equal(t, "now", state["on"])
	require.Equal(t, "future", state["next"])

	r.menu.Archive = archive{"edu1": {at(-24, 0), at(10, 30)}}
	for _, p := range r.programmes(t, "?date=2026-11-23") {
		switch p.ID {
		case "whole":
			require.NotNil(t, p.Play, "a part of it was recorded")
		case "on":
			require.Nil(t, p.Play, "nothing of it was recorded")
		}
	}
	for name, a := range map[string]menu.Archive{"none": nil, "unknown": archive{}, "empty": archive{"edu1": {noon, noon}}} {
		r.menu.Archive = a
		for _, p := range r.programmes(t, "") {
			require.Nil(t, p.Play, name)
		}
	}
}

func TestArchivePromise(t *testing.T) {
	r := house(t)
	r.menu.Archive = archive{"edu1": {at(-100, 0), noon}}
	for _, p := range r.programmes(t, "?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z") {
		if p.ID == "gone" {
			require.Nil(t, p.Play, "older than the channel's archive, though still stored")
		}
	}
}

func TestGuideWindows(t *testing.T) {
	r := house(t)
	today := r.programmes(t, "")
	require.Equal(t, today, r.programmes(t, "?date=2026-11-23"))
	require.Equal(t, "2026-11-22T16:00:00Z", today[0].Start, "midnight in the station's zone")
	require.Equal(t, "2026-11-23T16:00:00Z", today[len(today)-1].End)
	tomorrow := r.programmes(t, "?date=2026-11-24")
	require.Len(t, tomorrow, 1)
	require.True(t, tomorrow[0].Filler)

	for query, field := range map[string]string{
		"?date=yesterday": "date", "?date=2026-13-01": "date", "?date=0001-01-01": "date", "?date=9999-12-31": "date",
		"?from=2026-11-23T00:00:00Z":                         "to",
		"?to=2026-11-23T00:00:00Z":                           "from",
		"?from=2026-11-23&to=2026-11-24":                     "from",
		"?from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00Z": "to",
		"?from=2026-11-23T00:00:00Z&to=2026-12-02T00:00:00Z": "to",
		"?from=2026-11-23T00:00:00Z&to=9999-12-02T00:00:00Z": "to",
		"?from=" + strings.Repeat("9", 4000) + "&to=9999":    "from",
	} {
		w := r.get("/api/v1/channels/edu1/guide"+query, "Accept-Language", "en")
		require.Equal(t, http.StatusBadRequest, w.Code, query)
		require.Equal(t, "application/problem+json", strings.Split(w.Header().Get("Content-Type"), ";")[0])
		var body struct{ Field, Detail string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
		require.Equal(t, field, body.Field, query)
		require.Less(t, len(body.Detail), 200)
	}
}

func TestUnknownChannel(t *testing.T) {
	r := house(t)
	for _, path := range []string{"/api/v1/channels/off3", "/api/v1/channels/none/guide", "/api/v1/channels/%00%ff", "/logo/none.svg", "/logo/edu1.png", "/logo/..%2fedu1.svg"} {
		require.Equal(t, http.StatusNotFound, r.get(path).Code, path)
	}
}

func TestBeforeTheFirstGuide(t *testing.T) {
	r := house(t)
	r.menu.Guide = &epg.Guide{Source: &source{err: errors.New("away")}}
	for _, path := range []string{"/api/v1/channels", "/api/v1/channels/edu1", "/api/v1/now", "/api/v1/channels/edu1/guide", "/logo/edu1.svg"} {
		w := r.get(path)
		require.Equal(t, http.StatusServiceUnavailable, w.Code, path)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
	}
}

func TestConditional(t *testing.T) {
	for _, path := range []string{"/api/v1/channels", "/api/v1/channels/edu1", "/api/v1/now", "/api/v1/channels/edu1/guide", "/api/v1/keymap", "/logo/edu1.svg"} {
		t.Run(path, func(t *testing.T) {
			r := house(t)
			first := r.get(path)
			etag := first.Header().Get("ETag")
			require.NotEmpty(t, etag)
			r.now = r.now.Add(time.Second)
			again := r.get(path, "If-None-Match", etag)
			require.Equal(t, http.StatusNotModified, again.Code, "the server's time alone is no change")
			require.Zero(t, again.Body.Len())
			head := httptest.NewRecorder()
			r.ServeHTTP(head, httptest.NewRequest(http.MethodHead, path, http.NoBody))
			require.Equal(t, http.StatusOK, head.Code)
			require.Zero(t, head.Body.Len())
			if strings.HasPrefix(path, "/api/v1/channels") || path == "/api/v1/now" {
				r.now = r.now.Add(time.Hour)
				require.Equal(t, http.StatusOK, r.get(path, "If-None-Match", etag).Code, "another programme is on")
			}
		})
	}
}

func TestKeymap(t *testing.T) {
	var body struct {
		Keys      map[string]string
		Conflicts []struct {
			Code   int
			Chosen string
			Others []string
			Why    string
		}
	}
	require.NoError(t, json.Unmarshal(house(t).get("/api/v1/keymap").Body.Bytes(), &body))
	for code, action := range map[string]string{
		"38": "up", "40": "down", "37": "left", "39": "right", "13": "ok", "8": "back", "24": "back", "340": "back", "461": "back", "10009": "back",
		"33": "pageUp", "34": "pageDown", "48": "0", "57": "9", "96": "0", "105": "9", "257": "channelUp", "258": "channelDown",
		"427": "channelUp", "428": "channelDown", "9": "channelUp", "1009": "channelDown", "259": "volumeUp", "260": "volumeDown", "261": "mute",
		"447": "volumeUp", "449": "mute", "2192": "mute", "263": "playPause", "264": "forward", "265": "rewind", "270": "stop", "415": "play", "19": "pause",
		"10252": "playPause", "2066": "rewind", "275": "red", "278": "blue", "403": "red", "406": "blue", "272": "home", "122": "home", "93": "menu",
		"112": "guide", "268": "info", "281": "favourite", "285": "search", "284": "help", "458": "guide", "457": "info", "119": "guide",
		"271": "locate", "262": "track", "1028": "track", "768": "event", "2305": "red", "832": "red", "372": "pageUp", "373": "pageDown",
	} {
		require.Equal(t, action, body.Keys[code], code)
	}
	for _, c := range body.Conflicts {
		require.Equal(t, c.Chosen, body.Keys[fmt.Sprint(c.Code)])
		require.NotEmpty(t, c.Others)
		require.NotEmpty(t, c.Why)
	}
}

func TestLogo(t *testing.T) {
	r := house(t)
	for _, id := range []string{"edu1", "hall2"} {
		w := r.get("/logo/" + id + ".svg")
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "image/svg+xml", w.Header().Get("Content-Type"))
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
		decoder, texts := xml.NewDecoder(w.Body), ""
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, "it is well formed, whatever the name")
			if element, ok := token.(xml.StartElement); ok {
				require.NotEqual(t, "script", element.Name.Local)
			}
			if text, ok := token.(xml.CharData); ok {
				texts += strings.TrimSpace(string(text))
			}
		}
		require.Equal(t, map[string]string{"edu1": "1党员教育电视频道", "hall2": `2<script>"二套"&`}[id], texts)
	}
}

func TestLogoFile(t *testing.T) {
	r := house(t)
	dir := t.TempDir()
	picture := filepath.Join(dir, "logo.PNG")
	require.NoError(t, os.WriteFile(picture, []byte("\x89PNG"), 0o600))
	file := picture
	r.menu.LogoFile = func(channel string) string {
		if channel == "edu1" {
			return file
		}
		return ""
	}
	require.Contains(t, r.get("/api/v1/channels").Body.String(), `"logo":"/logo/edu1.png"`)
	w := r.get("/logo/edu1.png")
	require.Equal(t, "\x89PNG", w.Body.String())
	require.Equal(t, "image/png", w.Header().Get("Content-Type"))
	require.Equal(t, http.StatusOK, r.get("/logo/edu1.svg").Code, "the drawn one stays")
	for name, path := range map[string]string{"missing": filepath.Join(dir, "none.png"), "a folder": dir + "/x.png", "not a picture": "/etc/passwd.txt"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "x.png"), 0o700))
		file = path
		require.Equal(t, http.StatusNotFound, r.get("/logo/edu1"+filepath.Ext(path)).Code, name)
	}
}

func BenchmarkChannels(b *testing.B) {
	r := house(b)
	b.ReportAllocs()
	for b.Loop() {
		r.get("/api/v1/channels")
	}
}
