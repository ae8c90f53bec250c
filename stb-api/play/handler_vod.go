package play

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// VODRoute is the pattern that all of an asset's files are under.
const VODRoute = "/vod/:asset/*"

// handleVOD answers for an asset as handle does for a channel.
func (s *Service) handleVOD(c echo.Context) error {
	r := c.Request()
	a, err := s.asset(r.Context(), c.Param("asset"))
	if err != nil {
		return err
	}
	token, path, base := credentials(r, c.Param("*"))
	if s.bound(a, token) {
		return s.enter(c, a, "/vod/"+a.ID+"/", path, token)
	}
	if base, err = s.admit(a, token, base); err != nil {
		return err
	}
	n, err := parseName(path)
	if err != nil {
		return errNoFile
	}
	if (n.kind == masterPlaylist || n.kind == monoPlaylist || n.kind == manifest) && n.view.mode == live {
		n.view.mode = whole
	}
	var out *answer
	switch n.kind {
	case sideFile:
		out, err = s.sideOf(r.Context(), a, n.side)
	case textPlaylist:
		out, err = s.textPlaylist(a, n.side.n, "../"+base)
	default:
		out, err = s.answer(r.Context(), a, n, base)
	}
	if err != nil {
		return err
	}
	return s.send(c, out)
}

// credentials parts a path from its token, which may be in the query as well. base is what the URIs of a playlist begin
// with then: a token in the query goes on in the path of all that the playlist lists, so that relative URIs inherit it
// and no player has to carry a query along.
func credentials(r *http.Request, full string) (token, path, base string) {
	token, path = splitToken(full)
	if token == "" {
		if token = r.URL.Query().Get("token"); token != "" {
			base = "~" + token + "/"
		}
	}
	return token, path, base
}

// admit checks a token, and leaves it out of playlists of what asks for none.
func (s *Service) admit(of subject, token, base string) (string, error) {
	if err := s.authorize(of, token); err != nil {
		return "", err
	}
	if !of.guarded() {
		return "", nil
	}
	return base, nil
}
