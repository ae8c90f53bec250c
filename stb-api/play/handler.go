package play

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
)

// Route is the pattern that all of a channel's files are under.
const Route = "/live/:channel/*"

// Register puts the service's routes into e.
func (s *Service) Register(e *echo.Echo) {
	e.GET(Route, s.handle)
	e.HEAD(Route, s.handle)
	e.OPTIONS(Route, preflight)
	e.GET(TimeRoute, s.time)
	e.HEAD(TimeRoute, s.time)
	e.GET(CheckRoute, s.check)
	e.GET(CheckRoute+"/:token", s.check)
	e.GET(VODRoute, s.handleVOD)
	e.HEAD(VODRoute, s.handleVOD)
	e.OPTIONS(VODRoute, preflight)
	e.GET(AssetRoute, s.assetInfo)
}

// preflight lets pages of other origins play: what is protected is protected by its token, not by its origin.
func preflight(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Range, If-None-Match, If-Modified-Since, If-Range, X-Podium-Device")
	h.Set("Access-Control-Max-Age", "86400")
	return c.NoContent(http.StatusNoContent)
}

func (s *Service) handle(c echo.Context) error {
	r := c.Request()
	channel := s.Channel(c.Param("channel"))
	if channel == nil {
		return errNoChannel
	}
	token, path, base := credentials(r, c.Param("*"))
	if s.bound(channel, token) {
		return s.enter(c, channel, "/live/"+channel.ID+"/", path, token)
	}
	base, err := s.admit(channel, token, base)
	if err != nil {
		return err
	}
	n, err := parseName(path)
	if err != nil {
		return errNoFile
	}
	if r.URL.RawQuery != "" && n.view.mode == live && (n.kind == masterPlaylist || n.kind == monoPlaylist || n.kind == manifest) {
		v, ok, err := viewOf(r.URL.Query(), s.zone(), s.now())
		if err != nil {
			return problem.New(http.StatusBadRequest, "error.play.time", err.Error()).WithCause(err)
		}
		if ok {
			n.view = v
		}
	}
	if n.kind == trackPlaylist && r.URL.RawQuery != "" && channel.isLow(n.view, n.stream) {
		if n.reload, err = parseReload(r.URL.Query()); err != nil {
			return err
		}
	}
	if n.plays() {
		channel.viewers.note(s.address(r), r.UserAgent(), s.now())
	}
	if err := s.rouse(r.Context(), channel, &n); err != nil {
		return err
	}
	a, err := s.answer(r.Context(), channel, n, base)
	if err != nil {
		return err
	}
	if a.location != "" {
		c.Response().Header().Set("Access-Control-Allow-Origin", "*")
		c.Response().Header().Set("Cache-Control", a.cache)
		return c.Redirect(http.StatusFound, a.location)
	}
	return s.send(c, a)
}

func (s *Service) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

func (s *Service) address(r *http.Request) string {
	if s.ClientAddress != nil {
		return s.ClientAddress(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// splitToken parts "~TOKEN/rest".
func splitToken(path string) (token, rest string) {
	if !strings.HasPrefix(path, "~") {
		return "", path
	}
	token, rest, _ = strings.Cut(path[1:], "/")
	return token, rest
}
