package whip_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/publish"
	ingest "podium.tv/podium/origin/input/whip"
	stbapi "podium.tv/podium/stb-api"
	"podium.tv/podium/stb-api/whip"
)

// scripted is an ingest that answers as it is told.
type scripted struct {
	err  error
	seen ingest.Request
}

func (s *scripted) Publish(_ context.Context, r ingest.Request) (*ingest.Answer, error) {
	s.seen = r
	if s.err != nil {
		return nil, s.err
	}
	return &ingest.Answer{Session: "abc", ETag: `"e"`, Answer: "v=0\r\n"}, nil
}

func (s *scripted) Patch(_, _, _ string) error { return s.err }

func (s *scripted) ETag(_, session string) (string, error) {
	if session != "abc" {
		return "", ingest.ErrSession
	}
	return `"e"`, nil
}

func (s *scripted) Delete(_, session string) error {
	if session != "abc" {
		return ingest.ErrSession
	}
	return s.err
}

func do(t *testing.T, s *scripted, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	server := &stbapi.Server{Slices: []stbapi.Slice{&whip.Slice{Ingest: s, Origins: []string{"https://studio.example.org"}}}}
	handler, err := server.Handler()
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestPublish(t *testing.T) {
	s := &scripted{}
	w := do(t, s, http.MethodPost, "/whip/hall1", "v=0", "Authorization", "bearer k 1", "Content-Type", "application/sdp; charset=utf-8",
		"Origin", "https://studio.example.org", "User-Agent", "OBS")
	require.Equal(t, http.StatusCreated, w.Code)
	require.Equal(t, "/whip/hall1/abc", w.Header().Get("Location"))
	require.Equal(t, `"e"`, w.Header().Get("ETag"))
	require.Equal(t, "application/sdp", w.Header().Get("Content-Type"))
	require.Equal(t, "https://studio.example.org", w.Header().Get("Access-Control-Allow-Origin"))
	require.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "Location")
	require.Equal(t, "v=0\r\n", w.Body.String())
	require.Equal(t, ingest.Request{Feed: "hall1", Key: "k 1", Address: s.seen.Address, Agent: "OBS", Offer: "v=0"}, s.seen)
	require.Equal(t, "192.0.2.1", s.seen.Address.Addr().String())
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		said   string
	}{
		{publish.ErrUnknownFeed, 404, "There is no such feed."},
		{publish.ErrWrongKey, 401, "The stream key is wrong."},
		{publish.ErrAttempts, 429, "Too many wrong stream keys"},
		{publish.ErrTaken, 409, "Another device is publishing this feed."},
		{publish.ErrFull, 503, "Too many are publishing"},
		{publish.ErrClosed, 503, "The server is stopping"},
		{ingest.ErrNoVideoCodec, 406, "offers no H.264 video"},
		{ingest.ErrNoAudioCodec, 406, "offers no Opus"},
		{ingest.ErrOffer, 400, "cannot be understood"},
		{errors.New("the disk burns"), 500, "logged"},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			w := do(t, &scripted{err: c.err}, http.MethodPost, "/whip/hall1", "v=0",
				"Authorization", "Bearer x", "Content-Type", "application/sdp", "Accept-Language", "en")
			require.Equal(t, c.status, w.Code)
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			var said struct{ Detail string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said))
			require.Contains(t, said.Detail, c.said)
			require.NotContains(t, said.Detail, "burns")
			if c.status == 401 {
				require.Equal(t, `Bearer realm="podium", error="invalid_token"`, w.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

func TestRequestsThatAreWrong(t *testing.T) {
	const sdp, fragment = "application/sdp", "application/trickle-ice-sdpfrag"
	for name, c := range map[string]struct {
		method, path, body string
		header             []string
		status             int
	}{
		"no key":           {"POST", "/whip/hall1", "v=0", []string{"Content-Type", sdp}, 401},
		"another scheme":   {"POST", "/whip/hall1", "v=0", []string{"Content-Type", sdp, "Authorization", "Basic eDp5"}, 401},
		"not SDP":          {"POST", "/whip/hall1", "{}", []string{"Content-Type", "application/json", "Authorization", "Bearer x"}, 415},
		"a long offer":     {"POST", "/whip/hall1", strings.Repeat("a", 64<<10+1), []string{"Content-Type", sdp, "Authorization", "Bearer x"}, 413},
		"no If-Match":      {"PATCH", "/whip/hall1/abc", "a=x", []string{"Content-Type", fragment}, 428},
		"restart":          {"PATCH", "/whip/hall1/abc", "a=x", []string{"Content-Type", fragment, "If-Match", "*"}, 422},
		"old ETag":         {"PATCH", "/whip/hall1/abc", "a=x", []string{"Content-Type", fragment, "If-Match", `"old"`}, 412},
		"trickled":         {"PATCH", "/whip/hall1/abc", "a=x", []string{"Content-Type", fragment, "If-Match", `"e"`}, 204},
		"not a fragment":   {"PATCH", "/whip/hall1/abc", "a=x", []string{"Content-Type", sdp, "If-Match", `"e"`}, 415},
		"a long fragment":  {"PATCH", "/whip/hall1/abc", strings.Repeat("a", 16<<10+1), []string{"Content-Type", fragment, "If-Match", `"e"`}, 413},
		"nobody's session": {"PATCH", "/whip/hall1/xyz", "a=x", []string{"Content-Type", fragment, "If-Match", `"e"`}, 404},
		"ended":            {"DELETE", "/whip/hall1/abc", "", nil, 200},
		"ended twice":      {"DELETE", "/whip/hall1/xyz", "", nil, 404},
		"a method":         {"PUT", "/whip/hall1", "", nil, 405},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.status, do(t, &scripted{}, c.method, c.path, c.body, c.header...).Code)
		})
	}
}

func TestOtherSitesAskFirst(t *testing.T) {
	ask := func(origin string) http.Header {
		w := do(t, &scripted{}, http.MethodOptions, "/whip/hall1", "", "Origin", origin, "Access-Control-Request-Method", "POST")
		require.Equal(t, http.StatusNoContent, w.Code)
		require.Equal(t, "application/sdp", w.Header().Get("Accept-Post"))
		return w.Header()
	}
	require.Equal(t, "https://studio.example.org", ask("https://studio.example.org").Get("Access-Control-Allow-Origin"))
	require.Contains(t, ask("https://studio.example.org").Get("Access-Control-Allow-Headers"), "Authorization")
	require.Empty(t, ask("https://evil.example").Get("Access-Control-Allow-Origin"))
}

func TestThePageMayUseTheCameraAndNothingElse(t *testing.T) {
	w := do(t, &scripted{}, http.MethodGet, "/whip/hall1", "")
	require.Equal(t, http.StatusOK, w.Code)
	body, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), "<!doctype html>")
	require.Regexp(t, `default-src 'none'.*script-src 'sha256-[^']{44}'; style-src 'sha256-[^']{44}'$`, w.Header().Get("Content-Security-Policy"))
	require.Contains(t, w.Header().Get("Permissions-Policy"), "camera=(self)")
	head := do(t, &scripted{}, http.MethodHead, "/whip/hall1", "")
	require.Equal(t, http.StatusOK, head.Code)
	require.Zero(t, head.Body.Len())
}
