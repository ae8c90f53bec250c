package station

import (
	"context"
	"slices"
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/playout"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/stb-api/play"
)

// runningChannel is a channel on the air with the means to stop it.
type runningChannel struct {
	config config.Channel
	play   *play.Channel
	stop   context.CancelFunc
	done   chan struct{}
	// archived is what its timeline keeps.
	archived func() timeline.Archived
}

// startChannel lets a channel follow its feed, with further sizes of its picture.
func (s *Station) startChannel(c *config.Config, ch config.Channel, from *runningFeed, also []playout.Rendition) *runningChannel {
	run, stop := context.WithCancel(s.run)
	log := s.Log.With("channel", string(ch.ID))
	t := &timeline.Timeline{
		Name: channelTimeline(ch.ID), Store: s.store, Journal: s.journal("channel", ch.ID), Hours: s.hours,
		Retention: ch.Archive.Std() + time.Hour, Log: log, Recent: c.Packaging.Recent.Std(), FlushEvery: c.Packaging.FlushEvery.Std(),
		MaxBytes: ch.ArchiveBytes.Bytes(), References: s.refs,
	}
	follow := &playout.Follow{Channel: t, Feed: from.feed.Timeline, FeedReady: from.feed.Ready(), Renditions: also, Log: log}
	if s.BeforeChannel != nil {
		follow.Before = func(ctx context.Context, t *timeline.Timeline) error {
			return s.BeforeChannel(ctx, s, string(ch.ID), t)
		}
	}
	follow.Initialize()
	r := &runningChannel{config: ch, archived: t.Archived, stop: stop, done: make(chan struct{})}
	target := from.config.SegmentTarget.Std()
	if target <= 0 {
		target = c.Packaging.SegmentTarget.Std()
	}
	r.play = &play.Channel{
		ID: string(ch.ID), Timeline: t, Ready: follow.Ready(), Target: target, Window: ch.LiveWindow.Std(),
		Archive: ch.Archive.Std(), Protected: ch.Access == config.TokenAccess, LowLatency: ch.LowLatency, Keys: s.keysOf(&ch),
		Demand: s.channelDemand(&ch),
	}
	go func() {
		defer close(r.done)
		if err := follow.Run(run); err != nil && run.Err() == nil {
			log.Error("channel ended", "err", err)
		}
	}()
	return r
}

// goesOn says whether a channel can take on another configuration, nil where it has none any more, without being restarted:
// its viewers shall not notice that it has another name.
func (r *runningChannel) goesOn(next *config.Channel) bool {
	return next != nil && next.Feed == r.config.Feed && next.Archive == r.config.Archive &&
		next.ArchiveBytes == r.config.ArchiveBytes && slices.Equal(next.Renditions, r.config.Renditions)
}

// adjust takes on another configuration that it goes on with.
func (r *runningChannel) adjust(next config.Channel, keys *play.Keys) {
	if next.Equal(&r.config) {
		return
	}
	was := r.play
	r.config = next
	r.play = &play.Channel{
		ID: was.ID, Timeline: was.Timeline, Ready: was.Ready, Target: was.Target, Window: next.LiveWindow.Std(),
		Archive: next.Archive.Std(), Protected: next.Access == config.TokenAccess, LowLatency: next.LowLatency, Keys: keys,
		Demand: was.Demand,
	}
}

// keysOf makes the keys of a channel whose segments are encrypted, or nil.
func (s *Station) keysOf(ch *config.Channel) *play.Keys {
	if ch.Encrypt.Rotate <= 0 {
		return nil
	}
	return &play.Keys{Secrets: s.signer.Secrets, Rotate: ch.Encrypt.Rotate.Std()}
}

// end stops a channel and waits until its timeline is closed.
func (r *runningChannel) end() {
	r.stop()
	<-r.done
}

// Span and OnAir tell the menu what a viewer can see; they are its Archive.

// Span is the time that viewers of a channel can go back to.
func (s *Station) Span(channel string) (from, to time.Time, ok bool) {
	c := s.play.Channel(channel)
	if c == nil {
		return from, to, false
	}
	return c.Span(time.Now())
}

// OnAir says whether a channel is on the air now, or would be if somebody asked for it.
func (s *Station) OnAir(channel string) bool {
	c := s.play.Channel(channel)
	return c != nil && (c.Demand != nil || c.OnAir(time.Now()))
}
