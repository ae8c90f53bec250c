// Package web serves the pages of the set-top box and the console, from files built beforehand and embedded in the program.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed all:dist
var built embed.FS

// The policy lets a page run only the scripts that came with it, and nobody else frame it. Media Source
// Extensions play from blob: addresses; element styles are set by script, which CSP does not count as inline.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

// Pages serves the built pages. The zero value is ready to use.
type Pages struct {
	// Files holds the built files: NAME/index.html for each page and assets/. It defaults to the embedded ones.
	Files fs.FS
}

// asset is one built file as it goes over the wire.
type asset struct {
	kind   string
	etag   string
	plain  []byte
	packed []byte // gzip; nil where it would not be smaller
}

// Register adds /, /tv/, /console/ and /assets/ to e. It fails if the built files cannot be read.
func (p Pages) Register(e *echo.Echo) error {
	files := p.Files
	if files == nil {
		dist, err := fs.Sub(built, "dist")
		if err != nil {
			return fmt.Errorf("open the embedded pages: %w", err)
		}
		files = dist
	}

	for _, name := range []string{"tv", "console"} {
		page, err := load(files, name+"/index.html")
		if err != nil {
			return fmt.Errorf("load the page %s: %w", name, err)
		}
		e.Match([]string{http.MethodGet, http.MethodHead}, "/"+name+"/", page.servePage)
		e.Match([]string{http.MethodGet, http.MethodHead}, "/"+name, redirect("/"+name+"/"))
	}

	assets, err := loadAssets(files)
	if err != nil {
		return err
	}
	e.Match([]string{http.MethodGet, http.MethodHead}, "/assets/:name", func(c echo.Context) error {
		found, ok := assets[c.Param("name")]
		if !ok {
			return echo.ErrNotFound
		}
		return found.serve(c, "public, max-age=31536000, immutable")
	})
	e.Match([]string{http.MethodGet, http.MethodHead}, "/", redirect("/tv/"))
	return nil
}

func redirect(to string) echo.HandlerFunc {
	return func(c echo.Context) error {
		if query := c.Request().URL.RawQuery; query != "" {
			return c.Redirect(http.StatusFound, to+"?"+query)
		}
		return c.Redirect(http.StatusFound, to)
	}
}

func loadAssets(files fs.FS) (map[string]*asset, error) {
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return nil, fmt.Errorf("list the built assets: %w", err)
	}
	assets := make(map[string]*asset, len(entries))
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || strings.HasSuffix(name, ".gz") {
			continue
		}
		loaded, err := load(files, "assets/"+name)
		if err != nil {
			return nil, fmt.Errorf("load the asset %s: %w", name, err)
		}
		assets[name] = loaded
	}
	return assets, nil
}

func load(files fs.FS, name string) (*asset, error) {
	plain, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	loaded := &asset{kind: contentType(name), etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, plain: plain}
	if packed, err := fs.ReadFile(files, name+".gz"); err == nil {
		loaded.packed = packed
	}
	return loaded, nil
}

// contentType does not ask the machine's own table first: it differs from one to the next, and a script
// that is not called one is refused under nosniff.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		if known := mime.TypeByExtension(ext); known != "" {
			return known
		}
		return "application/octet-stream"
	}
}

func (a *asset) servePage(c echo.Context) error {
	header := c.Response().Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "same-origin")
	return a.serve(c, "no-cache")
}

func (a *asset) serve(c echo.Context, caching string) error {
	header := c.Response().Header()
	header.Set(echo.HeaderXContentTypeOptions, "nosniff")
	header.Set(echo.HeaderCacheControl, caching)
	header.Set(echo.HeaderContentType, a.kind)
	body, etag := a.plain, a.etag
	if a.packed != nil {
		header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
		if acceptsGzip(c.Request().Header.Get(echo.HeaderAcceptEncoding)) {
			header.Set(echo.HeaderContentEncoding, "gzip")
			// Each coding is a representation of its own, with its own strong tag (RFC 9110 §8.8.3.3).
			body, etag = a.packed, strings.TrimSuffix(a.etag, `"`)+`-gz"`
		}
	}
	header.Set("ETag", etag)
	if matches(c.Request().Header.Get("If-None-Match"), etag) {
		header.Del(echo.HeaderContentEncoding)
		return c.NoContent(http.StatusNotModified)
	}
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	// A viewer who has gone away is no fault of the server.
	_, _ = c.Response().Write(body)
	return nil
}

// acceptsGzip reads Accept-Encoding by RFC 9110 §12.5.3: a quality of zero is a refusal.
func acceptsGzip(header string) bool {
	others := false
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		accepted := quality(params) > 0
		if coding == "gzip" || coding == "x-gzip" {
			return accepted
		}
		if coding == "*" {
			others = accepted
		}
	}
	return others
}

func quality(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, found := strings.Cut(strings.TrimSpace(param), "=")
		if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return 0
		}
		return q
	}
	return 1
}

// matches compares weakly, as RFC 9110 §13.1.2 asks for If-None-Match.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}
