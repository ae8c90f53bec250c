package whip

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
)

// options answers what may be done at an address, also to browsers that ask before they send (RFC 9725 §4.1).
func (s *Slice) options(methods string) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Allow", methods+", "+http.MethodOptions)
		if methods == http.MethodPost {
			h.Set("Accept-Post", sdpType)
		} else {
			h.Set("Accept-Patch", fragmentType)
		}
		if s.cors(c) {
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
			h.Set("Access-Control-Max-Age", "600")
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// cors lets the pages of configured sites read the answer. A page of another site cannot even ask: its browser asks first.
func (s *Slice) cors(c echo.Context) bool {
	h := c.Response().Header()
	h.Add("Vary", "Origin")
	origin := c.Request().Header.Get("Origin")
	if origin == "" || !slices.Contains(s.Origins, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Location, ETag, Link")
	return true
}
