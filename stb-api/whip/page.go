package whip

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

//go:embed page.html
var source []byte

// page is the one that publishes; its feed stands in its address.
type page struct{ policy string }

// newPage allows the page's own script and style to run, and nothing else.
func newPage() *page {
	return &page{policy: "default-src 'none'; connect-src 'self'; media-src 'self' blob:; img-src data:; base-uri 'none'; " +
		"form-action 'none'; frame-ancestors 'none'; script-src '" + digest(source, "script") + "'; " +
		"style-src '" + digest(source, "style") + "'"}
}

// digest is that of the page's one element of a name, by which it is allowed (CSP Level 3 §2.3.1).
func digest(html []byte, name string) string {
	_, rest, _ := bytes.Cut(html, []byte("<"+name+">"))
	inner, _, _ := bytes.Cut(rest, []byte("</"+name+">"))
	sum := sha256.Sum256(inner)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (p *page) serve(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)")
	h.Set("Cache-Control", "no-cache")
	if c.Request().Method == http.MethodHead {
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(source)))
		return c.NoContent(http.StatusOK)
	}
	return c.HTMLBlob(http.StatusOK, source)
}
