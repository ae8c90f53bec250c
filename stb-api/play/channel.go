// Package play answers for playlists, segments and inits: the hot path.
package play

import (
	"context"
	"sync"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// Channel is what a viewer can tune to.
type Channel struct {
	ID       string
	Timeline *timeline.Timeline
	// Ready is closed when the timeline can be read. It may be nil.
	Ready <-chan struct{}
	// Target is the segment target; playlists promise twice that as their target duration.
	Target time.Duration
	// Window is how much the live view shows.
	Window time.Duration
	// Archive is how far back the views reach. Where it is zero they reach as far as the live view.
	Archive time.Duration
	// Protected asks for a token.
	Protected bool
	// LowLatency makes the live playlists of tracks low-latency ones, as far as the timeline has parts.
	LowLatency bool
	// Demand, if set, is told when somebody watches: the feed is fetched only then.
	Demand *Demand
	// Keys encrypt the segments. Without them they are in the clear.
	Keys *Keys

	live      [3]slot // the live media playlists that are asked for most: mono, tracks 1 and 2
	low       [media.MaxTracks]lowSlot
	lowAlso   lowSlots
	rendering sync.Mutex // held while one of them is rendered, so that one does it for all who wait
	viewers   viewers
	begun     beginnings
}

// targetDuration is EXT-X-TARGETDURATION: the bound at which the segmenter cuts in any case, so that the promise holds
// whatever the encoder does.
func (c *Channel) targetDuration() time.Duration {
	return (2*c.Target + time.Second - 1).Truncate(time.Second)
}

// window is never shorter than three target durations (RFC 8216bis §6.2.2).
func (c *Channel) window() time.Duration {
	return max(c.Window, 3*c.targetDuration())
}

// oldest is the earliest instant that a viewer can go back to.
func (c *Channel) oldest(now time.Time) time.Time {
	return now.Add(-max(c.Archive, c.window()))
}

func (c *Channel) scope() string { return c.ID }

func (c *Channel) guarded() bool { return c.Protected }

func (c *Channel) keys() *Keys { return c.Keys }

func (c *Channel) version() uint64 { return c.Timeline.Tail().Version }

func (c *Channel) find(ctx context.Context, hour int64, seq uint64) (timeline.Entry, error) {
	if hour == anyHour {
		return c.Timeline.FindSeq(ctx, seq)
	}
	return c.Timeline.Find(ctx, hour, seq)
}

func (c *Channel) texts() []playlist.Rendition { return nil }

func (c *Channel) recent() []timeline.Entry { return c.Timeline.Tail().Entries }

func (c *Channel) slot(n name) *slot {
	if n.view.mode != live || !n.plays() || n.rendition != "" || n.track >= len(c.live) {
		return nil
	}
	return &c.live[n.track]
}

func (c *Channel) ready() bool {
	if c.Ready == nil {
		return true
	}
	select {
	case <-c.Ready:
		return true
	default:
		return false
	}
}

// Viewers is how many fetched a playlist in the last half minute.
func (c *Channel) Viewers(now time.Time) int { return c.viewers.count(now) }

// Span is the time a viewer can go back to.
func (c *Channel) Span(now time.Time) (from, to time.Time, ok bool) {
	if !c.ready() {
		return from, to, false
	}
	from, to, ok = c.Timeline.Span()
	from = later(from, c.oldest(now))
	return from, to, ok && to.After(from)
}

// OnAir says whether something was put out within the last three target durations.
func (c *Channel) OnAir(now time.Time) bool {
	if !c.ready() {
		return false
	}
	last := c.Timeline.Tail().Last()
	return last != nil && now.Sub(last.End()) < 3*c.targetDuration()
}

// Segments is how many segments the channel has put out since its timeline began.
func (c *Channel) Segments() uint64 {
	if !c.ready() {
		return 0
	}
	return c.Timeline.Tail().Next
}
