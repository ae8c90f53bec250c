// Package clients speaks the dialects of stock players: their playlists and their guide.
package clients

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/epg"
)

// Site is what the playlists and the guide say about the station.
type Site struct {
	// Name is the station's.
	Name string
	// BaseURL is the address that viewers use, like https://tv.example.org. It defaults to the address that
	// each request was made to.
	BaseURL string
	// TrustedProxies may say in X-Forwarded-Proto and X-Forwarded-Host what address a request was made to.
	TrustedProxies []netip.Prefix
}

// Clients serves /playlist.m3u, /epg/guide.xml and /epg/guide.xml.gz.
type Clients struct {
	Guide *epg.Guide
	// Site is asked at each request. It defaults to an empty Site.
	Site func() Site
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time

	guides rendered
}

// Register adds the routes.
func (cl *Clients) Register(e *echo.Echo) {
	methods := []string{http.MethodGet, http.MethodHead}
	e.Match(methods, "/playlist.m3u", cl.playlist)
	e.Match(methods, "/epg/guide.xml", cl.guidePlain)
	e.Match(methods, "/epg/guide.xml.gz", cl.guideZipped)
}

func (cl *Clients) now() time.Time {
	if cl.Now == nil {
		return time.Now()
	}
	return cl.Now()
}

func (cl *Clients) site() Site {
	if cl.Site == nil {
		return Site{}
	}
	return cl.Site()
}
