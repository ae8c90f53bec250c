package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
)

// Events tells what happened to feeds lately, from memory.
type Events interface {
	// Events are at most n events of a feed, or of all feeds where it is empty, the newest first.
	Events(feed string, n int) []Event
}

// Event is what happened to a feed.
type Event struct {
	At   time.Time `json:"at"`
	Feed string    `json:"feed"`
	// Kind is what happened, such as "switched" or "on_slate".
	Kind string `json:"kind"`
	// From and To name sources; empty is nothing, and "slate" the slate.
	From string `json:"from"`
	To   string `json:"to"`
	// Reason is why, in one word, Cause in a sentence, and Advice what to do about it.
	Reason string `json:"reason"`
	Cause  string `json:"cause"`
	Advice string `json:"advice"`
}

// mostEvents is how many are answered at most, and manyEvents how many where nobody says.
const (
	mostEvents = 1000
	manyEvents = 20
)

func (s *Console) recentEvents(c echo.Context) error {
	n := manyEvents
	if text := c.QueryParam("limit"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > mostEvents {
			return problem.New(http.StatusBadRequest, "error.events.limit", mostEvents).WithField("limit")
		}
	}
	answer := struct {
		Events []Event `json:"events"`
	}{[]Event{}}
	if s.Events != nil {
		answer.Events = append(answer.Events, s.Events.Events(c.QueryParam("feed"), n)...)
	}
	return c.JSON(http.StatusOK, answer)
}
