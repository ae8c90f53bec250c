package ops

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
)

// Edge is the one middleware that every request passes: it bounds the request, sets the headers of its
// answer, catches panics, answers errors, counts, and writes the request log. It is one and not seven
// because echo builds its chain anew for each request, and thousands of boxes ask for segments.
type Edge struct {
	// Proxies tell the client's address.
	Proxies Proxies
	// Hot says which route templates are media: they are logged only where they fail or are slow, and are
	// given less. It defaults to those under /live/ and /vod/, and the check of their tokens.
	Hot func(route string) bool
	// MaxBody bounds the body of a request, in bytes. It defaults to 1 MiB.
	MaxBody int64
	// ReadWithin bounds the reading of a body. It defaults to 30 s.
	ReadWithin time.Duration
	// WriteWithin bounds an answer from its request's head to its last byte, against clients that read
	// nothing or one byte a minute. It defaults to 5 minutes; a handler that streams without end moves the
	// deadline itself, by http.ResponseController.
	WriteWithin time.Duration
	// Slow is from when on a request is a warning in the log. It defaults to 3 s, and to 15 s for media, which
	// may go to a slow line.
	Slow time.Duration
	// StrictTransport tells browsers that came by https to come by https alone for a year.
	StrictTransport bool
	// Metrics may be nil.
	Metrics *Metrics
	// Log defaults to nowhere.
	Log *slog.Logger

	ids     *requestIDs
	headers headers
}

// Middleware returns the middleware. The Edge is not changed afterwards.
func (e *Edge) Middleware() echo.MiddlewareFunc {
	e.ids = newRequestIDs()
	e.headers = newHeaders(e.StrictTransport)
	if e.Hot == nil {
		e.Hot = isMedia
	}
	if e.Log == nil {
		e.Log = slog.New(slog.DiscardHandler)
	}
	if e.MaxBody <= 0 {
		e.MaxBody = 1 << 20
	}
	e.ReadWithin = orDefault(e.ReadWithin, 30*time.Second)
	e.WriteWithin = orDefault(e.WriteWithin, 5*time.Minute)
	e.Slow = orDefault(e.Slow, 3*time.Second)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error { return e.serve(c, next) }
	}
}

func isMedia(route string) bool {
	return strings.HasPrefix(route, "/live/") || strings.HasPrefix(route, "/vod/") || strings.HasPrefix(route, "/api/v1/playback/")
}

func orDefault(value, byDefault time.Duration) time.Duration {
	if value > 0 {
		return value
	}
	return byDefault
}

func (e *Edge) serve(c echo.Context, next echo.HandlerFunc) error {
	began := time.Now()
	request, response := c.Request(), c.Response()
	hot := e.Hot(c.Path())
	e.Metrics.begin()
	if hot {
		e.headers.media(response.Header())
	} else {
		e.headers.document(response.Header(), e.Proxies.Secure(request))
		response.Header().Set(echo.HeaderXRequestID, e.ids.next())
	}
	err := e.bound(c, began)
	cut := false
	if err == nil {
		cut, err = e.guarded(c, next)
	}
	if err != nil {
		if hot {
			response.Header().Set(echo.HeaderXRequestID, e.ids.next())
		}
		// An answer that broke off must not look whole: without its length a client could not tell.
		cut = response.Committed
		c.Error(err)
	}
	took := time.Since(began)
	e.Metrics.end(c.Path(), request.Method, response.Status, response.Size, took)
	e.log(c, hot, took, err)
	if cut {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// bound limits the body and sets the connection's deadlines.
func (e *Edge) bound(c echo.Context, began time.Time) error {
	request, writer := c.Request(), c.Response().Writer
	control := http.NewResponseController(writer)
	// A writer without deadlines is that of a test.
	_ = control.SetWriteDeadline(began.Add(e.WriteWithin))
	if request.Body == nil || request.Body == http.NoBody {
		return nil
	}
	if request.ContentLength > e.MaxBody {
		return problem.New(http.StatusRequestEntityTooLarge, "error.too-large", e.MaxBody)
	}
	_ = control.SetReadDeadline(began.Add(e.ReadWithin))
	request.Body = http.MaxBytesReader(writer, request.Body, e.MaxBody)
	return nil
}

// errPanic is what a panic is answered with; what it said is in the log alone.
var errPanic = errors.New("handler panicked")

// guarded keeps one request's fault from ending the process. A handler that panics with
// http.ErrAbortHandler asks for its connection to be cut.
func (e *Edge) guarded(c echo.Context, next echo.HandlerFunc) (cut bool, err error) {
	defer func() {
		caught := recover()
		if caught == nil {
			return
		}
		if caught == http.ErrAbortHandler { //nolint:errorlint,err113 // net/http compares it the same way.
			cut = true
			return
		}
		e.Log.Error("panic in a handler", "method", c.Request().Method, "route", c.Path(), "panic", fmt.Sprint(caught),
			"stack", string(debug.Stack()))
		err = errPanic
	}()
	return false, next(c)
}
