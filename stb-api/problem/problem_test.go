package problem_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/message"
	"podium.tv/podium/stb-api/problem"
)

// answer runs one request through a server whose only handler returns err.
func answer(t *testing.T, log *slog.Logger, request *http.Request, err error) *httptest.ResponseRecorder {
	t.Helper()
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(log)
	e.GET("/live/:channel", func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, "r1")
		c.Response().Header().Set("ETag", `"stale"`)
		c.Response().Header().Set("Cache-Control", "public, max-age=3600")
		return err
	})
	e.HEAD("/live/:channel", func(echo.Context) error { return err })
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, request)
	return recorder
}

func get(path, language string) *http.Request {
	request := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	if language != "" {
		request.Header.Set("Accept-Language", language)
	}
	return request
}

func TestDocument(t *testing.T) {
	err := problem.New(422, "error.too-large", 10).WithField("programmes[2].title").WithExpected("error.too-many").
		WithRetryAfter(1500 * time.Millisecond)
	recorder := answer(t, nil, get("/live/edu1", "en"), fmt.Errorf("handling: %w", err))
	require.Equal(t, 422, recorder.Code)
	require.Equal(t, problem.ContentType, recorder.Header().Get("Content-Type"))
	require.Equal(t, "en", recorder.Header().Get("Content-Language"))
	require.Equal(t, "Accept-Language", recorder.Header().Get("Vary"))
	require.Equal(t, "no-store", recorder.Header().Get("Cache-Control"))
	require.Equal(t, "2", recorder.Header().Get("Retry-After"))
	require.Empty(t, recorder.Header().Get("ETag"))
	require.JSONEq(t, `{"type":"tag:podium.tv,2026:problem/error.too-large","title":"Breaks a rule","status":422,
		"detail":"The body is over the limit of 10 bytes.","instance":"tag:podium.tv,2026:request/r1",
		"field":"programmes[2].title","expected":"Too many requests: try again a little later."}`, recorder.Body.String())

	recorder = answer(t, nil, get("/live/edu1", ""), problem.New(404, "error.not-found"))
	require.Equal(t, "zh-CN", recorder.Header().Get("Content-Language"))
	require.Contains(t, recorder.Body.String(), `"title":"找不到"`)
}

func TestWithReturnsCopies(t *testing.T) {
	first := problem.New(404, "error.not-found")
	second := first.WithField("id").WithHeader("A", "1")
	third := second.WithHeader("B", "2")
	_ = second.WithHeader("B", "3")
	require.Empty(t, first.Field)
	recorder := answer(t, nil, get("/live/x", ""), third)
	require.Equal(t, "2", recorder.Header().Get("B"))
}

func TestMapping(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
		key    string
	}{
		"echo not found":     {echo.ErrNotFound, 404, "error.not-found"},
		"echo bad request":   {echo.NewHTTPError(400, "English text of a library"), 400, "error.request"},
		"echo media type":    {echo.ErrUnsupportedMediaType, 415, "error.unsupported"},
		"echo own 500":       {echo.NewHTTPError(500, "secret"), 500, "error.internal"},
		"echo odd code":      {echo.NewHTTPError(200, "odd"), 500, "error.internal"},
		"body limit":         {fmt.Errorf("reading: %w", &http.MaxBytesError{Limit: 7}), 413, "error.too-large"},
		"deadline":           {fmt.Errorf("store: %w", context.DeadlineExceeded), 504, "error.timeout"},
		"cancelled by us":    {fmt.Errorf("store: %w", context.Canceled), 503, "error.stopping"},
		"unknown":            {errors.New("secret"), 500, "error.internal"},
		"problem in a chain": {errors.Join(errors.New("secret"), problem.New(409, "error.request")), 409, "error.request"},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := answer(t, nil, get("/live/x", "en"), test.err)
			require.Equal(t, test.status, recorder.Code)
			var document struct{ Type, Detail string }
			require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &document))
			require.Equal(t, "tag:podium.tv,2026:problem/"+test.key, document.Type)
			require.NotContains(t, recorder.Body.String(), "secret")
			require.NotContains(t, recorder.Body.String(), "library")
			require.True(t, message.Has(test.key))
		})
	}
}

func TestUnknownErrorIsLoggedWithItsRequest(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, nil))
	recorder := answer(t, log, get("/live/~token-in-the-path", "en"), errors.New("disk\r\non fire"))
	require.Contains(t, recorder.Body.String(), "the request number r1")
	require.Contains(t, logged.String(), `"request":"r1"`)
	require.Contains(t, logged.String(), `"route":"/live/:channel"`)
	require.NotContains(t, logged.String(), "token-in-the-path")
	require.Equal(t, 1, strings.Count(logged.String(), "\n"))
}

func TestClientGoneIsNotAnswered(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	recorder := answer(t, nil, get("/live/x", "").WithContext(ctx), ctx.Err())
	require.Empty(t, recorder.Body.Bytes())
}

func TestHeadHasNoBody(t *testing.T) {
	request := httptest.NewRequest(http.MethodHead, "/live/x", http.NoBody)
	recorder := answer(t, nil, request, problem.New(404, "error.not-found"))
	require.Equal(t, 404, recorder.Code)
	require.Empty(t, recorder.Body.Bytes())
}

func TestMethodAndPathNotRouted(t *testing.T) {
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(nil)
	e.GET("/here", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	server := httptest.NewServer(e)
	defer server.Close()

	response, err := http.Post(server.URL+"/here", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, 405, response.StatusCode)
	require.Equal(t, problem.ContentType, response.Header.Get("Content-Type"))
	require.Contains(t, response.Header.Get("Allow"), "GET")
	require.Contains(t, string(body), "POST")
}

func TestErrorText(t *testing.T) {
	err := problem.New(404, "error.not-found").WithField("id").WithCause(io.ErrUnexpectedEOF)
	require.Equal(t, "404 There is nothing at this address. (id): unexpected EOF", err.Error())
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// An answer that nobody reads to its end is no fault of ours.
func TestClientGoneWhileWriting(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
		logged bool
	}{
		"broken pipe": {fmt.Errorf("write: %w", syscall.EPIPE), problem.StatusCancelled, false},
		"too slow":    {fmt.Errorf("write: %w", os.ErrDeadlineExceeded), problem.StatusCancelled, false},
		"our fault":   {errors.New("object ended early"), 500, true},
	} {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			e := echo.New()
			e.HTTPErrorHandler = problem.Handler(slog.New(slog.NewJSONHandler(&logged, nil)))
			status := 0
			e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
				return func(c echo.Context) error {
					c.Error(next(c))
					status = c.Response().Status
					return nil
				}
			})
			e.GET("/live/:channel", func(c echo.Context) error {
				if err := c.Blob(http.StatusOK, "video/mp2t", []byte("half")); err != nil {
					return err
				}
				return test.err
			})
			recorder := httptest.NewRecorder()
			e.ServeHTTP(recorder, get("/live/x", ""))
			require.Equal(t, "half", recorder.Body.String())
			require.Equal(t, test.status, status)
			require.Equal(t, test.logged, logged.Len() > 0)
		})
	}
}
