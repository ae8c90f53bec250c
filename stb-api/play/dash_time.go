package play

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// TimeRoute answers with the time of this clock, for players that reckon from it what must be there already
// (ISO 23009-1 §5.8.4.11).
const TimeRoute = "/api/v1/time"

func (s *Service) time(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, s.now().UTC().Format("2006-01-02T15:04:05.000Z"))
}
