// Package openapi serves the OpenAPI 3.1 document of what the server answers.
package openapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/labstack/echo/v4"
)

//go:embed openapi.yaml
var source []byte

// document is the source as JSON, made once.
var document = sync.OnceValues(func() ([]byte, error) { return yaml.YAMLToJSON(source) })

// Document serves /openapi.json.
type Document struct{}

// Register adds the route.
func (Document) Register(e *echo.Echo) {
	e.Match([]string{http.MethodGet, http.MethodHead}, "/openapi.json", serve)
}

func serve(c echo.Context) error {
	body, err := document()
	if err != nil {
		return fmt.Errorf("convert the OpenAPI document: %w", err)
	}
	sum := sha256.Sum256(body)
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/json; charset=utf-8")
	h.Set(echo.HeaderCacheControl, "public, max-age=300")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(body))
	return nil
}
