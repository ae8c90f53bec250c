package ops

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// maxLogged bounds the texts of a client in the log.
const maxLogged = 200

// log writes a request's line. Queries are never logged and tokens in the path are struck out.
func (e *Edge) log(c echo.Context, hot bool, took time.Duration, err error) {
	response := c.Response()
	level := e.level(c.Path(), response.Status, hot, took)
	request := c.Request()
	if !e.Log.Enabled(request.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", clip(request.Method)), slog.String("path", loggedPath(request.URL.Path)), slog.String("route", c.Path()),
		slog.Int("status", response.Status), slog.Int64("bytes", response.Size), slog.Duration("took", took),
		slog.String("address", e.Proxies.Address(request).String()),
	}
	if id := response.Header().Get(echo.HeaderXRequestID); id != "" {
		attrs = append(attrs, slog.String("request", id))
	}
	if agent := request.UserAgent(); agent != "" {
		attrs = append(attrs, slog.String("agent", clip(agent)))
	}
	if err != nil && level >= slog.LevelWarn {
		attrs = append(attrs, slog.Any("error", err))
	}
	e.Log.LogAttrs(context.WithoutCancel(request.Context()), level, "request", attrs...)
}

// level is how much a request is worth telling. Boxes ask for segments that are gone and for playlists every
// few seconds, and probes never end: only their trouble is news.
func (e *Edge) level(route string, status int, hot bool, took time.Duration) slog.Level {
	slow := e.Slow
	if hot {
		slow *= 5
	}
	switch {
	case hot && status == http.StatusServiceUnavailable:
		return slog.LevelDebug // A channel off the air, asked for by all its boxes: the feed's own line tells it once.
	case status >= http.StatusInternalServerError || took >= slow:
		return slog.LevelWarn
	case hot || route == healthPath || route == readyPath || route == metricsPath:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// loggedPath strikes out viewers' tokens, which stand behind "~".
func loggedPath(path string) string {
	path = clip(path)
	if !strings.Contains(path, "/~") {
		return path
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "~") {
			parts[i] = "~"
		}
	}
	return strings.Join(parts, "/")
}

func clip(text string) string {
	if len(text) > maxLogged {
		return strings.ToValidUTF8(text[:maxLogged], "") + "…"
	}
	return text
}
