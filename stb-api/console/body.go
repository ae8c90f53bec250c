package console

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
)

// The bounds of bodies, in bytes.
const (
	smallBody = 16 << 10
	dayBody   = 1 << 20
)

// decode reads one JSON object of at most limit bytes into to, refusing fields that it does not know: a
// misspelt one would be lost silently.
func decode(c echo.Context, limit int64, to any) error {
	request := c.Request()
	kind, _, err := mime.ParseMediaType(request.Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON {
		return problem.New(http.StatusUnsupportedMediaType, "error.unsupported", echo.MIMEApplicationJSON).WithField("Content-Type")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(c.Response().Writer, request.Body, limit))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(to); err != nil {
		return badJSON(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badJSON(errors.New("something follows the object"))
	}
	return nil
}

func badJSON(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	made := problem.New(http.StatusBadRequest, "error.json", strings.TrimPrefix(err.Error(), "json: ")).WithCause(err)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return made.WithField(kind.Field)
	}
	return made
}
