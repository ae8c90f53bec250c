package openapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/epg"
	"podium.tv/podium/stb-api/clients"
	"podium.tv/podium/stb-api/menu"
	"podium.tv/podium/stb-api/openapi"
	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

type day struct{}

func (day) Span(string) (from, to time.Time, ok bool) {
	return noon.Add(-12 * time.Hour), noon, true
}

// server answers from a real catalogue.
func server(t *testing.T) *echo.Echo {
	t.Helper()
	db, err := catalogue.Open(t.Context(), catalogue.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "podium.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutChannels(t.Context(), catalogue.Channel{ID: "edu1", Number: 1, Name: "党员教育电视频道", ArchiveHours: 168, Enabled: true}))
	_, err = db.ReplaceProgrammes(t.Context(), "edu1", noon.Add(-12*time.Hour), noon.Add(12*time.Hour), []catalogue.Programme{
		{Title: "政策法规讲堂", Start: noon.Add(-2 * time.Hour), End: noon.Add(-time.Hour), Lecturer: "周明德", Category: "政策法规"},
		{Title: "实用技术", Start: noon.Add(-time.Hour), End: noon.Add(time.Hour), Repeat: true},
	})
	require.NoError(t, err)
	clock := func() time.Time { return noon }
	guide := &epg.Guide{Source: db, Now: clock}
	require.NoError(t, guide.Refresh(t.Context()))
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(nil)
	(&menu.Menu{Guide: guide, Archive: day{}, Now: clock}).Register(e)
	(&clients.Clients{Guide: guide, Now: clock}).Register(e)
	openapi.Document{}.Register(e)
	return e
}

func get(e *echo.Echo, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return w
}

func document(t *testing.T, e *echo.Echo) object {
	t.Helper()
	w := get(e, "/openapi.json")
	require.Equal(t, http.StatusOK, w.Code)
	var root object
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &root))
	require.Equal(t, "3.1.0", root["openapi"])
	return root
}

func TestRealAnswersFitTheDocument(t *testing.T) {
	e := server(t)
	s := spec{root: document(t, e)}
	for _, test := range []struct {
		path, request string
		status        int
	}{
		{"/api/v1/channels", "/api/v1/channels", 200},
		{"/api/v1/channels/{channel}", "/api/v1/channels/edu1", 200},
		{"/api/v1/channels/{channel}", "/api/v1/channels/none", 404},
		{"/api/v1/channels/{channel}/guide", "/api/v1/channels/edu1/guide", 200},
		{"/api/v1/channels/{channel}/guide", "/api/v1/channels/edu1/guide?date=x", 400},
		{"/api/v1/now", "/api/v1/now", 200},
		{"/api/v1/keymap", "/api/v1/keymap", 200},
		{"/logo/{file}", "/logo/edu1.svg", 200},
		{"/logo/{file}", "/logo/none.svg", 404},
		{"/playlist.m3u", "/playlist.m3u", 200},
		{"/playlist.m3u", "/playlist.m3u?profile=x", 400},
		{"/epg/guide.xml", "/epg/guide.xml", 200},
		{"/epg/guide.xml", "/epg/guide.xml?days=x", 400},
		{"/epg/guide.xml.gz", "/epg/guide.xml.gz", 200},
		{"/openapi.json", "/openapi.json", 200},
	} {
		t.Run(test.request, func(t *testing.T) {
			w := get(e, test.request)
			require.Equal(t, test.status, w.Code)
			path, ok := fields(s.root["paths"])[test.path].(object)
			require.True(t, ok, "the document has the path")
			responses := fields(fields(path["get"])["responses"])
			response, ok := responses[strconv.Itoa(test.status)].(object)
			require.True(t, ok, "the document has the status")
			mediaType, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
			media, ok := fields(s.resolve(response)["content"])[mediaType].(object)
			require.True(t, ok, "the document has the media type %s", mediaType)
			schema, ok := media["schema"].(object)
			if !ok || !strings.HasSuffix(mediaType, "json") {
				return
			}
			var value any
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &value))
			require.NoError(t, s.check("$", schema, value))
		})
	}
}

func TestEveryRouteIsInTheDocument(t *testing.T) {
	e := server(t)
	paths := fields(document(t, e)["paths"])
	for _, route := range e.Routes() {
		if route.Method != http.MethodGet {
			continue
		}
		parts := strings.Split(route.Path, "/")
		for i, part := range parts {
			if name, ok := strings.CutPrefix(part, ":"); ok {
				parts[i] = "{" + name + "}"
			}
		}
		require.Contains(t, paths, strings.Join(parts, "/"))
	}
}

func TestReferencesResolve(t *testing.T) {
	s := spec{root: document(t, server(t))}
	var walk func(value any)
	walk = func(value any) {
		switch v := value.(type) {
		case object:
			require.NotPanics(t, func() { s.resolve(v) })
			for _, item := range v {
				walk(item)
			}
		case []any:
			for item := range slices.Values(v) {
				walk(item)
			}
		}
	}
	walk(s.root)
}
