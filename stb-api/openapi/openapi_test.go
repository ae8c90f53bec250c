package openapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func document(t *testing.T, r *rig) object {
	t.Helper()
	w := r.do(http.MethodGet, "/openapi.json", "")
	require.Equal(t, http.StatusOK, w.Code)
	var root object
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &root))
	require.Equal(t, "3.1.0", root["openapi"])
	return root
}

// exchange is a request and what is expected of its answer.
type exchange struct {
	method, path, request, body string
	status                      int
}

func TestRealAnswersFitTheDocument(t *testing.T) {
	for _, test := range []exchange{
		{path: "/api/v1/channels", request: "/api/v1/channels", status: 200},
		{path: "/api/v1/channels/{channel}", request: "/api/v1/channels/edu1", status: 200},
		{path: "/api/v1/channels/{channel}", request: "/api/v1/channels/none", status: 404},
		{path: "/api/v1/channels/{channel}/guide", request: "/api/v1/channels/edu1/guide", status: 200},
		{path: "/api/v1/channels/{channel}/guide", request: "/api/v1/channels/edu1/guide?date=x", status: 400},
		{path: "/api/v1/now", request: "/api/v1/now", status: 200},
		{path: "/api/v1/keymap", request: "/api/v1/keymap", status: 200},
		{path: "/logo/{file}", request: "/logo/edu1.svg", status: 200},
		{path: "/logo/{file}", request: "/logo/none.svg", status: 404},
		{path: "/playlist.m3u", request: "/playlist.m3u", status: 200},
		{path: "/playlist.m3u", request: "/playlist.m3u?profile=x", status: 400},
		{path: "/epg/guide.xml", request: "/epg/guide.xml", status: 200},
		{path: "/epg/guide.xml", request: "/epg/guide.xml?days=x", status: 400},
		{path: "/epg/guide.xml.gz", request: "/epg/guide.xml.gz", status: 200},
		{path: "/openapi.json", request: "/openapi.json", status: 200},

		{path: "/live/{channel}/index.m3u8", request: "/live/edu1/index.m3u8", status: 200},
		{path: "/live/{channel}/index.m3u8", request: "/live/edu1/index.m3u8?playseek=x", status: 400},
		{path: "/live/{channel}/index.m3u8", request: "/live/edu2/index.m3u8", status: 403},
		{path: "/live/{channel}/index.m3u8", request: "/live/none/index.m3u8", status: 404},
		{method: http.MethodOptions, path: "/live/{channel}/index.m3u8", request: "/live/edu1/index.m3u8", status: 204},
		{path: "/live/{channel}/mono.m3u8", request: "/live/edu1/mono.m3u8", status: 200},
		{path: "/live/{channel}/{view}.m3u8", request: "/live/edu1/rewind-60.m3u8", status: 200},
		{path: "/live/{channel}/{view}.m3u8", request: "/live/edu1/archive-1-60.m3u8", status: 404},
		{path: "/live/{channel}/mono-{view}.m3u8", request: "/live/edu1/mono-rewind-60.m3u8", status: 200},
		{path: "/live/{channel}/{view}/{track}.m3u8", request: "/live/edu1/live/1.m3u8", status: 200},
		{path: "/live/{channel}/seg-{hour}-{seq}.ts", request: "/live/edu1/seg-498723-9.ts", status: 404},
		{path: "/live/{channel}/seg-{hour}-{seq}-{track}.m4s", request: "/live/edu1/seg-498723-9-1.m4s", status: 404},
		{path: "/live/{channel}/part-{run}-{seq}-{track}-{part}.m4s", request: "/live/edu1/part-1795404803000-9-1-0.m4s", status: 404},
		{path: "/live/{channel}/index.mpd", request: "/live/edu1/index.mpd", status: 200},
		{path: "/live/{channel}/index.mpd", request: "/live/edu1/index.mpd?playseek=x", status: 400},
		{path: "/live/{channel}/{view}.mpd", request: "/live/edu1/rewind-60.mpd", status: 200},
		{path: "/live/{channel}/{view}.mpd", request: "/live/edu1/archive-1-60.mpd", status: 404},
		{path: "/live/{channel}/seg-n{seq}-{track}.m4s", request: "/live/edu1/seg-n99-1.m4s", status: 404},
		{path: "/api/v1/time", request: "/api/v1/time", status: 200},
		{path: "/live/{channel}/{view}.m3u8", request: "/live/edu1/timeshift_abs-1.m3u8", status: 302},
		{path: "/live/{channel}/index.m3u8", request: "/live/edu1/index.m3u8?start=x", status: 400},
		{path: "/live/{channel}/{view}/iframe-{track}.m3u8", request: "/live/edu1/live/iframe-1.m3u8", status: 200},
		{path: "/live/{channel}/iframe-{hour}-{seq}-{track}.m4s", request: "/live/edu1/iframe-498723-9-1.m4s", status: 404},
		{path: "/live/{channel}/seg-{hour}-{seq}-{track}.vtt", request: "/live/edu1/seg-498723-9-1.vtt", status: 404},
		{path: "/live/{channel}/key-{key}.key", request: "/live/edu1/key-0123456789abcdef.key", status: 404},
		{path: "/api/v1/vod/{asset}", request: "/api/v1/vod/lecture", status: 200},
		{path: "/api/v1/vod/{asset}", request: "/api/v1/vod/none", status: 404},
		{path: "/vod/{asset}/index.m3u8", request: "/vod/lecture/index.m3u8", status: 200},
		{path: "/vod/{asset}/all/{track}.m3u8", request: "/vod/lecture/all/1.m3u8", status: 200},
		{path: "/vod/{asset}/index.m3u8", request: "/vod/none/index.m3u8", status: 404},
		{path: "/vod/{asset}/mono.m3u8", request: "/vod/none/mono.m3u8", status: 404},
		{path: "/vod/{asset}/all/{track}.m3u8", request: "/vod/none/all/1.m3u8", status: 404},
		{path: "/vod/{asset}/{file}", request: "/vod/none/poster.jpg", status: 404},
		{path: "/live/{channel}/init-{version}-{track}.mp4", request: "/live/edu1/init-0123456789abcdef-1.mp4", status: 404},

		{path: "/api/v1/playback/check/{kind}/{id}", request: "/api/v1/playback/check/live/edu1", status: 204},
		{path: "/api/v1/playback/check/{kind}/{id}", request: "/api/v1/playback/check/live/edu2", status: 403},
		{path: "/api/v1/playback/check/{kind}/{id}/{token}", request: "/api/v1/playback/check/live/edu2/~x", status: 403},

		{path: "/whip/{feed}", request: "/whip/hall1", status: 200},
		{method: http.MethodOptions, path: "/whip/{feed}", request: "/whip/hall1", status: 204},
		{method: http.MethodPost, path: "/whip/{feed}", request: "/whip/hall1", status: 401},
		{method: http.MethodOptions, path: "/whip/{feed}/{session}", request: "/whip/hall1/none", status: 204},
		{method: http.MethodPatch, path: "/whip/{feed}/{session}", request: "/whip/hall1/none", status: 404},
		{method: http.MethodDelete, path: "/whip/{feed}/{session}", request: "/whip/hall1/none", status: 404},

		{path: "/healthz", request: "/healthz", status: 200},
		{path: "/readyz", request: "/readyz", status: 200},
		{path: "/metrics", request: "/metrics", status: 200},
	} {
		t.Run(test.method+" "+test.request, func(t *testing.T) {
			r := newRig(t)
			spec{root: document(t, r)}.fits(t, r, &test)
		})
	}
}

