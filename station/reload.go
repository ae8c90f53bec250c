package station

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/stb-api/play"
)

// Reload puts another configuration in force: feeds and channels that did not change go on untouched. What needs a
// restart of the process is told in the log and left as it is.
func (s *Station) Reload(next *config.Config) error {
	change := config.Diff(s.config(), next)
	if change.IsZero() {
		s.Log.Info("configuration read again, nothing changed")
		return nil
	}
	if len(change.Restart) > 0 {
		s.Log.Warn("these changes hold from the next start on", "keys", change.Restart)
	}
	if s.Level != nil {
		s.Level.Set(next.Log.Level.Level())
	}
	next = s.keepFixed(next)
	s.apply(next)
	ctx, cancel := context.WithTimeout(s.run, 10*time.Second)
	defer cancel()
	if err := s.publishChannels(ctx); err != nil {
		return fmt.Errorf("write channels to the catalogue: %w", err)
	}
	if err := s.guide.Refresh(ctx); err != nil {
		return fmt.Errorf("refresh guide: %w", err)
	}
	s.Log.Info("configuration in force", append([]any{"feeds", len(next.Feeds), "channels", len(next.Channels)}, told(change)...)...)
	return nil
}

// told is what changed, for the log; what did not is left out.
func told(c config.Change) []any {
	var out []any
	ids := func(key string, list []config.ID) {
		if len(list) > 0 {
			out = append(out, key, list)
		}
	}
	ids("feeds_added", c.Feeds.Added)
	ids("feeds_changed", c.Feeds.Changed)
	ids("feeds_removed", c.Feeds.Removed)
	ids("channels_added", c.Channels.Added)
	ids("channels_changed", c.Channels.Changed)
	ids("channels_removed", c.Channels.Removed)
	if len(c.Live) > 0 {
		out = append(out, "keys", c.Live)
	}
	return out
}

// keepFixed is a configuration with the values of the start for all that a running process cannot change: half of it
// going by the old value and half by the new one would be worse than either.
func (s *Station) keepFixed(next *config.Config) *config.Config {
	start, c := s.Config, *next
	c.DataDir, c.RTSP, c.Storage, c.Catalogue = start.DataDir, start.RTSP, start.Storage, start.Catalogue
	c.Publish, c.RTMP, c.SRT, c.WHIP = start.Publish, start.RTMP, start.SRT, start.WHIP
	c.Console, c.Metrics = start.Console, start.Metrics
	c.Station.Zone = start.Station.Zone
	c.Log.Format = start.Log.Format
	c.HTTP = start.HTTP
	c.HTTP.BaseURL = next.HTTP.BaseURL
	c.Playback = start.Playback
	c.Playback.TokenTTL = next.Playback.TokenTTL
	c.Packaging.PartTarget = start.Packaging.PartTarget
	c.Packaging.Recent, c.Packaging.FlushEvery = start.Packaging.Recent, start.Packaging.FlushEvery
	c.Packaging.Chunks = start.Packaging.Chunks
	return &c
}

// apply makes what runs agree with a configuration, changing nothing else.
func (s *Station) apply(next *config.Config) {
	// Ending a feed takes as long as its store takes to be written to: whoever only looks must not wait for it.
	s.changing.Lock()
	defer s.changing.Unlock()
	s.generations.set(next)
	s.readSlates(next)
	s.tellHooks(next)
	channels, feeds, ok := s.takeDown(next)
	if !ok {
		return
	}
	var ending sync.WaitGroup
	for _, ch := range channels {
		ending.Go(ch.end)
	}
	ending.Wait()
	for _, f := range feeds {
		ending.Go(f.end)
	}
	ending.Wait()
	s.putUp(next)
}

// takeDown takes the channels and feeds that are to end off the books; ok is false where the station is stopping.
func (s *Station) takeDown(next *config.Config) (channels []*runningChannel, feeds []*runningFeed, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil, nil, false
	}
	change, was := config.Diff(s.cfg, next), s.cfg
	s.cfg = next
	s.turnOut(was, next)
	stale := slices.Concat(change.Feeds.Changed, change.Feeds.Removed)
	for id, ch := range s.channels {
		isStale := func(feed config.ID) bool { return slices.Contains(stale, feed) }
		if slices.ContainsFunc(ch.config.Feeds(), isStale) || !ch.goesOn(next.Channel(id)) {
			delete(s.channels, id)
			channels = append(channels, ch)
		}
	}
	for _, id := range stale {
		if f := s.feeds[id]; f != nil {
			delete(s.feeds, id)
			feeds = append(feeds, f)
		}
	}
	return channels, feeds, true
}

// putUp starts the feeds and channels that do not run.
func (s *Station) putUp(next *config.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs.Expect(channelTimelines(next))
	for _, f := range next.Feeds {
		if s.feeds[f.ID] == nil {
			s.feeds[f.ID] = s.startFeed(next, f)
		}
	}
	s.shareGrids(next)
	on := make([]*play.Channel, 0, len(next.Channels))
	for _, ch := range next.Channels {
		if s.channels[ch.ID] == nil {
			from := s.feeds[ch.Feed]
			also, ok := s.renditions(&ch)
			if from == nil || !ok {
				continue // The configuration's check names such channels.
			}
			s.channels[ch.ID] = s.startChannel(next, ch, from, also)
		}
		s.channels[ch.ID].adjust(ch, s.keysOf(&ch))
		on = append(on, s.channels[ch.ID].play)
	}
	s.shareDemand()
	s.play.SetChannels(on)
}

// stopMedia ends inputs first, so that each feed finishes its segment, then the channels, which take it over.
func (s *Station) stopMedia() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.changing.Lock()
	defer s.changing.Unlock()
	var ending sync.WaitGroup
	for _, f := range s.feeds {
		ending.Go(f.end)
	}
	ending.Wait()
	s.closePublishing()
	for _, ch := range s.channels {
		ending.Go(ch.end)
	}
	ending.Wait()
}
