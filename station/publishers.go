package station

import (
	"context"
	"errors"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/stb-api/access"
)

// listenForPublishers opens the desk that all protocols' publishers come to, and the servers that are wanted. Each server adds to
// s.publishing what closes it.
func (s *Station) listenForPublishers() error {
	c := s.Config.Publish
	s.desk = &publish.Desk{
		Keys: streamKeys{s}, TakeOver: c.OnConflict == config.LetTakeover, MaxPublishers: c.MaxPublishers,
		Log: s.Log, Metrics: publish.NewMetrics(s.registry),
	}
	for _, listen := range []func() error{s.listenRTSP, s.listenRTMP, s.listenSRT, s.openWHIP} {
		if err := listen(); err != nil {
			s.closePublishing()
			return err
		}
	}
	return nil
}

// closePublishing sends publishers away and closes their servers.
func (s *Station) closePublishing() {
	s.desk.Close()
	for _, end := range s.publishing {
		end()
	}
	s.publishing = nil
}

// turnOut ends the publishers of feeds that are gone, that are not pushed to any more, or whose key is another now: whoever has the
// new one comes back by itself.
func (s *Station) turnOut(was, next *config.Config) {
	for i := range was.Feeds {
		f := next.Feed(was.Feeds[i].ID)
		if f == nil || !f.Publishes() || !f.StreamKey.Equal(was.Feeds[i].StreamKey) {
			s.desk.Kick(string(was.Feeds[i].ID))
		}
	}
}

// streamKeys lets encoders in: by the key in the configuration, or by one an editor made.
type streamKeys struct{ station *Station }

// CheckStreamKey implements publish.Keys.
func (k streamKeys) CheckStreamKey(ctx context.Context, id, key string) error {
	k.station.mu.Lock()
	f := k.station.cfg.Feed(config.ID(id))
	k.station.mu.Unlock()
	if f == nil || !f.Publishes() {
		return publish.ErrUnknownFeed
	}
	if !f.StreamKey.IsZero() && f.StreamKey.Equal(config.NewSecret(key)) {
		return nil
	}
	err := k.station.keys.CheckStreamKey(ctx, id, key)
	if errors.Is(err, access.ErrBadStreamKey) {
		return publish.ErrWrongKey
	}
	return err // A catalogue that is away is not the encoder's fault.
}
