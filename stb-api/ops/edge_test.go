package ops_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/ops"
	"podium.tv/podium/stb-api/problem"
)

// lines is a log that handlers write to and tests read.
type lines struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}

// serve runs a server behind an Edge.
func serve(t *testing.T, edge *ops.Edge, routes func(e *echo.Echo)) (url string, registry *prometheus.Registry, logged *lines) {
	t.Helper()
	registry, logged = prometheus.NewPedanticRegistry(), &lines{}
	edge.Metrics = ops.NewMetrics(registry)
	edge.Log = slog.New(slog.NewJSONHandler(logged, nil))
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(edge.Log)
	e.IPExtractor = edge.Proxies.Extractor()
	e.Use(edge.Middleware())
	routes(e)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server.URL, registry, logged
}

func fetch(t *testing.T, request *http.Request) (status int, header http.Header, body string) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(read)
}

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	made, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	return made
}

func TestRequestsAreCountedByRoute(t *testing.T) {
	url, registry, logged := serve(t, &ops.Edge{}, func(e *echo.Echo) {
		e.GET("/live/:channel/:name", func(c echo.Context) error { return c.String(http.StatusOK, "12345") })
		e.GET("/api/v1/channels", func(c echo.Context) error { return c.String(http.StatusOK, "{}") })
	})
	for i := range 10 {
		fetch(t, request(t, "GET", fmt.Sprintf("%s/live/edu1/~secret%d/s.ts", url, i), nil))
		fetch(t, request(t, "GET", fmt.Sprintf("%s/live/edu%d/s.ts?token=secret", url, i), nil))
		fetch(t, request(t, "GET", fmt.Sprintf("%s/nothing/%d", url, i), nil))
		fetch(t, request(t, fmt.Sprintf("ODD%d", i), url+"/api/v1/channels", nil))
	}
	fetch(t, request(t, "GET", url+"/api/v1/channels?token=secret", nil))
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP podium_http_requests_total Requests answered, by route template, method and status.
# TYPE podium_http_requests_total counter
podium_http_requests_total{method="GET",route="/api/v1/channels",status="200"} 1
podium_http_requests_total{method="GET",route="/live/:channel/:name",status="200"} 20
podium_http_requests_total{method="GET",route="none",status="404"} 10
podium_http_requests_total{method="other",route="/api/v1/channels",status="405"} 10
# HELP podium_http_response_bytes_total Bytes of answers' bodies, by route template.
`), "podium_http_requests_total"))
	require.Equal(t, 1, testutil.CollectAndCount(registry, "podium_http_requests_in_flight"))
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
	require.NotContains(t, logged.String(), "secret")
	require.Contains(t, logged.String(), `"path":"/api/v1/channels"`)
	require.NotContains(t, logged.String(), `"path":"/live/edu1/s.ts"`, "media that went well is not logged")
}

func TestHeaders(t *testing.T) {
	proxies := ops.Proxies{Trusted: ops.Loopback()}
	url, _, _ := serve(t, &ops.Edge{Proxies: proxies, StrictTransport: true}, func(e *echo.Echo) {
		e.GET("/live/:channel", func(c echo.Context) error { return c.String(http.StatusOK, "") })
		e.GET("/page", func(c echo.Context) error {
			c.Response().Header().Set("Content-Security-Policy", "default-src 'self'")
			return c.String(http.StatusOK, "")
		})
		e.GET("/api", func(c echo.Context) error { return c.String(http.StatusOK, "") })
	})
	_, media, _ := fetch(t, request(t, "GET", url+"/live/edu1", nil))
	require.Equal(t, "nosniff", media.Get("X-Content-Type-Options"))
	require.Empty(t, media.Get("Content-Security-Policy"))
	require.Empty(t, media.Get("X-Request-Id"))

	_, api, _ := fetch(t, request(t, "GET", url+"/api", nil))
	require.Contains(t, api.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "same-origin", api.Get("Referrer-Policy"))
	require.Equal(t, "SAMEORIGIN", api.Get("X-Frame-Options"))
	require.Empty(t, api.Get("Strict-Transport-Security"))
	require.NotEmpty(t, api.Get("X-Request-Id"))
	require.Empty(t, api.Get("Server"))

	secure := request(t, "GET", url+"/page", nil)
	secure.Header.Set("X-Forwarded-Proto", "https")
	_, page, _ := fetch(t, secure)
	require.Equal(t, "default-src 'self'", page.Get("Content-Security-Policy"))
	require.Equal(t, "max-age=31536000", page.Get("Strict-Transport-Security"))

	_, missing, _ := fetch(t, request(t, "GET", url+"/nothing", nil))
	require.Equal(t, "nosniff", missing.Get("X-Content-Type-Options"))
	require.NotEqual(t, api.Get("X-Request-Id"), missing.Get("X-Request-Id"))
}

func TestBodyIsBounded(t *testing.T) {
	url, _, _ := serve(t, &ops.Edge{MaxBody: 1000}, func(e *echo.Echo) {
		e.POST("/", func(c echo.Context) error {
			body, err := io.ReadAll(c.Request().Body)
			if err != nil {
				return err
			}
			return c.String(http.StatusOK, fmt.Sprint(len(body)))
		})
	})
	status, _, body := fetch(t, request(t, "POST", url+"/", strings.NewReader(strings.Repeat("a", 1000))))
	require.Equal(t, 200, status)
	require.Equal(t, "1000", body)
	status, _, body = fetch(t, request(t, "POST", url+"/", strings.NewReader(strings.Repeat("a", 1001))))
	require.Equal(t, 413, status)
	require.Contains(t, body, "1000")
	// A body that does not tell its length.
	status, header, _ := fetch(t, request(t, "POST", url+"/", io.MultiReader(strings.NewReader(strings.Repeat("a", 1001)))))
	require.Equal(t, 413, status)
	require.Equal(t, problem.ContentType, header.Get("Content-Type"))
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	url, registry, logged := serve(t, &ops.Edge{}, func(e *echo.Echo) {
		e.GET("/api", func(echo.Context) error { panic("secret of the house") })
		e.GET("/live/:channel", func(c echo.Context) error {
			if err := c.Blob(http.StatusOK, "video/mp2t", make([]byte, 100)); err != nil {
				return err
			}
			c.Response().Flush()
			panic("halfway")
		})
		e.GET("/abort", func(echo.Context) error { panic(http.ErrAbortHandler) })
	})
	status, header, body := fetch(t, request(t, "GET", url+"/api", nil))
	require.Equal(t, 500, status)
	require.NotContains(t, body, "secret")
	require.Contains(t, body, header.Get("X-Request-Id"))
	require.Contains(t, logged.String(), "secret of the house")
	require.Contains(t, logged.String(), "edge_test.go")

	response, err := http.DefaultClient.Do(request(t, "GET", url+"/live/edu1", nil))
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	require.Error(t, err, "half a segment must not look whole")
	_, err = http.DefaultClient.Do(request(t, "GET", url+"/abort", nil))
	require.Error(t, err)
	require.Eventually(t, func() bool {
		return testutil.CollectAndCompare(registry, strings.NewReader(`
# HELP podium_http_requests_in_flight Requests being answered now.
# TYPE podium_http_requests_in_flight gauge
podium_http_requests_in_flight 0
`), "podium_http_requests_in_flight") == nil
	}, 5*time.Second, time.Millisecond)
}

func TestErrorsOfMediaAreLogged(t *testing.T) {
	url, _, logged := serve(t, &ops.Edge{}, func(e *echo.Echo) {
		e.GET("/live/:channel/:token/s.ts", func(echo.Context) error { return errors.New("store is away") })
	})
	status, header, _ := fetch(t, request(t, "GET", url+"/live/edu1/~secret/s.ts", nil))
	require.Equal(t, 500, status)
	require.Contains(t, logged.String(), `"path":"/live/edu1/~/s.ts"`)
	require.Contains(t, logged.String(), header.Get("X-Request-Id"))
	require.NotContains(t, logged.String(), "secret")
}

// A client's own texts stay inside their quotes.
func TestLogIsNotForged(t *testing.T) {
	url, _, logged := serve(t, &ops.Edge{}, func(*echo.Echo) {})
	made := request(t, "GET", url+"/a%0d%0aforged%20line"+strings.Repeat("x", 5000), nil)
	made.Header.Set("User-Agent", strings.Repeat("agent", 1000))
	fetch(t, made)
	require.Equal(t, 1, strings.Count(logged.String(), "\n"))
	require.Less(t, len(logged.String()), 1500)
}

func TestSlowWriterIsCutOff(t *testing.T) {
	done := make(chan error, 1)
	url, _, _ := serve(t, &ops.Edge{WriteWithin: 50 * time.Millisecond}, func(e *echo.Echo) {
		e.GET("/live/:channel", func(c echo.Context) error {
			_, err := c.Response().Write(make([]byte, 64<<20))
			done <- err
			return err
		})
	})
	response, err := http.DefaultClient.Do(request(t, "GET", url+"/live/edu1", nil))
	require.NoError(t, err)
	defer response.Body.Close()
	select {
	case err := <-done: // Nobody read the body.
		require.Error(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("the handler still waits for a client that does not read")
	}
}

func probesRequest(t *testing.T, probes *ops.Probes, path, remote string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(nil)
	probes.Register(e)
	made := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	made.RemoteAddr = remote
	for name, values := range header {
		made.Header[name] = values
	}
	recorder := httptest.NewRecorder()
	e.ServeHTTP(recorder, made)
	return recorder
}

func TestMetricsAreNotPublic(t *testing.T) {
	registry := prometheus.NewRegistry()
	ops.NewMetrics(registry)
	office := netip.MustParsePrefix("192.0.2.0/24")
	for name, test := range map[string]struct {
		probes *ops.Probes
		remote string
		told   string
		status int
	}{
		"this machine":                    {&ops.Probes{}, "127.0.0.1:1", "", 200},
		"this machine by IPv6":            {&ops.Probes{}, "[::1]:1", "", 200},
		"a stranger":                      {&ops.Probes{}, "192.0.2.1:1", "", 403},
		"a stranger who claims otherwise": {&ops.Probes{}, "192.0.2.1:1", "127.0.0.1", 403},
		"behind a proxy we do not know":   {&ops.Probes{}, "127.0.0.1:1", "127.0.0.1", 403},
		"a stranger behind a proxy":       {&ops.Probes{Proxies: ops.Proxies{Trusted: ops.Loopback()}}, "127.0.0.1:1", "192.0.2.1", 403},
		"the office":                      {&ops.Probes{Allow: []netip.Prefix{office}}, "192.0.2.1:1", "", 200},
		"this machine, not allowed":       {&ops.Probes{Allow: []netip.Prefix{office}}, "127.0.0.1:1", "", 403},
		"the office behind a proxy": {
			&ops.Probes{Allow: []netip.Prefix{office}, Proxies: ops.Proxies{Trusted: ops.Loopback()}},
			"127.0.0.1:1", "192.0.2.1", 200,
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.probes.Gatherer = registry
			header := http.Header{}
			if test.told != "" {
				header.Set("X-Forwarded-For", test.told)
			}
			recorder := probesRequest(t, test.probes, "/metrics", test.remote, header)
			require.Equal(t, test.status, recorder.Code)
			require.Equal(t, test.status == 200, strings.Contains(recorder.Body.String(), "podium_http_requests_in_flight"))
		})
	}
	require.Equal(t, 404, probesRequest(t, &ops.Probes{}, "/metrics", "127.0.0.1:1", nil).Code)
}

func BenchmarkEdge(b *testing.B) {
	edge := &ops.Edge{Metrics: ops.NewMetrics(prometheus.NewRegistry())}
	body := make([]byte, 1000)
	for name, with := range map[string]bool{"with": true, "without": false} {
		b.Run(name, func(b *testing.B) {
			e := echo.New()
			if with {
				e.Use(edge.Middleware())
			}
			e.GET("/live/:channel/:name", func(c echo.Context) error { return c.Blob(http.StatusOK, "text/plain", body) })
			request := httptest.NewRequest(http.MethodGet, "/live/edu1/index.m3u8", http.NoBody)
			b.ReportAllocs()
			for b.Loop() {
				e.ServeHTTP(discard{http.Header{}}, request)
			}
		})
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header            { return d.header }
func (discard) Write(p []byte) (int, error)      { return len(p), nil }
func (discard) WriteHeader(int)                  {}
func (discard) SetWriteDeadline(time.Time) error { return nil }
