package web_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/web"
)

func serve(t *testing.T) *echo.Echo {
	t.Helper()
	e := echo.New()
	require.NoError(t, web.Pages{}.Register(e))
	return e
}

func ask(e *echo.Echo, method, target string, header http.Header) *http.Response {
	request := httptest.NewRequest(method, target, http.NoBody)
	for name, values := range header {
		request.Header[name] = values
	}
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, request)
	return recorder.Result()
}

func text(t *testing.T, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

var (
	reference = regexp.MustCompile(`(?:src|href)="(/[^"]*)"`)
	script    = regexp.MustCompile(`<script[^>]*>`)
)

func TestEveryFileThatAPageNamesIsServed(t *testing.T) {
	e := serve(t)
	for _, page := range []string{"/tv/", "/console/"} {
		html := text(t, ask(e, http.MethodGet, page, nil))
		found := reference.FindAllStringSubmatch(html, -1)
		require.NotEmpty(t, found, page)
		styled := false
		for _, match := range found {
			response := ask(e, http.MethodGet, match[1], nil)
			require.Equal(t, http.StatusOK, response.StatusCode, "%s names %s", page, match[1])
			require.NotEqual(t, "application/octet-stream", response.Header.Get("Content-Type"), match[1])
			styled = styled || strings.HasSuffix(match[1], ".css")
		}
		require.True(t, styled, "%s has a style sheet", page)
	}
}

// The policy has no exception for inline scripts, so a page must not need one.
func TestNoPageHasAnInlineScript(t *testing.T) {
	e := serve(t)
	for _, page := range []string{"/tv/", "/console/"} {
		html := text(t, ask(e, http.MethodGet, page, nil))
		tags := script.FindAllString(html, -1)
		require.NotEmpty(t, tags)
		for _, tag := range tags {
			require.Contains(t, tag, " src=", page)
		}
		require.NotContains(t, html, "<style")
		require.NotContains(t, html, "style=")
	}
}

// Chrome 38 to 48 read the television's style: what they do not know must have been written out.
func TestTheTelevisionsStyleIsForOldBrowsers(t *testing.T) {
	e := serve(t)
	html := text(t, ask(e, http.MethodGet, "/tv/", nil))
	sheet := regexp.MustCompile(`href="(/assets/[^"]*\.css)"`).FindStringSubmatch(html)
	require.NotNil(t, sheet)
	css := text(t, ask(e, http.MethodGet, sheet[1], nil))
	for _, modern := range []string{"var(", "display:grid", "inset:", "gap:", "clamp(", "aspect-ratio"} {
		require.NotContains(t, css, modern)
	}
}

func TestPagesAreCheckedEachTimeAndAssetsAreKept(t *testing.T) {
	e := serve(t)
	page := ask(e, http.MethodGet, "/tv/", nil)
	require.Equal(t, "no-cache", page.Header.Get("Cache-Control"))
	require.Equal(t, "nosniff", page.Header.Get("X-Content-Type-Options"))
	require.Contains(t, page.Header.Get("Content-Security-Policy"), "script-src 'self';")
	require.Contains(t, page.Header.Get("Content-Security-Policy"), "frame-ancestors 'self'")
	require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))

	again := ask(e, http.MethodGet, "/tv/", http.Header{"If-None-Match": {`"other", W/` + page.Header.Get("ETag")}})
	require.Equal(t, http.StatusNotModified, again.StatusCode)
	require.Empty(t, text(t, again))

	asset := ask(e, http.MethodGet, firstScript(t, e), nil)
	require.Contains(t, asset.Header.Get("Cache-Control"), "immutable")
	require.Equal(t, "text/javascript; charset=utf-8", asset.Header.Get("Content-Type"))
}

func firstScript(t *testing.T, e *echo.Echo) string {
	t.Helper()
	found := regexp.MustCompile(`src="(/assets/polyfills[^"]*\.js)"`).FindStringSubmatch(text(t, ask(e, http.MethodGet, "/tv/", nil)))
	require.NotNil(t, found)
	return found[1]
}

func TestGzipIsServedToWhoAcceptsIt(t *testing.T) {
	e := serve(t)
	name := firstScript(t, e)
	plain := text(t, ask(e, http.MethodGet, name, nil))
	for _, test := range []struct {
		accept string
		packed bool
	}{
		{"gzip", true},
		{"deflate, gzip;q=0.5, br", true},
		{"*", true},
		{"*;q=0, gzip", true},
		{"", false},
		{"br", false},
		{"gzip;q=0", false},
		{"gzip;q=zero", false},
		{"gzip;q=0, *", false},
	} {
		t.Run(test.accept, func(t *testing.T) {
			response := ask(e, http.MethodGet, name, http.Header{"Accept-Encoding": {test.accept}})
			require.Equal(t, "Accept-Encoding", response.Header.Get("Vary"))
			if !test.packed {
				require.Empty(t, response.Header.Get("Content-Encoding"))
				require.Equal(t, plain, text(t, response))
				return
			}
			require.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
			reader, err := gzip.NewReader(response.Body)
			require.NoError(t, err)
			unpacked, err := io.ReadAll(reader)
			require.NoError(t, err)
			require.Equal(t, plain, string(unpacked))
		})
	}
}

func TestHeadHasNoBody(t *testing.T) {
	e := serve(t)
	response := ask(e, http.MethodHead, "/console/", nil)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NotEqual(t, "0", response.Header.Get("Content-Length"))
	require.Empty(t, text(t, response))
}

func TestRedirects(t *testing.T) {
	e := serve(t)
	for from, to := range map[string]string{"/": "/tv/", "/tv": "/tv/", "/console": "/console/", "/console?setup=abc": "/console/?setup=abc"} {
		response := ask(e, http.MethodGet, from, nil)
		require.Equal(t, http.StatusFound, response.StatusCode, from)
		require.Equal(t, to, response.Header.Get("Location"), from)
	}
}

func TestNothingElseIsServed(t *testing.T) {
	e := serve(t)
	for _, target := range []string{"/assets/", "/assets/none.js", "/assets/..%2ftv%2findex.html", "/assets/../web.go", "/tv/other", firstScript(t, e) + ".gz"} {
		require.Equal(t, http.StatusNotFound, ask(e, http.MethodGet, target, nil).StatusCode, target)
	}
}

func TestPagesWithoutFilesAreAnError(t *testing.T) {
	err := web.Pages{Files: fstest.MapFS{"tv/index.html": {Data: []byte("x")}}}.Register(echo.New())
	require.ErrorContains(t, err, "console")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// The lock file is read where the packages may come from another place.
func TestTheLockFileNamesNoRegistry(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	require.NoError(t, err)
	require.NotContains(t, string(lock), `"resolved"`)
	require.NotContains(t, string(lock), "registry")
}

func TestNoSourceMapIsShipped(t *testing.T) {
	require.NoError(t, fs.WalkDir(os.DirFS("dist"), ".", func(name string, _ fs.DirEntry, err error) error {
		require.NotEqual(t, ".map", path.Ext(name))
		return err
	}))
}
