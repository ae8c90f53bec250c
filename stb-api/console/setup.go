package console

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/access"
)

func (s *Console) setupValid(c echo.Context) error {
	err := s.Setup.Valid(c.Request().Context(), c.QueryParam("token"))
	if err != nil && !errors.Is(err, access.ErrNoSetup) {
		return err
	}
	return c.JSON(http.StatusOK, map[string]bool{"valid": err == nil})
}

// setupRedeem makes the first account and signs its owner in.
func (s *Console) setupRedeem(c echo.Context) error {
	var body struct {
		Token    string `json:"token"`
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if err := decode(c, smallBody, &body); err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := s.Setup.Redeem(ctx, body.Token, body.Username, body.Password); err != nil {
		return access.Problem(err)
	}
	begun, err := s.Guard.Sessions.SignIn(ctx, body.Username, body.Password, "", s.Guard.Token(c), access.Address(c))
	if err != nil {
		return access.Problem(err)
	}
	s.Guard.Keep(c, begun)
	return c.JSON(http.StatusCreated, describe(begun.Identity))
}