// An administrator's morning, from the set-up link on.
func TestRealAnswersOfTheConsoleFitTheDocument(t *testing.T) {
	const (
		setup, session, word = "/api/v1/console/setup", "/api/v1/console/session", "/api/v1/console/password"
		onair                = "/api/v1/console/onair"
		dayPath, dayURL      = "/api/v1/console/channels/{id}/programmes", "/api/v1/console/channels/edu1/programmes"
		tokenPath, tokenURL  = "/api/v1/console/channels/{id}/token", "/api/v1/console/channels/edu1/token"
		tokensPath           = "/api/v1/console/tokens"
		eventsPath           = "/api/v1/console/events"
		picturePath          = "/api/v1/console/feeds/{id}/picture.jpg"
		keyPath, keyURL      = "/api/v1/console/feeds/{id}/key", "/api/v1/console/feeds/hall1/key"
	)
	r := newRig(t)
	s := spec{root: document(t, r)}
	signIn := `{"username":"admin","password":"` + password + `"}`
	for _, test := range []exchange{
		{path: onair, request: onair, status: 401},
		{path: setup, request: setup + "?token=" + r.setup, status: 200},
		{method: http.MethodPost, path: setup, request: setup, body: `{"token":"x","username":"a","password":"b"}`, status: 403},
		{
			method: http.MethodPost, path: setup, request: setup, status: 201,
			body: `{"token":"` + r.setup + `","username":"admin","password":"` + password + `"}`,
		},
		{path: session, request: session, status: 200},
		{path: onair, request: onair, status: 200},
		{path: eventsPath, request: eventsPath + "?feed=hall1&limit=5", status: 200},
		{path: eventsPath, request: eventsPath + "?limit=0", status: 400},
		{path: picturePath, request: "/api/v1/console/feeds/hall1/picture.jpg", status: 200},
		{path: picturePath, request: "/api/v1/console/feeds/hall2/picture.jpg", status: 404},
		{path: dayPath, request: dayURL, status: 200},
		{path: dayPath, request: dayURL + "?date=x", status: 400},
		{method: http.MethodPut, path: dayPath, request: dayURL, body: `{"programmes":[{"title":""}]}`, status: 422},
		{method: http.MethodPut, path: dayPath, request: dayURL, status: 200, body: `{"programmes":[
			{"title":"健康讲堂","start":"2026-11-23T01:00:00Z","end":"2026-11-23T02:00:00Z"}]}`},
		{method: http.MethodPost, path: tokenPath, request: tokenURL, body: `{"hours":2}`, status: 201},
		{method: http.MethodPost, path: tokenPath, request: tokenURL, body: `{"hours":0}`, status: 422},
		{method: http.MethodPost, path: tokenPath, request: tokenURL, body: `{"device":"00:1A:79:4f:01:02"}`, status: 201},
		{method: http.MethodPost, path: tokensPath, request: tokensPath, body: `{"asset":"lecture","hours":2}`, status: 201},
		{method: http.MethodPost, path: tokensPath, request: tokensPath, body: `{"all":true}`, status: 201},
		{method: http.MethodPost, path: tokensPath, request: tokensPath, body: `{"channel":"none"}`, status: 404},
		{method: http.MethodPost, path: tokensPath, request: tokensPath, body: `{}`, status: 422},
		{method: http.MethodPost, path: keyPath, request: keyURL, status: 201},
		{method: http.MethodDelete, path: keyPath, request: keyURL, status: 204},
		{method: http.MethodDelete, path: keyPath, request: "/api/v1/console/feeds/none/key", status: 404},
		{method: http.MethodPut, path: word, request: word, body: `{"current":"no","password":"four ginkgo trees"}`, status: 422},
		{method: http.MethodPut, path: word, request: word, status: 200, body: `{"current":"` + password + `","password":"four ginkgo trees"}`},
		{method: http.MethodDelete, path: session, request: session, status: 204},
		{method: http.MethodPost, path: session, request: session, body: signIn, status: 401},
		{method: http.MethodPost, path: session, request: session, body: `{"user":1}`, status: 400},
		{method: http.MethodPost, path: session, request: session, body: strings.Replace(signIn, "three", "four", 1), status: 200},
	} {
		name := test.method + " " + test.path + " " + strconv.Itoa(test.status)
		require.True(t, t.Run(name, func(t *testing.T) { s.fits(t, r, &test) }))
	}
}

