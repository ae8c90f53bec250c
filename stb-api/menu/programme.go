package menu

import (
	"strconv"
	"time"

	"podium.tv/podium/epg"
	"podium.tv/podium/storage/catalogue"
)

// The states of a programme.
const (
	past   = "past"
	now    = "now"
	future = "future"
)

// leastPlayable is the least that is worth playing: a playlist of less has hardly a segment.
const leastPlayable = 10 * time.Second

type programme struct {
	ID          string  `json:"id"`
	Channel     string  `json:"channel"`
	Title       string  `json:"title"`
	Subtitle    string  `json:"subtitle"`
	Description string  `json:"description"`
	Lecturer    string  `json:"lecturer"`
	Category    string  `json:"category"`
	Start       string  `json:"start"`
	End         string  `json:"end"`
	Repeat      bool    `json:"repeat"`
	Filler      bool    `json:"filler"`
	State       string  `json:"state"`
	Play        *string `json:"play"`
}

// reach is the part of a channel's past that can be played at an instant.
type reach struct {
	from, to time.Time
	ok       bool
}

func (m *Menu) reach(c *catalogue.Channel, at time.Time) reach {
	if m.Archive == nil || c.ArchiveHours <= 0 {
		return reach{}
	}
	from, to, ok := m.Archive.Span(c.ID)
	// To the minute, so that answers do not differ from one second to the next.
	promised := at.Add(-time.Duration(c.ArchiveHours) * time.Hour).Truncate(time.Minute).Add(time.Minute)
	if ok && from.Before(promised) {
		from = promised
	}
	return reach{from: from, to: to, ok: ok}
}

func describe(p *epg.Programme, at time.Time, r reach) *programme {
	out := programme{
		ID: p.ID, Channel: p.Channel, Title: p.Title, Subtitle: p.Subtitle, Description: p.Description, Lecturer: p.Lecturer,
		Category: p.Category, Start: p.Start.UTC().Format(instant), End: p.End.UTC().Format(instant), Repeat: p.Repeat, Filler: p.Filler,
		State: future,
	}
	switch {
	case p.On(at):
		out.State = now
	case !p.End.After(at):
		out.State = past
	}
	out.Play = r.play(p, out.State)
	return &out
}

// play is the address of a programme that is past, or of one that is on from its start; nil where nothing
// of it is left. A programme of which the archive holds a part plays from where that begins.
func (r reach) play(p *epg.Programme, state string) *string {
	if !r.ok || state == future {
		return nil
	}
	start := p.Start
	if start.Before(r.from) {
		start = r.from.Add(time.Second - time.Nanosecond).Truncate(time.Second)
	}
	end := p.End
	if end.After(r.to) {
		end = r.to
	}
	if end.Sub(start) < leastPlayable {
		return nil
	}
	address := "/live/" + p.Channel + "/archive-" + strconv.FormatInt(start.Unix(), 10)
	if state == now {
		address += "-now.m3u8"
	} else {
		address += "-" + strconv.FormatInt(int64(p.End.Sub(start)/time.Second), 10) + ".m3u8"
	}
	return &address
}
