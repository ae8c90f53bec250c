package station

import (
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/stb-api/console"
)

// happened keeps an event of a feed, and has the hooks told.
func (s *Station) happened(e feed.Event) {
	s.events.Add(e)
	s.hooks.offer(e)
}

// Events implements console.Events.
func (o onAir) Events(of string, n int) []console.Event {
	recent := o.station.events.Recent(of, n)
	out := make([]console.Event, len(recent))
	for i := range recent {
		e := &recent[i]
		out[i] = console.Event{
			At: e.At.UTC(), Feed: e.Feed, Kind: string(e.Kind), From: e.From, To: e.To,
			Reason: string(e.Reason), Cause: e.Cause, Advice: e.Advice,
		}
	}
	return out
}
