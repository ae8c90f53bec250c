package station

import (
	"context"
	"sync/atomic"
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// runningFeed is a feed with the means to stop it.
type runningFeed struct {
	config config.Feed
	feed   *feed.Feed
	demand *demand                      // nil for one that always runs
	grid   atomic.Pointer[segment.Grid] // that it shares with other sizes of its picture
	stop   context.CancelFunc
	done   chan struct{}
}

// startFeed starts one feed. It returns at once: the feed opens its timeline and its input by itself.
func (s *Station) startFeed(c *config.Config, f config.Feed) *runningFeed {
	run, stop := context.WithCancel(s.run)
	r := &runningFeed{config: f, demand: feedDemand(&f), stop: stop, done: make(chan struct{})}
	log := s.Log.With("feed", string(f.ID))
	r.feed = &feed.Feed{
		ID: string(f.ID), Name: f.Name, Sources: s.sources(c, &f), Failover: failover(&f.Failover), Idle: idle(&f),
		Slate: s.slate(f.Slate), OnEvent: s.happened,
		Timeline: &timeline.Timeline{
			Name: "feeds/" + string(f.ID), Store: s.store, Journal: s.journal("feed", f.ID), Hours: s.hours,
			Retention: f.Archive.Std() + time.Hour, Owns: true, Log: log,
			Recent: c.Packaging.Recent.Std(), FlushEvery: c.Packaging.FlushEvery.Std(),
			Chunks: c.Packaging.Chunks, Settled: s.settled, MaxBytes: f.ArchiveBytes.Bytes(), References: s.refs,
		},
		Store: s.store, Hot: s.hot, Target: f.SegmentTarget.Std(), PartTarget: c.Packaging.PartTarget.Std(),
		Wall: feed.WallClock(f.WallClock), Grid: r.grid.Load,
		ReconnectMin: c.Inputs.ReconnectMin.Std(), ReconnectMax: c.Inputs.ReconnectMax.Std(),
		Log: s.Log, Metrics: s.feedStat, Eyes: s.eyes,
	}
	if r.demand != nil {
		r.feed.Demand = r.demand
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

// end stops a feed and waits until its last segment is recorded.
func (r *runningFeed) end() {
	r.stop()
	<-r.done
}