// fits sends the request and holds the answer against what the document says of it.
func (s spec) fits(t *testing.T, r *rig, e *exchange) {
	t.Helper()
	method := e.method
	if method == "" {
		method = http.MethodGet
	}
	w := r.do(method, e.request, e.body)
	require.Equal(t, e.status, w.Code, w.Body.String())
	path, ok := fields(s.root["paths"])[e.path].(object)
	require.True(t, ok, "the document has the path")
	responses := fields(fields(path[strings.ToLower(method)])["responses"])
	response, ok := responses[strconv.Itoa(e.status)].(object)
	require.True(t, ok, "the document has the status")
	content := fields(s.resolve(response)["content"])
	if content == nil {
		require.Empty(t, w.Body.Bytes(), "the document has no content")
		return
	}
	mediaType, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	media, ok := content[mediaType].(object)
	require.True(t, ok, "the document has the media type %s", mediaType)
	schema, ok := media["schema"].(object)
	if !ok || !strings.HasSuffix(mediaType, "json") {
		return
	}
	var value any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &value))
	require.NoError(t, s.check("$", schema, value))
}

// Every route is in the document, but for the pages, which people open and programs do not.
func TestEveryRouteIsInTheDocument(t *testing.T) {
	r := newRig(t)
	paths := fields(document(t, r)["paths"])
	routes, err := r.Routes()
	require.NoError(t, err)
	pages := []string{"/", "/tv", "/tv/", "/console", "/console/", "/assets/:name"}
	for _, route := range routes {
		if slices.Contains(pages, route.Path) || route.Method == http.MethodHead {
			continue
		}
		parts := strings.Split(route.Path, "/")
		for i, part := range parts {
			if name, ok := strings.CutPrefix(part, ":"); ok {
				parts[i] = "{" + name + "}"
			}
		}
		path, below := strings.CutSuffix(strings.Join(parts, "/"), "*")
		known := false
		for name, item := range paths {
			_, has := fields(item)[strings.ToLower(route.Method)]
			known = known || has && (name == path || below && strings.HasPrefix(name, path))
		}
		require.True(t, known, "%s %s", route.Method, route.Path)
	}
}

func TestReferencesResolve(t *testing.T) {
	s := spec{root: document(t, newRig(t))}
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
