package play

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// CheckRoute is where a cache in front asks whether a viewer may see what it holds, before it looks: /live/{channel} or
// with the token, as it stands in the address.
const CheckRoute = "/api/v1/playback/check/:kind/:id"

// How long the answer is good: for some seconds, and where we are away for some minutes; in no case longer than the token.
const (
	checkedFor     = 5 * time.Second
	checkedForAway = 10 * time.Minute
)

// check answers 204 where a viewer may see a channel, else 403. It is as cheap as can be: a cache asks it for each of its
// viewers every few seconds.
func (s *Service) check(c echo.Context) error {
	of := s.subject(c.Request().Context(), c.Param("kind"), c.Param("id"))
	if of == nil {
		return errToken // A channel that is no more; what was kept of it is nobody's any more.
	}
	good := checkedForAway
	if of.guarded() {
		token, ok := strings.CutPrefix(c.Param("token"), "~")
		if !ok || s.Tokens == nil {
			return errToken
		}
		until, err := s.Tokens.Until(token, of.scope())
		if err != nil {
			return errToken.WithCause(err)
		}
		// A cache counts whole seconds, and may be one late.
		good = min(until.Sub(s.now())-time.Second, checkedForAway)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", cacheNever)
	if fresh := int(min(good, checkedFor).Seconds()); fresh > 0 {
		h.Set("Cache-Control", fmt.Sprintf("max-age=%d, stale-if-error=%d", fresh, max(int(good.Seconds())-fresh, 0)))
	}
	return c.NoContent(http.StatusNoContent)
}

// subject finds what an address is about, or nil.
func (s *Service) subject(ctx context.Context, kind, id string) subject {
	switch kind {
	case "live":
		if c := s.Channel(id); c != nil {
			return c
		}
	case "vod":
		if a, err := s.asset(ctx, id); err == nil {
			return a
		}
	}
	return nil
}
