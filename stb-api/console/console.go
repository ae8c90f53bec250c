// Package console is the editors' JSON API: signing in, what is on the air, a day's programmes, and the
// keys of encoders and viewers.
package console

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/storage/catalogue"
)

// Guide is where channels and programmes are kept; *catalogue.DB is one.
type Guide interface {
	// Channel is one channel, or catalogue.ErrNotFound.
	Channel(ctx context.Context, id string) (catalogue.Channel, error)
	// Programmes are those that are on at any time in [from, to), in order.
	Programmes(ctx context.Context, channel string, from, to time.Time) ([]catalogue.Programme, error)
	// ReplaceProgrammes replaces those that start in [from, to), all or none; an overlap is a *catalogue.OverlapError.
	ReplaceProgrammes(ctx context.Context, channel string, from, to time.Time, programmes []catalogue.Programme) (int64, error)
}

// Console answers /api/v1/console. All fields but Events, Pictures, Zone, Log and Now are required.
type Console struct {
	Guard  *access.Guard
	Setup  *access.Setup
	Keys   *access.StreamKeys
	Signer *access.Signer
	Guide  Guide
	OnAir  OnAir
	// Events has what happened to feeds. It may be nil, which is to have none.
	Events Events
	// Pictures has what feeds show. It may be nil, which is to have none.
	Pictures Pictures
	// Zone is the station's, in which days begin. It defaults to Asia/Shanghai.
	Zone func() *time.Location
	// TokenTTL is how long a playback token lasts where the editor does not say, rounded up to hours. It defaults to 24 h.
	TokenTTL func() time.Duration
	// Log gets a line for each change that an editor makes. It defaults to nowhere.
	Log *slog.Logger
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time

	// writing has a lock for each channel whose programmes were written: to compare and then to replace is
	// one step.
	writing sync.Map
}

// prefix is where the routes begin.
const prefix = "/api/v1/console"

// Register adds the routes. All that change something want the header X-Podium, and all but those with which
// somebody gets in want a session.
func (s *Console) Register(e *echo.Echo) {
	signedIn, admin, editor := s.Guard.RequireAnySession(), s.Guard.RequireSession(access.Admin), s.Guard.RequireSession(access.Editor)

	s.add(e, http.MethodGet, "/setup", s.setupValid)
	s.add(e, http.MethodPost, "/setup", s.setupRedeem)
	s.add(e, http.MethodPost, "/session", s.signIn)

	s.add(e, http.MethodGet, "/session", s.session, signedIn)
	s.add(e, http.MethodDelete, "/session", s.signOut, signedIn)
	s.add(e, http.MethodPut, "/password", s.changePassword, signedIn)

	s.add(e, http.MethodGet, "/onair", s.onAir, s.Guard.RequireSession())
	s.add(e, http.MethodGet, "/events", s.recentEvents, s.Guard.RequireSession())
	s.add(e, http.MethodGet, "/feeds/:id/picture.jpg", s.picture, s.Guard.RequireSession())
	s.add(e, http.MethodGet, "/channels/:id/programmes", s.day, editor)
	s.add(e, http.MethodPut, "/channels/:id/programmes", s.replaceDay, editor)
	s.add(e, http.MethodPost, "/channels/:id/token", s.createToken, editor)
	s.add(e, http.MethodPost, "/tokens", s.createAnyToken, editor)
	s.add(e, http.MethodPost, "/feeds/:id/key", s.createKey, admin)
	s.add(e, http.MethodDelete, "/feeds/:id/key", s.revokeKey, admin)
}

// add is the only way a route gets in, so that none is without the checks that all have.
func (s *Console) add(e *echo.Echo, method, path string, handler echo.HandlerFunc, guards ...echo.MiddlewareFunc) {
	e.Add(method, prefix+path, handler, append([]echo.MiddlewareFunc{notStored, access.RequireHeader}, guards...)...)
}

// notStored keeps what only editors may see out of caches on the way and of the browser's own.
func notStored(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
		return next(c)
	}
}

// audit writes who changed what.
func (s *Console) audit(c echo.Context, what string, args ...any) {
	if s.Log == nil {
		return
	}
	who, _ := access.IdentityOf(c)
	s.Log.Info(what, append([]any{"account", who.Name, "address", c.RealIP()}, args...)...)
}

func (s *Console) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}
