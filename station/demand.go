package station

import (
	"sync"
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/stb-api/play"
)

// demand is whether anybody watches a feed that is fetched only then: whoever asks for one of its channels does.
type demand struct {
	mu       sync.Mutex
	channels []*play.Demand
	changed  chan struct{}
}

var _ feed.Demand = (*demand)(nil)

func newDemand() *demand { return &demand{changed: make(chan struct{})} }

// Wanted implements feed.Demand.
func (d *demand) Wanted() bool {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, ch := range d.channels {
		if ch.Asked(now) {
			return true
		}
	}
	return false
}

// Changed implements feed.Demand. That nobody watches any more is seen by whoever looks again.
func (d *demand) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// wake tells the feed that somebody asks.
func (d *demand) wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *demand) by(channels []*play.Demand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.channels = channels
}

// feedDemand is what a feed is told by of its viewers, nil for one that runs whether it has any or not.
func feedDemand(f *config.Feed) *demand {
	if !f.OnDemand {
		return nil
	}
	return newDemand()
}

// idle is how long a feed runs after the last viewer. Players ask once in a target duration, twice the segment's: one that is a little
// late is still there.
func idle(f *config.Feed) time.Duration {
	return max(f.OnDemandIdle.Std(), 3*2*f.SegmentTarget.Std())
}

// channelDemand is what tells the feeds of a channel that are fetched on demand that somebody watches; nil where there are none. The
// caller holds the lock.
func (s *Station) channelDemand(ch *config.Channel) *play.Demand {
	var asked []*demand
	for _, id := range ch.Feeds() {
		if f := s.feeds[id]; f != nil && f.demand != nil {
			asked = append(asked, f.demand)
		}
	}
	if asked == nil {
		return nil
	}
	return &play.Demand{Wake: func() {
		for _, d := range asked {
			d.wake()
		}
	}}
}

// shareDemand tells each feed by which channels it is watched. The caller holds the lock.
func (s *Station) shareDemand() {
	by := make(map[config.ID][]*play.Demand)
	for _, ch := range s.channels {
		if ch.play.Demand == nil {
			continue
		}
		for _, id := range ch.config.Feeds() {
			by[id] = append(by[id], ch.play.Demand)
		}
	}
	for id, f := range s.feeds {
		if f.demand != nil {
			f.demand.by(by[id])
		}
	}
}

// wanted is which feeds that are fetched on demand somebody watches.
func (s *Station) wanted() map[config.ID]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[config.ID]bool)
	for id, f := range s.feeds {
		if f.demand != nil {
			out[id] = f.demand.Wanted()
		}
	}
	return out
}
