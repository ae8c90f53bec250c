package menu

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

// pictures are the forms a channel's own logo may have.
func pictures(extension string) (mediaType string, ok bool) {
	switch extension {
	case ".svg":
		return "image/svg+xml", true
	case ".png":
		return "image/png", true
	case ".jpg", ".jpeg":
		return "image/jpeg", true
	case ".webp":
		return "image/webp", true
	default:
		return "", false
	}
}

// largestLogo bounds a picture file, in bytes.
const largestLogo = 2 << 20

// logo serves /logo/ID.svg, drawn, or a channel's own picture under its own extension.
func (m *Menu) logo(c echo.Context) error {
	s, err := m.snapshot()
	if err != nil {
		return err
	}
	file := c.Param("file")
	extension := path.Ext(file)
	one, ok := s.Channel(strings.TrimSuffix(file, extension))
	if !ok {
		return problem.New(http.StatusNotFound, "error.not-found")
	}
	mediaType := "image/svg+xml"
	var body []byte
	switch own := m.ownLogo(one.ID); {
	case own != "" && strings.EqualFold(path.Ext(own), extension):
		if mediaType, body, err = readLogo(own); err != nil {
			return problem.New(http.StatusNotFound, "error.not-found").WithCause(err)
		}
	case extension == ".svg":
		body = draw(&one)
	default:
		return problem.New(http.StatusNotFound, "error.not-found")
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, mediaType)
	h.Set(echo.HeaderCacheControl, fmt.Sprintf("public, max-age=%d", logoAge))
	h.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set(echo.HeaderXContentTypeOptions, "nosniff")
	h.Set("ETag", tag(body))
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(body))
	return nil
}

func (m *Menu) ownLogo(channel string) string {
	if m.LogoFile == nil {
		return ""
	}
	return m.LogoFile(channel)
}

func readLogo(file string) (mediaType string, body []byte, err error) {
	mediaType, ok := pictures(strings.ToLower(path.Ext(file)))
	if !ok {
		return "", nil, fmt.Errorf("read logo %s: expected .svg, .png, .jpg or .webp", file)
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", nil, fmt.Errorf("read logo: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > largestLogo {
		return "", nil, fmt.Errorf("read logo %s: expected a file of at most %d bytes", file, largestLogo)
	}
	if body, err = os.ReadFile(file); err != nil { //nolint:gosec // The operator names the file.
		return "", nil, fmt.Errorf("read logo: %w", err)
	}
	return mediaType, body, nil
}

// draw makes a channel's tile: its number large, the beginning of its name below, in the colours of the
// television's pages.
func draw(c *catalogue.Channel) []byte {
	var out bytes.Buffer
	name, size := initials(c.Name)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 270" role="img" aria-label="%s">
<rect width="480" height="270" rx="12" fill="#15110F"/>
<rect x="6" y="6" width="468" height="258" rx="8" fill="#B3162C"/>
<rect x="40" y="168" width="400" height="2" fill="#F4C542" opacity=".7"/>
<g fill="#FFF8EC" text-anchor="middle"
 font-family="'Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','WenQuanYi Micro Hei',sans-serif">
<text x="240" y="140" font-size="120" font-weight="700">%d</text>
<text x="240" y="230" font-size="%d">%s</text>
</g>
</svg>
`, escaped(c.Name), c.Number, size, escaped(name))
	return out.Bytes()
}

// initials are the first characters of a name that fit the tile, eight of Chinese or sixteen of others, and
// the size of type they fit in.
func initials(name string) (short string, size int) {
	width := 0
	size = 56
	for i, r := range name {
		width++
		if unicode.Is(unicode.Han, r) {
			width++
		}
		if width > 12 {
			size = 48
		}
		if width > 16 {
			return strings.TrimSpace(name[:i]), size
		}
	}
	return strings.TrimSpace(name), size
}

func escaped(s string) string {
	var out bytes.Buffer
	if err := xml.EscapeText(&out, []byte(s)); err != nil {
		return ""
	}
	return out.String()
}
