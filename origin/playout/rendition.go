package playout

import (
	"sort"
	"time"

	"podium.tv/podium/packager/timeline"
)

// Rendition is a further size of the picture that a channel shows, by a feed whose encoder has the clock and the key frames of
// the channel's feed, and whose segments are cut on the same segment.Grid.
type Rendition struct {
	// Name is the house ladder's, such as "720p".
	Name string
	// Feed is its timeline; it can be read once Ready is closed.
	Feed  *timeline.Timeline
	Ready <-chan struct{}

	past []timeline.Entry // what the feed put out while the channel was not there
	good int              // entries in a row that it had a segment for, since it left the channel
	held int              // entries in a row that it is on
	need int              // how many of the former it takes to come back
	odd  int              // entries in a row for which it had only a segment of another time
}

const (
	// clockTolerance is how far the dates of one picture in two feeds may be apart. Key frames are farther apart than twice that.
	clockTolerance = 300 * time.Millisecond
	// lengthTolerance is how much longer one of them may be than the other: a frame or so.
	lengthTolerance = 100 * time.Millisecond
	// timeTolerance is how far the media times of an unbroken run may drift from the main rendition's.
	timeTolerance = 20 * time.Millisecond
)

// opened says that the feed can be read.
func (r *Rendition) opened() bool {
	select {
	case <-r.Ready:
		return true
	default:
		return false
	}
}

// segmentOf is the feed's segment of the time that an entry covers, or nil.
func (r *Rendition) segmentOf(e *timeline.Entry) *timeline.Entry {
	if e.Kind != timeline.Live || !r.opened() {
		return nil
	}
	if found := matching(r.past, e); found != nil {
		return found
	}
	return matching(r.Feed.Tail().Entries, e)
}

// matching is the entry that shows the same pictures, or nil.
func matching(entries []timeline.Entry, e *timeline.Entry) *timeline.Entry {
	tolerance := min(clockTolerance, e.Duration/4)
	from := e.Start.Add(-tolerance)
	i := sort.Search(len(entries), func(i int) bool { return !entries[i].Start.Before(from) })
	for ; i < len(entries) && entries[i].Start.Sub(e.Start) <= tolerance; i++ {
		found := &entries[i]
		if found.Kind == timeline.Live && found.Independent == e.Independent && (found.Duration-e.Duration).Abs() <= lengthTolerance &&
			timed(found) && timed(e) {
			return found
		}
	}
	return nil
}

// isComing says that the feed's segment of an entry's time is in the making.
func (r *Rendition) isComing(e *timeline.Entry) bool {
	if e.Kind != timeline.Live || !r.opened() {
		return false
	}
	edge := r.Feed.Edge()
	if m := edge.Making; m != nil && m.Entry.Start.Sub(e.Start).Abs() <= clockTolerance {
		return true
	}
	last := edge.Tail.Last()
	return last != nil && last.End().Sub(e.Start).Abs() <= clockTolerance
}
