// Package epg says what is on when: channels, their programmes, now and next, and a guide without overlap
// or hole.
package epg

import (
	"strconv"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// Programme is one item of the seamless guide: what an editor scheduled, or a filler in a hole.
type Programme struct {
	catalogue.Programme
	// Filler says that nothing was scheduled; the programme is named after the channel.
	Filler bool
}

// On says whether the programme is on at an instant.
func (p *Programme) On(t time.Time) bool { return !t.Before(p.Start) && t.Before(p.End) }

// filler stands in a hole of a channel's guide. Its id follows from where it is, so that it stays the same
// from one request to the next.
func filler(c *catalogue.Channel, start, end time.Time) Programme {
	return Programme{
		Programme: catalogue.Programme{
			ID:      "filler-" + c.ID + "-" + strconv.FormatInt(start.Unix(), 10),
			Channel: c.ID, Start: start, End: end, Title: c.Name,
		},
		Filler: true,
	}
}
