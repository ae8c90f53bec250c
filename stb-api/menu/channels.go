package menu

import (
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/epg"
	"podium.tv/podium/storage/catalogue"
)

// How long an answer may be kept without asking again, in seconds. What is on changes by the minute, and a
// box that shows the old programme for a few seconds more does no harm.
const (
	nowAge    = 5
	guideAge  = 15
	keymapAge = 3600
	logoAge   = 86400
)

type channel struct {
	ID           string     `json:"id"`
	Number       int        `json:"number"`
	Name         string     `json:"name"`
	Group        string     `json:"group"`
	Logo         string     `json:"logo"`
	Live         string     `json:"live"`
	Mono         string     `json:"mono"`
	ArchiveHours int        `json:"archiveHours"`
	OnAir        bool       `json:"onAir"`
	Now          *programme `json:"now"`
	Next         *programme `json:"next"`
}

type channelList struct {
	Zone string `json:"zone"`
	// ZoneOffset is the zone's distance from UTC now, in minutes: old boxes know no zones.
	ZoneOffset int       `json:"zoneOffset"`
	Station    string    `json:"station"`
	Channels   []channel `json:"channels"`
}

func (m *Menu) channels(c echo.Context) error {
	s, err := m.snapshot()
	if err != nil {
		return err
	}
	at, all := m.now(), s.Channels()
	_, offset := at.In(s.Zone).Zone()
	list := channelList{
		Zone: s.Zone.String(), ZoneOffset: offset / 60, Station: m.station(), Channels: make([]channel, 0, len(all)),
	}
	for i := range all {
		list.Channels = append(list.Channels, m.describe(s, &all[i], at))
	}
	return timed(c, at, nowAge, list)
}

func (m *Menu) channel(c echo.Context) error {
	s, one, err := m.named(c)
	if err != nil {
		return err
	}
	at := m.now()
	return timed(c, at, nowAge, m.describe(s, &one, at))
}

func (m *Menu) describe(s *epg.Snapshot, c *catalogue.Channel, at time.Time) channel {
	out := channel{
		ID: c.ID, Number: c.Number, Name: c.Name, Group: c.Group, Logo: m.logoAddress(c),
		Live: "/live/" + c.ID + "/index.m3u8", Mono: "/live/" + c.ID + "/mono.m3u8",
		ArchiveHours: c.ArchiveHours, OnAir: m.onAir(c.ID),
	}
	out.Now, out.Next = m.pair(s, c, at)
	return out
}

// pair is what is on and what comes next.
func (m *Menu) pair(s *epg.Snapshot, c *catalogue.Channel, at time.Time) (on, next *programme) {
	p, q, ok := s.NowNext(c.ID, at)
	if !ok {
		return nil, nil
	}
	r := m.reach(c, at)
	return describe(&p, at, r), describe(&q, at, r)
}

// logoAddress is the channel's own logo where it has one that a page can load, or the drawn one.
func (m *Menu) logoAddress(c *catalogue.Channel) string {
	switch {
	case m.LogoFile != nil && m.LogoFile(c.ID) != "":
		return "/logo/" + c.ID + strings.ToLower(path.Ext(m.LogoFile(c.ID)))
	case strings.HasPrefix(c.Logo, "https://"), strings.HasPrefix(c.Logo, "http://"),
		strings.HasPrefix(c.Logo, "/") && !strings.HasPrefix(c.Logo, "//"):
		return c.Logo
	default:
		return "/logo/" + c.ID + ".svg"
	}
}

type nowNext struct {
	Now  *programme `json:"now"`
	Next *programme `json:"next"`
}

type nowList struct {
	Channels map[string]nowNext `json:"channels"`
}

func (m *Menu) nowNext(c echo.Context) error {
	s, err := m.snapshot()
	if err != nil {
		return err
	}
	at, list := m.now(), nowList{Channels: map[string]nowNext{}}
	for _, one := range s.Channels() {
		on, next := m.pair(s, &one, at)
		list.Channels[one.ID] = nowNext{Now: on, Next: next}
	}
	return timed(c, at, nowAge, list)
}
