package console

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

// day is one day of the station: from its midnight to the next, which are 23 or 25 hours apart where clocks
// change.
type day struct {
	date     string
	zone     *time.Location
	from, to time.Time
}

// clock tells an instant as the station's clock shows it.
func (d day) clock(at time.Time) string { return at.In(d.zone).Format("15:04") }

// Day is a day's programmes as they are answered.
type Day struct {
	Channel string    `json:"channel"`
	Date    string    `json:"date"`
	Zone    string    `json:"zone"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	// Before is a programme of the day before that is still on when the day begins, or nil. It is not part of
	// the day.
	Before *Programme `json:"before"`
	// Programmes are those that start on the day; the last may end after it.
	Programmes []Programme `json:"programmes"`
}

// zone is the station's.
func (s *Console) zone() *time.Location {
	if s.Zone != nil {
		return s.Zone()
	}
	// China has no summer time: without a database of zones the fixed one is the same.
	if zone, err := time.LoadLocation("Asia/Shanghai"); err == nil {
		return zone
	}
	return time.FixedZone("Asia/Shanghai", 8*60*60)
}

// The days that can be edited, as years; further away there is only a mistake.
const (
	firstYear = 2000
	lastYear  = 2199
)

// asked returns the day that a request names, today where it names none.
func (s *Console) asked(c echo.Context) (day, error) {
	zone := s.zone()
	date := c.QueryParam("date")
	if date == "" {
		date = s.now().In(zone).Format(time.DateOnly)
	}
	from, err := time.ParseInLocation(time.DateOnly, date, zone)
	if err != nil || from.Year() < firstYear || from.Year() > lastYear {
		return day{}, problem.New(http.StatusBadRequest, "error.date", clip(date)).WithField("date").WithExpected("error.date.expected")
	}
	return day{date: date, zone: zone, from: from, to: from.AddDate(0, 0, 1)}, nil
}

// channel returns the channel that a request names.
func (s *Console) channel(c echo.Context) (catalogue.Channel, error) {
	return s.known(c, c.Param("id"), "id")
}

// known returns the channel with an id that stands in a field of the request.
func (s *Console) known(c echo.Context, id, field string) (catalogue.Channel, error) {
	found, err := s.Guide.Channel(c.Request().Context(), id)
	if errors.Is(err, catalogue.ErrNotFound) || (err == nil && found.ID != id) {
		return found, problem.New(http.StatusNotFound, "error.channel", clip(id)).WithField(field).WithCause(err)
	}
	return found, err
}

func (s *Console) day(c echo.Context) error {
	asked, err := s.asked(c)
	if err != nil {
		return err
	}
	channel, err := s.channel(c)
	if err != nil {
		return err
	}
	found, err := s.load(c.Request().Context(), asked, channel.ID)
	if err != nil {
		return err
	}
	return answer(c, found)
}

// load reads a day.
func (s *Console) load(ctx context.Context, asked day, channel string) (Day, error) {
	found := Day{
		Channel: channel, Date: asked.date, Zone: asked.zone.String(), From: asked.from.UTC(), To: asked.to.UTC(),
		Programmes: []Programme{},
	}
	all, err := s.Guide.Programmes(ctx, channel, asked.from, asked.to)
	if err != nil {
		return found, fmt.Errorf("read day: %w", err)
	}
	for _, p := range all {
		made := toProgramme(p)
		if p.Start.Before(asked.from) {
			found.Before = &made
			continue
		}
		found.Programmes = append(found.Programmes, made)
	}
	return found, nil
}

func answer(c echo.Context, found Day) error {
	tag, err := etag(found)
	if err != nil {
		return err
	}
	c.Response().Header().Set("ETag", tag)
	return c.JSON(http.StatusOK, found)
}

// etag names the state of a day's own programmes: it changes exactly when they do.
func etag(found Day) (string, error) {
	content, err := json.Marshal(found.Programmes)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, nil
}

// replaceDay puts a whole day in the place of what was there: with If-Match only if that is still what the
// editor saw, without it whatever was there.
func (s *Console) replaceDay(c echo.Context) error {
	asked, err := s.asked(c)
	if err != nil {
		return err
	}
	var body struct {
		Programmes []Change `json:"programmes"`
	}
	if err := decode(c, dayBody, &body); err != nil {
		return err
	}
	if body.Programmes == nil {
		return problem.New(http.StatusUnprocessableEntity, "error.programme.missing").WithField("programmes")
	}
	if len(body.Programmes) > mostProgrammes {
		return problem.New(http.StatusUnprocessableEntity, "error.programme.count", mostProgrammes).WithField("programmes")
	}
	channel, err := s.channel(c)
	if err != nil {
		return err
	}
	lock := s.lock(channel.ID)
	lock.Lock()
	defer lock.Unlock()
	return s.replace(c, asked, channel.ID, body.Programmes)
}

// lock is for one channel that exists, so that there are no more of them than channels.
func (s *Console) lock(channel string) *sync.Mutex {
	held, _ := s.writing.LoadOrStore(channel, &sync.Mutex{})
	return held.(*sync.Mutex) //nolint:errcheck,forcetypeassert // Nothing else is stored.
}

func (s *Console) replace(c echo.Context, asked day, channel string, changes []Change) error {
	ctx := c.Request().Context()
	before, err := s.load(ctx, asked, channel)
	if err != nil {
		return err
	}
	tag, err := etag(before)
	if err != nil {
		return err
	}
	if condition := c.Request().Header.Values("If-Match"); len(condition) > 0 && !matches(strings.Join(condition, ","), tag) {
		return problem.New(http.StatusPreconditionFailed, "error.programme.changed").WithField("If-Match")
	}
	programmes, err := read(asked, channel, merge(before.Programmes, changes))
	if err != nil {
		return err
	}
	if _, err := s.Guide.ReplaceProgrammes(ctx, channel, asked.from, asked.to, programmes); err != nil {
		return refused(asked, channel, programmes, err)
	}
	s.audit(c, "programmes replaced", "channel", channel, "date", asked.date, "before", len(before.Programmes), "after", len(programmes))
	after, err := s.load(ctx, asked, channel)
	if err != nil {
		return err
	}
	return answer(c, after)
}

// matches says whether an If-Match header names the tag (RFC 9110 §13.1.1). Weak tags never match.
func matches(header, tag string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for candidate := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(candidate) == tag {
			return true
		}
	}
	return false
}

// refused tells an editor why the catalogue did not take a day.
func refused(asked day, channel string, programmes []catalogue.Programme, err error) error {
	var overlap *catalogue.OverlapError
	var invalid *catalogue.InvalidError
	switch {
	case errors.As(err, &overlap):
		// One of the two is of another day: the field is that of the one which is not.
		index := 0
		for i, p := range programmes {
			if p.Start.Equal(overlap.First.Start) || p.Start.Equal(overlap.Second.Start) {
				index = i
			}
		}
		return overlapping(asked, overlap.First, overlap.Second, index).WithCause(err)
	case errors.As(err, &invalid):
		return problem.New(http.StatusUnprocessableEntity, "error.programme.refused", invalid.Error()).
			WithField("programmes").WithCause(err)
	case errors.Is(err, catalogue.ErrTaken):
		return problem.New(http.StatusConflict, "error.programme.id").WithField("programmes").WithCause(err)
	case errors.Is(err, catalogue.ErrNotFound):
		return problem.New(http.StatusNotFound, "error.channel", channel).WithField("id").WithCause(err)
	}
	return err
}

// clip keeps a long text of a client out of messages.
func clip(text string) string {
	if runes := []rune(text); len(runes) > 64 {
		return string(runes[:64]) + "…"
	}
	return text
}
