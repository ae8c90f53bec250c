package menu

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/epg"
	"podium.tv/podium/stb-api/problem"
)

// The bounds of what is asked of the guide.
const (
	mostGuideDays = 8
	furthest      = 366 * 24 * time.Hour
)

type guideList struct {
	Channel    string       `json:"channel"`
	Programmes []*programme `json:"programmes"`
}

func (m *Menu) guide(c echo.Context) error {
	s, one, err := m.named(c)
	if err != nil {
		return err
	}
	at := m.now()
	from, to, err := window(c, at, s.Zone)
	if err != nil {
		return err
	}
	list, r := guideList{Channel: one.ID, Programmes: []*programme{}}, m.reach(&one, at)
	for _, p := range s.Window(one.ID, from, to) {
		list.Programmes = append(list.Programmes, describe(&p, at, r))
	}
	return timed(c, at, guideAge, list)
}

// window is ?from= and ?to=, or the local day of ?date=, or today.
func window(c echo.Context, at time.Time, zone *time.Location) (from, to time.Time, err error) {
	if c.QueryParam("from") != "" || c.QueryParam("to") != "" {
		return between(c, at)
	}
	day, date := at.In(zone), c.QueryParam("date")
	if date != "" {
		if day, err = time.ParseInLocation(time.DateOnly, date, zone); err != nil || beyond(day, at) {
			return from, to, problem.New(http.StatusBadRequest, "error.date", clip(date)).WithField("date").
				WithExpected("error.date.expected")
		}
	}
	from, to = epg.Day(day.Year(), day.Month(), day.Day(), zone)
	return from, to, nil
}

func between(c echo.Context, at time.Time) (from, to time.Time, err error) {
	if from, err = instantOf(c, "from", at); err != nil {
		return from, to, err
	}
	if to, err = instantOf(c, "to", at); err != nil {
		return from, to, err
	}
	if length := to.Sub(from); length <= 0 || length > mostGuideDays*24*time.Hour {
		return from, to, problem.New(http.StatusBadRequest, "error.window", mostGuideDays).WithField("to")
	}
	return from, to, nil
}

func instantOf(c echo.Context, name string, at time.Time) (time.Time, error) {
	value := c.QueryParam(name)
	t, err := time.Parse(time.RFC3339, value)
	if err != nil || beyond(t, at) {
		return time.Time{}, problem.New(http.StatusBadRequest, "error.instant", clip(value)).WithField(name).
			WithExpected("error.instant.expected")
	}
	return t.UTC(), nil
}

func beyond(t, at time.Time) bool {
	distance := t.Sub(at)
	return distance > furthest || distance < -furthest
}
