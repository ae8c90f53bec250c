package console

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
)

// createKey makes the feed's stream key anew; it is shown this once.
func (s *Console) createKey(c echo.Context) error {
	feed, err := s.feed(c)
	if err != nil {
		return err
	}
	key, err := s.Keys.Create(c.Request().Context(), feed)
	if err != nil {
		return err
	}
	s.audit(c, "stream key created", "feed", feed)
	return c.JSON(http.StatusCreated, map[string]string{"feed": feed, "key": key})
}

func (s *Console) revokeKey(c echo.Context) error {
	feed, err := s.feed(c)
	if err != nil {
		return err
	}
	if err := s.Keys.Revoke(c.Request().Context(), feed); err != nil {
		return err
	}
	s.audit(c, "stream key revoked", "feed", feed)
	return c.NoContent(http.StatusNoContent)
}

// feed returns the id of a feed that there is.
func (s *Console) feed(c echo.Context) (string, error) {
	id := c.Param("id")
	if !slices.ContainsFunc(s.OnAir.Feeds(), func(f Feed) bool { return f.ID == id }) {
		return "", problem.New(http.StatusNotFound, "error.feed").WithField("id")
	}
	return id, nil
}
