package access

import (
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
)

// Guard lets requests in to the console: it knows the session's cookie.
type Guard struct {
	Sessions *Sessions
	// Secure says whether the client speaks https, also where a proxy does that for us. It defaults to whether
	// this server does.
	Secure func(r *http.Request) bool
}

// identityKey is the name under which the echo context holds the Identity.
const identityKey = "podium.identity"

// IdentityOf returns who is signed in, in a handler behind RequireSession.
func IdentityOf(c echo.Context) (Identity, bool) {
	who, ok := c.Get(identityKey).(Identity)
	return who, ok
}

// RequireSession lets in those who are signed in and have one of the roles; administrators always, and
// everybody who is signed in where no role is named. Others get 401 or 403. Who must change their password
// first gets 403 until they did.
func (g *Guard) RequireSession(roles ...Role) echo.MiddlewareFunc {
	return g.require(false, roles)
}

// RequireAnySession is RequireSession for the few things that are open before the password is changed.
func (g *Guard) RequireAnySession() echo.MiddlewareFunc {
	return g.require(true, nil)
}

func (g *Guard) require(beforeChange bool, roles []Role) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			who, err := g.Sessions.Resume(c.Request().Context(), g.Token(c))
			if err != nil {
				return Problem(err)
			}
			if who.MustChange && !beforeChange {
				return problem.New(http.StatusForbidden, "error.access.must-change")
			}
			if !who.Role.May(roles...) {
				logger(g.Sessions.Log).Warn("not allowed", "account", who.Name, "role", string(who.Role),
					"method", c.Request().Method, "route", c.Path())
				return problem.New(http.StatusForbidden, "error.access.role")
			}
			c.Set(identityKey, who)
			return next(c)
		}
	}
}

// CSRFHeader is the header without which nothing is changed: a form or a picture of another site cannot
// send it, and a script of another site may not without our leave (CORS), which is never given.
const CSRFHeader = "X-Podium"

// RequireHeader refuses requests that change something and do not come from our own pages: those without
// the CSRFHeader, and those that the browser says come from elsewhere (Sec-Fetch-Site).
func RequireHeader(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		request := c.Request()
		switch request.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
			return next(c)
		}
		if request.Header.Get(CSRFHeader) == "" {
			return problem.New(http.StatusForbidden, "error.access.header", CSRFHeader).WithField(CSRFHeader)
		}
		if site := request.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
			return problem.New(http.StatusForbidden, "error.access.site").WithField("Sec-Fetch-Site")
		}
		return next(c)
	}
}

// Address returns the client's address as the server's IPExtractor tells it.
func Address(c echo.Context) netip.Addr {
	address, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap()
}

// Problem tells the errors of this package to a client; others are returned as they are.
func Problem(err error) error {
	var wait *WaitError
	var rule *RuleError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wait):
		return problem.New(http.StatusTooManyRequests, "error.access.wait", max(1, int(wait.Wait.Seconds()+0.999))).
			WithRetryAfter(wait.Wait).WithCause(err)
	case errors.As(err, &rule):
		return problem.New(http.StatusUnprocessableEntity, rule.Key, rule.Args...).WithField(rule.Field).WithCause(err)
	case errors.Is(err, ErrBadPassword):
		return unauthorized("error.access.password").WithCause(err)
	case errors.Is(err, ErrNoSession):
		return unauthorized("error.access.session").WithCause(err)
	case errors.Is(err, ErrBusy):
		return problem.New(http.StatusServiceUnavailable, "error.stopping").WithRetryAfter(3 * time.Second).WithCause(err)
	case errors.Is(err, ErrNoSetup):
		return problem.New(http.StatusForbidden, "error.access.setup").WithField("token").WithCause(err)
	case errors.Is(err, ErrNameTaken):
		return problem.New(http.StatusConflict, "error.access.taken").WithField("username").WithCause(err)
	case errors.Is(err, ErrNoAccount):
		return problem.New(http.StatusNotFound, "error.access.account").WithField("username").WithCause(err)
	case errors.Is(err, ErrTokenExpired):
		return problem.New(http.StatusForbidden, "error.access.token-expired").WithCause(err)
	case errors.Is(err, ErrBadToken):
		return problem.New(http.StatusForbidden, "error.access.token").WithCause(err)
	}
	return err
}

// unauthorized names a scheme, as RFC 9110 §15.5.2 asks, that makes no browser open a window of its own.
func unauthorized(key string) *problem.Error {
	return problem.New(http.StatusUnauthorized, key).WithHeader(echo.HeaderWWWAuthenticate, `Podium realm="console"`)
}
