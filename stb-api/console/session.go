package console

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/problem"
)

// Session is who is signed in.
type Session struct {
	Username   string      `json:"username"`
	Role       access.Role `json:"role"`
	MustChange bool        `json:"mustChange"`
	Since      time.Time   `json:"since"`
	// Expires is when the session ends if nothing is done until then.
	Expires time.Time `json:"expires"`
}

func describe(who access.Identity) Session {
	return Session{
		Username: who.Name, Role: who.Role, MustChange: who.MustChange, Since: who.Since.UTC(), Expires: who.Expires.UTC(),
	}
}

func (s *Console) signIn(c echo.Context) error {
	var body struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if err := decode(c, smallBody, &body); err != nil {
		return err
	}
	begun, err := s.Guard.Sessions.SignIn(c.Request().Context(), body.Username, body.Password,
		s.Guard.Device(c), s.Guard.Token(c), access.Address(c))
	if err != nil {
		return access.Problem(err)
	}
	s.Guard.Keep(c, begun)
	return c.JSON(http.StatusOK, describe(begun.Identity))
}

func (s *Console) session(c echo.Context) error {
	who, _ := access.IdentityOf(c)
	return c.JSON(http.StatusOK, describe(who))
}

func (s *Console) signOut(c echo.Context) error {
	if err := s.Guard.Sessions.SignOut(c.Request().Context(), s.Guard.Token(c)); err != nil {
		return err
	}
	s.Guard.Forget(c)
	s.audit(c, "signed out")
	return c.NoContent(http.StatusNoContent)
}

func (s *Console) changePassword(c echo.Context) error {
	var body struct {
		Current  string `json:"current"`
		Password string `json:"password"`
	}
	if err := decode(c, smallBody, &body); err != nil {
		return err
	}
	who, _ := access.IdentityOf(c)
	begun, err := s.Guard.Sessions.ChangePassword(c.Request().Context(), who, body.Current, body.Password, access.Address(c))
	if err != nil {
		return wrongCurrent(err)
	}
	s.Guard.Keep(c, begun)
	return c.JSON(http.StatusOK, describe(begun.Identity))
}

// wrongCurrent answers a wrong present password with 422 and not with 401, which would tell the page that
// nobody is signed in any more.
func wrongCurrent(err error) error {
	if errors.Is(err, access.ErrBadPassword) {
		return problem.New(http.StatusUnprocessableEntity, "error.access.current").WithField("current").WithCause(err)
	}
	return access.Problem(err)
}
