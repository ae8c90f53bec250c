package clients

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

// tokenForm is what a viewer's token looks like: characters that a URL takes as they are.
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9._~=-]{1,1000}$`)

func (cl *Clients) playlist(c echo.Context) error {
	r := c.Request()
	profile, ok := profileOf(c.QueryParam("profile"), r.UserAgent())
	if !ok {
		return problem.New(http.StatusBadRequest, "error.profile", clip(c.QueryParam("profile"))).
			WithField("profile").WithExpected("error.profile.expected")
	}
	token := c.QueryParam("token")
	if token != "" && !tokenForm.MatchString(token) {
		return problem.New(http.StatusBadRequest, "error.token-form").WithField("token")
	}
	snapshot := cl.Guide.Snapshot()
	if snapshot.Taken().IsZero() {
		return problem.New(http.StatusServiceUnavailable, "error.guide-loading").WithRetryAfter(time.Second)
	}
	site := cl.site()
	list := playlist{profile: profile, base: site.base(r), token: token}
	body := list.render(snapshot.Channels())

	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "audio/x-mpegurl; charset=utf-8")
	h.Set(echo.HeaderVary, "User-Agent")
	h.Set(echo.HeaderCacheControl, "private, no-cache")
	h.Set("ETag", etag(body))
	http.ServeContent(c.Response(), r, "", time.Time{}, bytes.NewReader(body))
	return nil
}

// etag is a strong one: it changes with any byte.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

type playlist struct {
	profile Profile
	base    string
	token   string
}

func (l *playlist) render(channels []catalogue.Channel) []byte {
	var out bytes.Buffer
	if l.profile == Plain {
		out.WriteString("#EXTM3U\n")
	} else {
		guide := l.base + "/epg/guide.xml.gz"
		fmt.Fprintf(&out, "#EXTM3U x-tvg-url=\"%s\" url-tvg=\"%s\"\n", guide, guide)
	}
	for i := range channels {
		l.entry(&out, &channels[i])
	}
	return out.Bytes()
}

// entry writes a channel. The address is the line after #EXTINF, and all catch-up attributes are on it:
// mytv-android takes that line whatever it holds, and Kodi does not apply those of the header.
func (l *playlist) entry(out *bytes.Buffer, c *catalogue.Channel) {
	name, address := label(c.Name), l.base+"/live/"+c.ID+"/index.m3u8"
	join := "?"
	if l.token != "" {
		address += "?token=" + url.QueryEscape(l.token)
		join = "&"
	}
	if l.profile == Plain {
		fmt.Fprintf(out, "#EXTINF:-1,%s\n%s\n", name, address)
		return
	}
	if l.profile == Kodi {
		out.WriteString("#KODIPROP:inputstream=inputstream.ffmpegdirect\n#KODIPROP:mimetype=application/x-mpegURL\n")
	}
	fmt.Fprintf(out, `#EXTINF:-1 tvg-id="%s" tvg-name="%s" tvg-chno="%d" tvg-logo="%s"`, c.GuideID(), name, c.Number, l.logo(c))
	if group := label(c.Group); group != "" {
		fmt.Fprintf(out, ` group-title="%s"`, group)
	}
	if c.ArchiveHours > 0 {
		days := strconv.Itoa((c.ArchiveHours + 23) / 24)
		fmt.Fprintf(out, ` catchup="append" catchup-days="%s" catchup-source="%s"`, days, join+l.profile.catchupQuery())
	}
	fmt.Fprintf(out, ",%s\n%s\n", name, address)
}

// logo is the address of a channel's picture. Kodi takes an entry with "media=" anywhere for a film, so an
// address with that gives way to the drawn logo.
func (l *playlist) logo(c *catalogue.Channel) string {
	drawn := l.base + "/logo/" + c.ID + ".svg"
	if c.Logo == "" {
		return drawn
	}
	u, err := url.Parse(c.Logo)
	if err != nil || strings.Contains(c.Logo, "media=") {
		return drawn
	}
	if u.Host == "" && strings.HasPrefix(u.Path, "/") {
		return l.base + quotable(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return drawn
	}
	return quotable(u)
}

// quotable is an address that can stand in quotes.
func quotable(u *url.URL) string {
	return strings.NewReplacer(`"`, "%22", " ", "%20", "\n", "", "\r", "").Replace(u.String())
}

// label makes a text safe in any player's M3U: no quote, which would end the value; no comma, after which
// Jellyfin looks for the name; no "media=", which makes Kodi take the channel for a film. Full-width forms
// stand in. The guide's display-name is the same text, because Chinese players match the two.
func label(s string) string {
	s = strings.NewReplacer(`"`, "", ",", "，", "media=", "media＝").Replace(s)
	return strings.Join(strings.FieldsFunc(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s), unicode.IsSpace), " ")
}

// clip keeps a hostile value from filling a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
