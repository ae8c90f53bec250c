package access

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// The cookies. Over https their names have the prefix with which browsers refuse one that was set for
// another host, for a part of the site or without https (RFC 6265bis §4.1.3).
const (
	sessionCookie = "podium"
	deviceCookie  = "podium-device"
	hostPrefix    = "__Host-"
	// deviceLasts is how long a browser is known.
	deviceLasts = 365 * 24 * time.Hour
)

func (g *Guard) secure(r *http.Request) bool {
	if g.Secure != nil {
		return g.Secure(r)
	}
	return r.TLS != nil
}

// Token returns the session token of a request, or nothing.
func (g *Guard) Token(c echo.Context) string { return g.read(c, sessionCookie) }

// Device returns the device mark of a request, or nothing.
func (g *Guard) Device(c echo.Context) string { return g.read(c, deviceCookie) }

func (g *Guard) read(c echo.Context, name string) string {
	if g.secure(c.Request()) {
		name = hostPrefix + name
	}
	cookie, err := c.Request().Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Keep sets the cookies of a new session.
func (g *Guard) Keep(c echo.Context, begun SignedIn) {
	g.set(c, sessionCookie, begun.Token, orDefault(g.Sessions.Longest, 7*24*time.Hour))
	if begun.Device != "" {
		g.set(c, deviceCookie, begun.Device, deviceLasts)
	}
}

// Forget removes the session's cookie. The device mark stays: it is not a way in.
func (g *Guard) Forget(c echo.Context) { g.set(c, sessionCookie, "", -time.Second) }

func (g *Guard) set(c echo.Context, name, value string, lasts time.Duration) {
	secure := g.secure(c.Request())
	if secure {
		name = hostPrefix + name
	}
	c.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(lasts / time.Second),
		Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}
