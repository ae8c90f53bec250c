package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
)

// Pictures has a small JPEG of what each feed shows now.
type Pictures interface {
	// Picture is the feed's newest picture, or ErrNoPicture or ErrNoEyes.
	Picture(feed string) (Picture, error)
}

// Picture is a JPEG.
type Picture struct {
	JPEG []byte
	At   time.Time // when it came in
	ETag string    // in quotes
}

// Errors of Pictures.
var (
	ErrNoPicture = errors.New("no picture")
	ErrNoEyes    = errors.New("no program that can look at pictures")
)

// picture answers with what a feed shows. Who asks again and again, by If-None-Match, keeps it fresh.
func (s *Console) picture(c echo.Context) error {
	feed, err := s.feed(c)
	if err != nil {
		return err
	}
	found, err := Picture{}, ErrNoEyes
	if s.Pictures != nil {
		found, err = s.Pictures.Picture(feed)
	}
	switch {
	case errors.Is(err, ErrNoEyes):
		return problem.New(http.StatusNotFound, "error.picture.ffmpeg").WithCause(err)
	case err != nil:
		return problem.New(http.StatusNotFound, "error.picture.none").WithCause(err)
	}
	header := c.Response().Header()
	header.Set("ETag", found.ETag)
	header.Set(echo.HeaderLastModified, found.At.UTC().Format(http.TimeFormat))
	if strings.Contains(c.Request().Header.Get("If-None-Match"), found.ETag) {
		return c.NoContent(http.StatusNotModified)
	}
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(found.JPEG)))
	return c.Blob(http.StatusOK, "image/jpeg", found.JPEG)
}
