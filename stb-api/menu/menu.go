// Package menu is the JSON menu of boxes and phones: channels, what is on, the guide, the keys of remote
// controls, and the channels' logos.
package menu

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/epg"
	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

// Archive says what of a channel's past can still be played.
type Archive interface {
	// Span is from the start of the oldest to the end of the newest segment of a channel's timeline; ok is
	// false where there is none.
	Span(channel string) (from, to time.Time, ok bool)
}

// Menu serves /api/v1/channels, /api/v1/now, /api/v1/keymap and /logo. None of it takes the database.
type Menu struct {
	Guide *epg.Guide
	// Archive may be nil: then nothing past can be played.
	Archive Archive
	// OnAir says whether a channel has pictures now. It defaults to no.
	OnAir func(channel string) bool
	// Station is the station's name, asked at each request. It defaults to empty.
	Station func() string
	// LogoFile is the path of a channel's own picture file, or empty. It defaults to none.
	LogoFile func(channel string) string
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time
}

// Register adds the routes.
func (m *Menu) Register(e *echo.Echo) {
	methods := []string{http.MethodGet, http.MethodHead}
	e.Match(methods, "/api/v1/channels", m.channels)
	e.Match(methods, "/api/v1/channels/:channel", m.channel)
	e.Match(methods, "/api/v1/channels/:channel/guide", m.guide)
	e.Match(methods, "/api/v1/now", m.nowNext)
	e.Match(methods, "/api/v1/keymap", m.keymap)
	e.Match(methods, "/logo/:file", m.logo)
}

func (m *Menu) now() time.Time {
	if m.Now == nil {
		return time.Now().UTC()
	}
	return m.Now().UTC()
}

func (m *Menu) station() string {
	if m.Station == nil {
		return ""
	}
	return m.Station()
}

func (m *Menu) onAir(channel string) bool { return m.OnAir != nil && m.OnAir(channel) }

// snapshot is the guide; until it was read once, boxes are told to come back rather than given no channels.
func (m *Menu) snapshot() (*epg.Snapshot, error) {
	s := m.Guide.Snapshot()
	if s.Taken().IsZero() {
		return nil, problem.New(http.StatusServiceUnavailable, "error.guide-loading").WithRetryAfter(time.Second)
	}
	return s, nil
}

// named is the channel of a request's path.
func (m *Menu) named(c echo.Context) (*epg.Snapshot, catalogue.Channel, error) {
	s, err := m.snapshot()
	if err != nil {
		return nil, catalogue.Channel{}, err
	}
	id := c.Param("channel")
	channel, ok := s.Channel(id)
	if !ok {
		return nil, catalogue.Channel{}, problem.New(http.StatusNotFound, "error.channel", clip(id))
	}
	return s, channel, nil
}

// clip keeps a hostile value from filling a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
