package station

import (
	"time"

	"podium.tv/podium/epg"
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/stb-api/console"
)

// onAir tells the console what comes in and what goes out.
type onAir struct{ station *Station }

// Feeds implements console.OnAir.
func (o onAir) Feeds() []console.Feed {
	now := time.Now()
	all := o.station.feedStatus()
	out := make([]console.Feed, len(all))
	for i := range all {
		f := &all[i]
		out[i] = console.Feed{
			ID: f.ID, Name: f.Name, State: feedState(f.State), Input: f.Input, Since: instant(f.Since),
			Tracks: make([]console.Track, len(f.Tracks)), Bitrate: int64(f.Bitrate), FPS: f.FPS,
			Restarts: f.Restarts, LastError: f.LastError, OnSlate: f.OnSlate, Sources: sourceRows(f.Sources),
		}
		for n, t := range f.Tracks {
			out[i].Tracks[n] = console.Track{Kind: t.Kind, Codec: t.Codec, Detail: t.Detail}
		}
		if !f.LastFrame.IsZero() {
			age := max(now.Sub(f.LastFrame), 0).Seconds()
			out[i].LastFrameAge = &age
		}
	}
	return out
}

func feedState(s feed.State) string {
	switch s {
	case feed.Online:
		return console.Online
	case feed.Waiting:
		return console.Waiting
	case feed.Idle:
		return console.Idle
	case feed.Offline:
	}
	return console.Offline
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Channels implements console.OnAir.
func (o onAir) Channels() []console.Channel {
	now := time.Now()
	guide := o.station.guide.Snapshot()
	c := o.station.config()
	out := make([]console.Channel, 0, len(c.Channels))
	for _, ch := range c.Channels {
		p := o.station.play.Channel(string(ch.ID))
		if p == nil {
			continue
		}
		row := console.Channel{
			ID: string(ch.ID), Number: ch.Number, Name: ch.Name, Feed: string(ch.Feed),
			Segments: int64(p.Segments()), Viewers: p.Viewers(now), Renditions: p.Renditions(),
		}
		if on, _, ok := guide.NowNext(row.ID, now); ok {
			row.Now = programme(&on)
		}
		out = append(out, row)
	}
	return out
}

func programme(p *epg.Programme) *console.Programme {
	return &console.Programme{
		ID: p.ID, Channel: p.Channel, Title: p.Title, Subtitle: p.Subtitle, Description: p.Description,
		Lecturer: p.Lecturer, Category: p.Category, Series: p.Series, Repeat: p.Repeat,
		Start: p.Start.UTC().Format(time.RFC3339), End: p.End.UTC().Format(time.RFC3339),
	}
}
