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
	s.mu.Lock()
	change := config.Diff(s.cfg, next)
	s.mu.Unlock()
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
	s.apply(next)
	ctx, cancel := context.WithTimeout(s.run, 10*time.Second)
	defer cancel()
	if err := s.publishChannels(ctx); err != nil {
		return fmt.Errorf("write channels to the catalogue: %w", err)
	}
	if err := s.guide.Refresh(ctx); err != nil {
		return fmt.Errorf("refresh guide: %w", err)
	}
	s.Log.Info("configuration in force", "feeds", len(next.Feeds), "channels", len(next.Channels),
		"feeds_added", change.Feeds.Added, "feeds_changed", change.Feeds.Changed, "feeds_removed", change.Feeds.Removed,
		"channels_added", change.Channels.Added, "channels_changed", change.Channels.Changed,
		"channels_removed", change.Channels.Removed, "live", change.Live)
	return nil
}

// apply makes what runs agree with a configuration, changing nothing else.
func (s *Station) apply(next *config.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return
	}
	change := config.Diff(s.cfg, next)
	s.cfg = next

	stale := slices.Concat(change.Feeds.Changed, change.Feeds.Removed)
	var ending sync.WaitGroup
	for id, ch := range s.channels {
		gone := slices.Contains(change.Channels.Removed, id) || slices.Contains(change.Channels.Changed, id)
		if gone || slices.Contains(stale, ch.config.Feed) {
			delete(s.channels, id)
			ending.Go(ch.end)
		}
	}
	ending.Wait()
	for _, id := range stale {
		if f := s.feeds[id]; f != nil {
			delete(s.feeds, id)
			ending.Go(f.end)
		}
	}
	ending.Wait()

	for _, f := range next.Feeds {
		if s.feeds[f.ID] == nil {
			s.feeds[f.ID] = s.startFeed(next, f)
		}
	}
	on := make([]*play.Channel, 0, len(next.Channels))
	for _, ch := range next.Channels {
		if s.channels[ch.ID] == nil {
			from := s.feeds[ch.Feed]
			if from == nil {
				continue // The configuration's check names such channels.
			}
			s.channels[ch.ID] = s.startChannel(next, ch, from)
		}
		on = append(on, s.channels[ch.ID].play)
	}
	s.play.SetChannels(on)
}

// stopMedia ends inputs first, so that each feed finishes its segment, then the channels, which take it over.
func (s *Station) stopMedia() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	var ending sync.WaitGroup
	for _, f := range s.feeds {
		ending.Go(f.end)
	}
	ending.Wait()
	if s.rtsp != nil {
		s.rtsp.Close()
	}
	for _, ch := range s.channels {
		ending.Go(ch.end)
	}
	ending.Wait()
}
