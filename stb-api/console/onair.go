package console

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/message"
)

// OnAir tells what comes in and what goes out now. Both answer from memory.
type OnAir interface {
	Feeds() []Feed
	Channels() []Channel
}

// The states of a feed.
const (
	Online  = "online"
	Waiting = "waiting" // Reconnecting, or for somebody to publish.
	Offline = "offline"
	Idle    = "idle" // Nothing is fetched, because nobody watches.
)

// Feed is one live input.
type Feed struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// State is Online, Waiting, Offline or Idle.
	State string `json:"state"`
	// Input is where it comes from, without credentials.
	Input string `json:"input"`
	// Since is from when on it is in its state, or nil.
	Since  *time.Time `json:"since"`
	Tracks []Track    `json:"tracks"`
	// Bitrate is in bits a second, FPS in frames a second.
	Bitrate int64   `json:"bitrate"`
	FPS     float64 `json:"fps"`
	// LastFrameAge is in seconds, or nil before the first frame.
	LastFrameAge *float64 `json:"lastFrameAge"`
	Restarts     int      `json:"restarts"`
	LastError    string   `json:"lastError"`
	// OnSlate says that viewers see the station's slate, because no source is good.
	OnSlate bool `json:"onSlate"`
	// Sources are the inputs in order of priority.
	Sources []Source `json:"sources"`
}

// Track is one elementary stream of a feed.
type Track struct {
	// Kind is "video" or "audio".
	Kind string `json:"kind"`
	// Codec is its name, such as "H.264".
	Codec string `json:"codec"`
	// Detail is the rest that a person wants to know, such as "1920x1080 25 fps".
	Detail string `json:"detail"`
}

// Channel is one channel on the air.
type Channel struct {
	ID     string `json:"id"`
	Number int    `json:"number"`
	Name   string `json:"name"`
	// Feed is the id of the feed that it follows.
	Feed string `json:"feed"`
	// Segments is how many its timeline holds.
	Segments int64 `json:"segments"`
	// Viewers is how many watch now.
	Viewers int `json:"viewers"`
	// Renditions are the names of the further sizes of its picture that are on now.
	Renditions []string `json:"renditions"`
	// Now is the programme that is on, or nil.
	Now *Programme `json:"now"`
}

func (s *Console) onAir(c echo.Context) error {
	answer := struct {
		ServerTime time.Time `json:"serverTime"`
		Feeds      []Feed    `json:"feeds"`
		Channels   []Channel `json:"channels"`
	}{s.now().UTC(), s.OnAir.Feeds(), s.OnAir.Channels()}
	language := message.Negotiate(c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set("Content-Language", language.Tag())
	// A page maps over lists; null is none.
	if answer.Feeds == nil {
		answer.Feeds = []Feed{}
	}
	if answer.Channels == nil {
		answer.Channels = []Channel{}
	}
	for i := range answer.Feeds {
		if answer.Feeds[i].Tracks == nil {
			answer.Feeds[i].Tracks = []Track{}
		}
		answer.Feeds[i].translate(language)
	}
	return c.JSON(http.StatusOK, answer)
}
