// Package whip is the HTTP side of publishing from a browser (RFC 9725), and the page that does so.
package whip

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/origin/input/whip"
	"podium.tv/podium/stb-api/problem"
)

// Media types of what is exchanged.
const (
	sdpType      = "application/sdp"
	fragmentType = "application/trickle-ice-sdpfrag"
)

// Ingest answers offers; a whip.Server does.
type Ingest interface {
	Publish(ctx context.Context, r whip.Request) (*whip.Answer, error)
	Patch(feed, session, fragment string) error
	ETag(feed, session string) (string, error)
	Delete(feed, session string) error
}

// Slice is POST /whip/FEED with what belongs to it.
type Slice struct {
	Ingest Ingest
	// Origins are sites whose pages may publish here, such as https://studio.example.org. Our own may always.
	Origins []string
}

// Register adds the routes.
func (s *Slice) Register(e *echo.Echo) {
	const feed, session = "/whip/:feed", "/whip/:feed/:session"
	e.Match([]string{http.MethodGet, http.MethodHead}, feed, newPage().serve)
	e.POST(feed, s.publish)
	e.OPTIONS(feed, s.options(http.MethodPost))
	e.PATCH(session, s.patch)
	e.DELETE(session, s.end)
	e.OPTIONS(session, s.options(http.MethodPatch+", "+http.MethodDelete))
}

// publish takes an offer in and answers it (RFC 9725 §4.2).
func (s *Slice) publish(c echo.Context) error {
	s.cors(c)
	key, ok := bearer(c.Request())
	if !ok {
		return unauthorized("error.whip.no-key")
	}
	offer, err := body(c, sdpType, whip.MaxOffer)
	if err != nil {
		return err
	}
	address, _ := netip.ParseAddr(c.RealIP())
	answer, err := s.Ingest.Publish(c.Request().Context(), whip.Request{
		Feed: c.Param("feed"), Key: key, Address: netip.AddrPortFrom(address, portOf(c.Request())),
		Agent: c.Request().UserAgent(), Offer: offer,
	})
	if err != nil {
		return refusal(err)
	}
	h := c.Response().Header()
	h.Set("Location", "/whip/"+c.Param("feed")+"/"+answer.Session)
	h.Set("ETag", answer.ETag)
	h.Set("Cache-Control", "no-store")
	h.Set("Accept-Patch", fragmentType)
	return c.Blob(http.StatusCreated, sdpType, []byte(answer.Answer))
}

// patch takes trickled candidates (RFC 9725 §4.3.2). ICE is not restarted (§4.3.3).
func (s *Slice) patch(c echo.Context) error {
	s.cors(c)
	feed, session := c.Param("feed"), c.Param("session")
	current, err := s.Ingest.ETag(feed, session)
	if err != nil {
		return refusal(err)
	}
	switch c.Request().Header.Get("If-Match") {
	case "":
		return problem.New(http.StatusPreconditionRequired, "error.whip.if-match")
	case "*":
		return refusal(whip.ErrRestart)
	case current:
	default:
		return problem.New(http.StatusPreconditionFailed, "error.whip.if-match")
	}
	fragment, err := body(c, fragmentType, whip.MaxFragment)
	if err != nil {
		return err
	}
	if err := s.Ingest.Patch(feed, session, fragment); err != nil {
		return refusal(err)
	}
	return c.NoContent(http.StatusNoContent)
}

// end ends a session. Who knows its address may.
func (s *Slice) end(c echo.Context) error {
	s.cors(c)
	if err := s.Ingest.Delete(c.Param("feed"), c.Param("session")); err != nil {
		return refusal(err)
	}
	return c.NoContent(http.StatusOK)
}

// bearer is the key that a client shows (RFC 6750 §2.1).
func bearer(r *http.Request) (string, bool) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	key = strings.TrimSpace(key)
	return key, strings.EqualFold(scheme, "Bearer") && key != ""
}

func body(c echo.Context, kind string, limit int64) (string, error) {
	told, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type"))
	if err != nil || told != kind {
		return "", problem.New(http.StatusUnsupportedMediaType, "error.unsupported", kind)
	}
	b, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return "", err
	case err != nil:
		return "", problem.New(http.StatusBadRequest, "error.request").WithCause(err)
	}
	return string(b), nil
}

// portOf is the port of the client's connection, or of the proxy's.
func portOf(r *http.Request) uint16 {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return 0
	}
	return at.Port()
}
