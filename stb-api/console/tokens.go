package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/packager/vod"
	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/problem"
)

// maxTokenHours bounds a playback token's time.
const maxTokenHours = 24 * 366

func (s *Console) tokenHours() int {
	ttl := 24 * time.Hour
	if s.TokenTTL != nil {
		ttl = s.TokenTTL()
	}
	return max(int((ttl+time.Hour-1)/time.Hour), 1)
}

// terms are how long a token lasts, and on which device.
type terms struct {
	Hours int `json:"hours"`
	// Device is empty for any.
	Device string `json:"device"`
}

// createToken makes a token with which one channel can be watched for some hours.
func (s *Console) createToken(c echo.Context) error {
	body := terms{Hours: s.tokenHours()}
	if err := decode(c, smallBody, &body); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	channel, err := s.channel(c)
	if err != nil {
		return err
	}
	return s.grant(c, channel.ID, "/live/"+url.PathEscape(channel.ID)+"/", body)
}

// createAnyToken makes a token for a channel, an asset, or all there is, which only an administrator may.
func (s *Console) createAnyToken(c echo.Context) error {
	body := struct {
		Channel string `json:"channel"`
		Asset   string `json:"asset"`
		All     bool   `json:"all"`
		terms
	}{terms: terms{Hours: s.tokenHours()}}
	if err := decode(c, smallBody, &body); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	switch {
	case body.Channel != "" && body.Asset == "" && !body.All:
		if _, err := s.known(c, body.Channel, "channel"); err != nil {
			return err
		}
		return s.grant(c, body.Channel, "/live/"+url.PathEscape(body.Channel)+"/", body.terms)
	case body.Asset != "" && body.Channel == "" && !body.All:
		if vod.CheckID(body.Asset) != nil {
			return problem.New(http.StatusUnprocessableEntity, "error.token-scope").WithField("asset")
		}
		return s.grant(c, "vod/"+body.Asset, "/vod/"+body.Asset+"/", body.terms)
	case body.All && body.Channel == "" && body.Asset == "":
		if who, _ := access.IdentityOf(c); !who.Role.May(access.Admin) {
			return problem.New(http.StatusForbidden, "error.access.role").WithField("all")
		}
		return s.grant(c, access.AnyScope, "", body.terms)
	}
	return problem.New(http.StatusUnprocessableEntity, "error.token-scope")
}

func (t *terms) check() error {
	if t.Hours < 1 || t.Hours > maxTokenHours {
		return problem.New(http.StatusUnprocessableEntity, "error.token-hours", maxTokenHours).WithField("hours")
	}
	if t.Device != "" && !access.IsDevice(t.Device) {
		return problem.New(http.StatusUnprocessableEntity, "error.token-device").WithField("device")
	}
	return nil
}

// grant answers with a token and the address that it plays at: under dir, or that of the list of channels.
func (s *Console) grant(c echo.Context, scope, dir string, t terms) error {
	expires := s.now().UTC().Truncate(time.Second).Add(time.Duration(t.Hours) * time.Hour)
	token := s.Signer.Grant(access.Grant{Scope: scope, Device: t.Device, Expires: expires})
	if token == "" {
		return access.CheckSecrets(s.Signer.Secrets)
	}
	path := "/playlist.m3u?token=" + token
	if dir != "" {
		path = dir + "~" + token + "/index.m3u8"
	}
	s.audit(c, "playback token created", "scope", scope, "device", t.Device, "expires", expires)
	return c.JSON(http.StatusCreated, struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires"`
		// Path is the address with the token in it.
		Path string `json:"path"`
	}{token, expires, path})
}
