package play

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"
)

// deviceHeader is how a device proves which it is, where it does not in the query "device".
const deviceHeader = "X-Podium-Device"

// bound says whether a token is one that plays nothing by itself.
func (s *Service) bound(c subject, token string) bool {
	return c.guarded() && s.Tokens != nil && token != "" && s.Tokens.Bound(token)
}

// enter sends a device on to what it asks for with a token of its session in the path. The playlists themselves stay the
// same for all viewers; that is why it is a redirect and not another base of their addresses. dir is where the subject's
// files are, such as "/live/edu1/", and path the file.
func (s *Service) enter(c echo.Context, of subject, dir, path, token string) error {
	r := c.Request()
	query := r.URL.Query()
	device := r.Header.Get(deviceHeader)
	if device == "" {
		device = query.Get("device")
	}
	session, err := s.Tokens.Enter(token, of.scope(), device)
	if err != nil {
		return errDevice.WithCause(err)
	}
	query.Del("token")
	query.Del("device")
	to := url.URL{Path: dir + "~" + session + "/" + path, RawQuery: query.Encode()}
	c.Response().Header().Set("Cache-Control", cacheNever)
	return c.Redirect(http.StatusFound, to.String())
}
