// Package playout composes a channel's timeline, by reference, from what feeds and assets own.
package playout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"time"

	"podium.tv/podium/packager/timeline"
)

// Follow composes the simplest channel: whatever its feed puts out.
type Follow struct {
	// Channel is the channel's timeline; Follow opens and closes it.
	Channel *timeline.Timeline
	// Feed is the timeline followed.
	Feed *timeline.Timeline
	// FeedReady is closed when Feed is open.
	FeedReady <-chan struct{}
	// Renditions are further sizes of the feed's picture.
	Renditions []Rendition
	// Before, if set, is run once the channel's timeline is open and before the feed is followed.
	Before func(ctx context.Context, channel *timeline.Timeline) error
	Log    *slog.Logger

	ready   chan struct{}
	stirred chan struct{}    // a rendition's feed has something new
	handed  *timeline.Making // the feed's segment in the making that is shown as the channel's
	trouble bool             // the journal's last write failed

	rejoin     bool   // a rendition is there again and asks for a discontinuity
	broken     bool   // the entry for settledRef, a number of the feed's, has one for that
	settled    bool   // and that was said
	settledRef uint64 // of the newest entry for which it was
}

// Initialize makes it ready for Run.
func (f *Follow) Initialize() {
	f.ready, f.stirred = make(chan struct{}), make(chan struct{}, 1)
	if f.Log == nil {
		f.Log = slog.New(slog.DiscardHandler)
	}
}

// Ready is closed when the channel's timeline can be read.
func (f *Follow) Ready() <-chan struct{} { return f.ready }

// Run appends to the channel what the feed appends, until ctx is done. After a restart it goes on where it stopped:
// what it appends depends only on the feed's timeline and on the channel's last entry.
func (f *Follow) Run(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-f.FeedReady:
	}
	if err := f.open(ctx); err != nil {
		return err
	}
	close(f.ready)
	f.awaitOpen(ctx)
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := f.Channel.Close(closing); err != nil {
			f.Log.Error("channel's index not written", "err", err)
		}
	}()
	if f.Before != nil {
		if err := f.Before(ctx, f.Channel); err != nil {
			f.Log.Error("channel not prepared", "err", err)
		}
	}
	f.catchUp(ctx)

	for i := range f.Renditions {
		go f.Renditions[i].watch(ctx, f.stirred)
	}
	expire := time.Now().Add(time.Minute)
	for {
		edge := f.Feed.Edge()
		f.appendAll(ctx, edge.Tail.Entries)
		f.handOn(edge)
		if time.Now().After(expire) {
			expire = time.Now().Add(10 * time.Minute)
			if err := f.Channel.Housekeep(ctx); err != nil {
				f.Log.Warn("old index not removed, will try again", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			f.appendAll(ctx, f.Feed.Tail().Entries)
			return nil
		case <-edge.Changed():
		case <-f.stirred:
		}
	}
}

func (f *Follow) open(ctx context.Context) error {
	for pause := time.Second; ; pause = min(pause*2, 15*time.Second) {
		err := f.Channel.Open(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		f.Log.Error("timeline does not open, channel waits", "err", err, "retry_in", pause)
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// appendAll appends the entries that the channel does not have yet.
func (f *Follow) appendAll(ctx context.Context, entries []timeline.Entry) {
	if last := f.Channel.Tail().Last(); last != nil && f.owns(last) {
		entries = entries[sort.Search(len(entries), func(i int) bool { return entries[i].Seq > last.Ref }):]
	}
	if len(f.Renditions) > 0 && len(entries) > 0 {
		var enough context.CancelFunc
		ctx, enough = context.WithTimeout(ctx, renditionPatience)
		defer enough()
	}
	for i := range entries {
		e := entries[i]
		last := f.Channel.Tail().Last()
		if last != nil && f.has(last, &e) {
			continue
		}
		f.awaitRenditions(ctx, &e)
		e = f.refer(last, e)
		f.addRenditions(last, &e)
		also := f.finishRenditions(&e)
		f.report(f.Channel.Finish(f.Channel.Prepare(e), f.Feed.Edge().PartsOf(e.Ref), also...))
	}
}

// report tells when the journal begins to fail and when it works again, not each time in between.
func (f *Follow) report(err error) {
	switch {
	case err != nil && !f.trouble:
		f.Log.Error("channel's journal cannot be written, a crash now would lose its place", "err", err)
	case err == nil && f.trouble:
		f.Log.Info("channel's journal is written again")
	}
	f.trouble = err != nil
}

// maxOverlap is how much of its predecessor's time a first entry may have, for the sake of two clocks that differ
// a little.
const maxOverlap = 100 * time.Millisecond

// has says whether the channel is at or past an entry of the feed. An entry that began while another feed was followed is
// left out: put after what was shown meanwhile, it and all that follow would be dated too late.
func (f *Follow) has(last, e *timeline.Entry) bool {
	if f.owns(last) {
		return e.Seq <= last.Ref
	}
	return e.Start.Before(last.End().Add(-maxOverlap))
}

func (f *Follow) owns(e *timeline.Entry) bool { return strings.HasPrefix(e.Object, f.Feed.Name+"/") }

// refer makes the channel's entry for one of the feed's.
func (f *Follow) refer(last *timeline.Entry, e timeline.Entry) timeline.Entry {
	e.Ref, e.RefHour, e.At = e.Seq, e.Hour(), timeline.Range{}
	if last != nil && (!f.owns(last) || last.Ref+1 != e.Ref || f.breaks(e.Ref)) {
		e.Discontinuity = true
	}
	return Join(last, e)
}

// String names what is followed.
func (f *Follow) String() string { return fmt.Sprintf("%s follows %s", f.Channel.Name, f.Feed.Name) }
