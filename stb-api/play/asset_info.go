package play

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// AssetRoute is where programs read what an asset is and where it plays.
const AssetRoute = "/api/v1/vod/:asset"

// assetInfo is the answer; addresses have the token that was asked with.
type assetInfo struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Seconds   float64    `json:"seconds"`
	CreatedAt time.Time  `json:"createdAt"`
	Protected bool       `json:"protected"`
	URL       string     `json:"url"`
	MonoURL   string     `json:"monoUrl"` // MPEG-TS for old boxes
	PosterURL string     `json:"posterUrl,omitempty"`
	ThumbsURL string     `json:"thumbsUrl,omitempty"`
	Texts     []textInfo `json:"texts"`
}

type textInfo struct {
	Language string `json:"language"`
	Name     string `json:"name"`
	URL      string `json:"url"`
}

func (s *Service) assetInfo(c echo.Context) error {
	r := c.Request()
	a, err := s.asset(r.Context(), c.Param("asset"))
	if err != nil {
		return err
	}
	token := r.URL.Query().Get("token")
	dir, err := s.admit(a, token, "~"+token+"/")
	if err != nil {
		return err
	}
	dir = "/vod/" + a.ID + "/" + dir
	out := assetInfo{
		ID: a.ID, Title: a.Title, Seconds: a.Duration.Seconds(), CreatedAt: a.CreatedAt.UTC(), Protected: a.Protected,
		URL: dir + "index.m3u8", MonoURL: dir + "mono.m3u8", Texts: make([]textInfo, len(a.Subtitles)),
	}
	poster, thumbs := side{of: sidePoster}, side{of: sideThumbs}
	if a.Poster != "" {
		out.PosterURL = dir + poster.String()
	}
	if a.Thumbnails != "" {
		out.ThumbsURL = dir + thumbs.String()
	}
	for i, t := range a.Subtitles {
		file := side{of: sideText, n: i + 1}
		out.Texts[i] = textInfo{Language: t.Language, Name: t.Name, URL: dir + file.String()}
	}
	c.Response().Header().Set("Access-Control-Allow-Origin", "*")
	c.Response().Header().Set("Cache-Control", a.caching(cacheClosed))
	return c.JSON(http.StatusOK, out)
}
