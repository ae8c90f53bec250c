package epg

import (
	"slices"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// Snapshot is the guide at one revision. It never changes, so a request that keeps one sees one truth, and a
// cache can tell by the pointer whether anything is new.
type Snapshot struct {
	// Zone is the station's.
	Zone     *time.Location
	taken    time.Time
	revision catalogue.Revisions
	channels []catalogue.Channel
	lines    map[string]*line
}

// line is one channel's part of a snapshot; the next snapshot takes it over while its revision is the same.
type line struct {
	channel    catalogue.Channel
	programmes []catalogue.Programme
	revision   int64
	loaded     time.Time
}

// Taken is when the snapshot became the guide; zero before the first was read.
func (s *Snapshot) Taken() time.Time { return s.taken }

// Channels are the enabled channels in order. The slice is the caller's.
func (s *Snapshot) Channels() []catalogue.Channel { return slices.Clone(s.channels) }

// Channel is an enabled channel.
func (s *Snapshot) Channel(id string) (catalogue.Channel, bool) {
	l, ok := s.lines[id]
	if !ok {
		return catalogue.Channel{}, false
	}
	return l.channel, true
}

// Window is a channel's guide in [from, to): no overlap, no hole, at least one programme where the window
// is not empty; nil for an unknown channel.
func (s *Snapshot) Window(channel string, from, to time.Time) []Programme {
	l, ok := s.lines[channel]
	if !ok {
		return nil
	}
	return Fill(&l.channel, l.programmes, from, to, s.Zone)
}

// NowNext is what is on a channel at an instant and what comes after it.
func (s *Snapshot) NowNext(channel string, t time.Time) (now, next Programme, ok bool) {
	l, ok := s.lines[channel]
	if !ok {
		return Programme{}, Programme{}, false
	}
	var got [2]Programme
	n := 0
	walk(&l.channel, l.programmes, t, s.Zone, func(p Programme) bool {
		got[n] = p
		n++
		return n < len(got)
	})
	return got[0], got[1], true
}
