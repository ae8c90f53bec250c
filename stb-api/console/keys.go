package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/access"
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

// maxTokenHours bounds a playback token's time.
const maxTokenHours = 24 * 366

func (s *Console) tokenHours() int {
	ttl := 24 * time.Hour
	if s.TokenTTL != nil {
		ttl = s.TokenTTL()
	}
	return max(int((ttl+time.Hour-1)/time.Hour), 1)
}

// createToken makes a token with which one channel can be watched for some hours.
func (s *Console) createToken(c echo.Context) error {
	body := struct {
		Hours int `json:"hours"`
	}{s.tokenHours()}
	if err := decode(c, smallBody, &body); err != nil {
		return err
	}
	if body.Hours < 1 || body.Hours > maxTokenHours {
		return problem.New(http.StatusUnprocessableEntity, "error.token-hours", maxTokenHours).WithField("hours")
	}
	channel, err := s.channel(c)
	if err != nil {
		return err
	}
	expires := s.now().UTC().Truncate(time.Second).Add(time.Duration(body.Hours) * time.Hour)
	token := s.Signer.Sign(channel.ID, expires)
	if token == "" {
		return access.CheckSecrets(s.Signer.Secrets)
	}
	s.audit(c, "playback token created", "channel", channel.ID, "expires", expires)
	return c.JSON(http.StatusCreated, struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires"`
		// Path is the address of the channel with the token in it.
		Path string `json:"path"`
	}{token, expires, "/live/" + url.PathEscape(channel.ID) + "/~" + token + "/index.m3u8"})
}
