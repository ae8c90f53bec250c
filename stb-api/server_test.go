package stbapi_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	stbapi "podium.tv/podium/stb-api"
	"podium.tv/podium/stb-api/ops"
	"podium.tv/podium/stb-api/problem"
)

// routes is a slice made of a function.
type routes func(e *echo.Echo)

func (r routes) Register(e *echo.Echo) { r(e) }

// running is a server on a real listener.
type running struct {
	address string
	stop    func()
	done    chan error
}

func start(t *testing.T, server *stbapi.Server) *running {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{address: listener.Addr().String(), stop: cancel, done: make(chan error, 1)}
	go func() { r.done <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-r.done:
		case <-time.After(20 * time.Second):
			t.Error("the server did not stop")
		}
		close(r.done)
	})
	return r
}

// ended waits for the end of Serve and says how long it took.
func (r *running) ended(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	err := <-r.done
	require.NoError(t, err)
	r.done <- nil // For the clean-up.
	return time.Since(began)
}

// client keeps no connections, so that each test counts its own.
func client() *http.Client { return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} }

func get(t *testing.T, url string) (int, http.Header, string) {
	t.Helper()
	response, err := client().Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(body)
}

func TestServer(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	r := start(t, &stbapi.Server{
		Slices: []stbapi.Slice{routes(func(e *echo.Echo) {
			e.GET("/api/v1/address", func(c echo.Context) error { return c.String(http.StatusOK, c.RealIP()) })
		})},
		Registerer: registry, Gatherer: registry,
	})
	status, header, body := get(t, "http://"+r.address+"/nothing/here")
	require.Equal(t, 404, status)
	require.Equal(t, problem.ContentType, header.Get("Content-Type"))
	require.Equal(t, "zh-CN", header.Get("Content-Language"))
	require.Contains(t, body, header.Get("X-Request-Id"))

	response, err := client().Post("http://"+r.address+"/api/v1/address", "text/plain", http.NoBody)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 405, response.StatusCode)
	require.Equal(t, problem.ContentType, response.Header.Get("Content-Type"))
	require.Contains(t, response.Header.Get("Allow"), "GET")

	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		status, _, _ = get(t, "http://"+r.address+path)
		require.Equal(t, 200, status, path)
	}
	// What was asked before is counted, and its connection gone, a moment after its answer has come.
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		_, _, body := get(t, "http://"+r.address+"/metrics")
		assert.Contains(c, body, `podium_http_requests_total{method="GET",route="/readyz",status="200"} 1`)
		assert.Contains(c, body, "podium_ready 1")
		assert.Contains(c, body, "podium_http_connections 1\n")
	}, 10*time.Second, 20*time.Millisecond)
}

func TestForwardedForIsNotBelieved(t *testing.T) {
	for name, test := range map[string]struct {
		trusted  []netip.Prefix
		expected string
	}{
		"by default":      {nil, "127.0.0.1"},
		"from a proxy":    {ops.Loopback(), "198.51.100.7"},
		"from other ones": {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, &stbapi.Server{
				Proxies: ops.Proxies{Trusted: test.trusted},
				Slices: []stbapi.Slice{routes(func(e *echo.Echo) {
					e.GET("/address", func(c echo.Context) error { return c.String(http.StatusOK, c.RealIP()) })
				})},
			})
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.address+"/address", http.NoBody)
			require.NoError(t, err)
			request.Header.Set("X-Forwarded-For", "10.1.1.1, 198.51.100.7")
			request.Header.Set("X-Real-IP", "10.1.1.1")
			response, err := client().Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Equal(t, test.expected, string(body))
		})
	}
}

