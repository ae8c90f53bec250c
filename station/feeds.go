package station

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/rtsp"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// runningFeed is a feed with the means to stop it.
type runningFeed struct {
	config config.Feed
	feed   *feed.Feed
	grid   atomic.Pointer[segment.Grid] // that it shares with other sizes of its picture
	stop   context.CancelFunc
	done   chan struct{}
}

// startFeed starts one feed. It returns at once: the feed opens its timeline and its input by itself.
func (s *Station) startFeed(c *config.Config, f config.Feed) *runningFeed {
	run, stop := context.WithCancel(s.run)
	r := &runningFeed{config: f, stop: stop, done: make(chan struct{})}
	log := s.Log.With("feed", string(f.ID))
	r.feed = &feed.Feed{
		ID: string(f.ID), Name: f.Name, Sources: []feed.Source{{Input: s.input(c, &f)}},
		Timeline: &timeline.Timeline{
			Name: "feeds/" + string(f.ID), Store: s.store, Journal: s.journal("feed", f.ID), Hours: s.hours,
			Retention: f.Archive.Std() + time.Hour, Owns: true, Log: log,
			Recent: c.Packaging.Recent.Std(), FlushEvery: c.Packaging.FlushEvery.Std(),
			Chunks: c.Packaging.Chunks, Settled: s.settled, MaxBytes: f.ArchiveBytes.Bytes(), References: s.refs,
		},
		Store: s.store, Hot: s.hot, Target: f.SegmentTarget.Std(), PartTarget: c.Packaging.PartTarget.Std(),
		Wall: feed.WallClock(f.WallClock), Grid: r.grid.Load,
		ReconnectMin: c.Inputs.ReconnectMin.Std(), ReconnectMax: c.Inputs.ReconnectMax.Std(),
		Log: s.Log, Metrics: s.feedStat,
	}
	r.feed.Initialize()
	go func() {
		defer close(r.done)
		if err := r.feed.Run(run); err != nil && run.Err() == nil {
			log.Error("feed ended", "err", err)
		}
	}()
	return r
}

func (s *Station) input(c *config.Config, f *config.Feed) input.Input {
	if f.Input.Publish {
		return &publish.Input{Desk: s.desk, Feed: string(f.ID)}
	}
	return &rtsp.Pull{
		URL: f.Address().String(), Transport: rtsp.Transport(f.Transport), Fingerprint: string(f.TLSFingerprint),
		ReadTimeout: c.Inputs.ReadTimeout.Std(), ParametersWait: c.Inputs.ParametersWait.Std(),
		KeyframeWait: c.Inputs.KeyframeWait.Std(), UDPReadBuffer: int(c.Inputs.UDPBuffer),
		Guard: &guard.Policy{
			AllowLoopback: c.Inputs.AllowLoopback, AllowPrivate: c.Inputs.AllowPrivate, Allow: config.Prefixes(c.Inputs.Allow),
		},
	}
}

// end stops a feed and waits until its last segment is recorded.
func (r *runningFeed) end() {
	r.stop()
	<-r.done
}

// streamKeys lets encoders in: by the key in the configuration, or by one an editor made.
type streamKeys struct{ station *Station }

// CheckStreamKey implements publish.Keys.
func (k streamKeys) CheckStreamKey(ctx context.Context, id, key string) error {
	k.station.mu.Lock()
	f := k.station.cfg.Feed(config.ID(id))
	k.station.mu.Unlock()
	if f == nil || !f.Input.Publish {
		return publish.ErrUnknownFeed
	}
	if !f.StreamKey.IsZero() && f.StreamKey.Equal(config.NewSecret(key)) {
		return nil
	}
	if err := k.station.keys.CheckStreamKey(ctx, id, key); err != nil {
		return fmt.Errorf("%w: %w", publish.ErrWrongKey, err)
	}
	return nil
}