func TestRoutesThatTwoSlicesWant(t *testing.T) {
	slice := routes(func(e *echo.Echo) { e.GET("/same", func(echo.Context) error { return nil }) })
	server := &stbapi.Server{Slices: []stbapi.Slice{slice, slice}}
	_, err := server.Handler()
	require.ErrorContains(t, err, "GET /same")
	_, err = server.Routes()
	require.Error(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.ErrorContains(t, server.Serve(t.Context(), listener), "GET /same")
	_, err = net.Dial("tcp", listener.Addr().String())
	require.Error(t, err, "the listener is closed")

	server = &stbapi.Server{Pages: noPages{}}
	_, err = server.Handler()
	require.ErrorContains(t, err, "no pages were built")
}

type noPages struct{}

func (noPages) Register(*echo.Echo) error { return errors.New("no pages were built") }

// waits is a slice with requests that take their time.
func waits(began chan<- string, finish <-chan struct{}, gaveUp *atomic.Bool) routes {
	return func(e *echo.Echo) {
		e.GET("/short", func(c echo.Context) error {
			began <- "short"
			<-finish
			return c.String(http.StatusOK, "whole")
		})
		e.GET("/next-segment", func(c echo.Context) error {
			began <- "next-segment"
			<-c.Request().Context().Done()
			gaveUp.Store(true)
			return problem.New(http.StatusServiceUnavailable, "error.stopping")
		})
	}
}

func TestStopLetsRequestsFinish(t *testing.T) {
	began, finish := make(chan string, 2), make(chan struct{})
	var gaveUp atomic.Bool
	readiness := &ops.Readiness{}
	r := start(t, &stbapi.Server{Slices: []stbapi.Slice{waits(began, finish, &gaveUp)}, StopWithin: 2 * time.Second, Readiness: readiness})
	answers := make(chan string, 2)
	for _, path := range []string{"/short", "/next-segment"} {
		go func() {
			response, err := client().Get("http://" + r.address + path)
			if err != nil {
				answers <- err.Error()
				return
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			answers <- fmt.Sprint(response.StatusCode, " ", string(body), err)
		}()
		<-began
	}
	r.stop()
	require.Eventually(t, func() bool { return !readiness.Report(t.Context()).Ready }, time.Second, time.Millisecond)
	close(finish)
	require.Equal(t, "200 whole<nil>", <-answers)
	require.Contains(t, <-answers, "503")
	require.True(t, gaveUp.Load())
	require.Less(t, r.ended(t), 2*time.Second)
	_, err := client().Get("http://" + r.address + "/healthz")
	require.Error(t, err)
}

func TestStopCutsWhatHangs(t *testing.T) {
	began, finish := make(chan string, 2), make(chan struct{})
	defer close(finish)
	r := start(t, &stbapi.Server{Slices: []stbapi.Slice{waits(began, finish, &atomic.Bool{})}, StopWithin: 200 * time.Millisecond})
	cut := make(chan error, 1)
	go func() {
		response, err := client().Get("http://" + r.address + "/short")
		if err == nil {
			err = errors.Join(errors.New("it was answered"), response.Body.Close())
		}
		cut <- err
	}()
	<-began
	r.stop()
	require.Less(t, r.ended(t), 5*time.Second)
	require.ErrorIs(t, <-cut, io.EOF)
}

func TestDrainGoesOnAnswering(t *testing.T) {
	r := start(t, &stbapi.Server{StopWithin: 10 * time.Second, Drain: time.Second})
	r.stop()
	require.Eventually(t, func() bool {
		status, _, _ := get(t, "http://"+r.address+"/readyz")
		return status == 503
	}, time.Second, 10*time.Millisecond)
	status, _, _ := get(t, "http://"+r.address+"/healthz")
	require.Equal(t, 200, status)
	require.Less(t, r.ended(t), 5*time.Second)
}

func TestSlowHeadIsCutOff(t *testing.T) {
	r := start(t, &stbapi.Server{HeaderWithin: 100 * time.Millisecond})
	conn, err := net.Dial("tcp", r.address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "))
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.NotContains(t, string(answer), "200 OK")
}

func TestLargeHeadIsRefused(t *testing.T) {
	r := start(t, &stbapi.Server{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.address+"/healthz", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("X-Large", strings.Repeat("a", 64<<10))
	response, err := client().Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 431, response.StatusCode)
}

func TestConnectionsAreBounded(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	r := start(t, &stbapi.Server{MaxConnections: 3, Registerer: registry, Gatherer: registry})
	ask := func(conn net.Conn) error {
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		// That it was closed shows at the write or at the read.
		_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		return errors.Join(err, response.Body.Close())
	}
	var open []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", r.address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, ask(conn))
		open = append(open, conn)
	}
	extra, err := net.Dial("tcp", r.address)
	require.NoError(t, err)
	defer extra.Close()
	require.Error(t, ask(extra))
	require.NoError(t, ask(open[0]), "those that are there go on")
	require.NoError(t, open[1].Close())
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", r.address)
		if err != nil {
			return false
		}
		defer conn.Close()
		return ask(conn) == nil
	}, 5*time.Second, 10*time.Millisecond)
}

func TestHTTPS(t *testing.T) {
	borrowed := httptest.NewUnstartedServer(http.NotFoundHandler())
	borrowed.StartTLS() // For its certificate.
	defer borrowed.Close()
	r := start(t, &stbapi.Server{TLS: &tls.Config{Certificates: borrowed.TLS.Certificates, MinVersion: tls.VersionTLS12}})
	transport, ok := borrowed.Client().Transport.(*http.Transport)
	require.True(t, ok)
	trusting := transport.Clone()
	trusting.ForceAttemptHTTP2, trusting.DisableKeepAlives = true, true
	response, err := (&http.Client{Transport: trusting}).Get("https://" + r.address + "/healthz")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 200, response.StatusCode)
	require.Equal(t, 2, response.ProtoMajor)
	require.NotEmpty(t, response.Header.Get("Strict-Transport-Security"))
}

func TestMetricsApart(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	server := &stbapi.Server{Registerer: registry, Gatherer: registry, MetricsApart: true}
	r := start(t, server)
	status, _, _ := get(t, "http://"+r.address+"/metrics")
	require.Equal(t, 404, status)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.ServeMetrics(ctx, listener) }()
	status, _, body := get(t, "http://"+listener.Addr().String()+"/metrics")
	require.Equal(t, 200, status)
	require.Contains(t, body, "podium_ready")
	status, _, _ = get(t, "http://"+listener.Addr().String()+"/readyz")
	require.Equal(t, 404, status)
	cancel()
	require.NoError(t, <-done)
}
