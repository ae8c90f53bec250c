package playout

import (
	"context"
	"time"

	"podium.tv/podium/packager/timeline"
)

const (
	// renditionPatience is how long a segment waits for its other sizes, which are cut a little later. Viewers of the main one
	// wait as well.
	renditionPatience = 500 * time.Millisecond
	// openPatience is how long a channel that begins waits for them.
	openPatience = 2 * time.Second

	// leastGood and mostGood are how many segments in a row one that went away has to be there for before a discontinuity is
	// made for its sake: twice as many each time, lest one that comes and goes break the others for good.
	leastGood = 2
	mostGood  = 64

	// mostOdd is how many segments in a row may be cut elsewhere before that is told.
	mostOdd = 10
)

// awaitRenditions waits until those renditions that have the segment of an entry in the making have finished it, for as long
// as ctx lasts.
func (f *Follow) awaitRenditions(ctx context.Context, e *timeline.Entry) {
	for i := range f.Renditions {
		r := &f.Renditions[i]
		for r.segmentOf(e) == nil && r.isComing(e) {
			tail := r.Feed.Tail()
			if r.segmentOf(e) != nil {
				break
			}
			select {
			case <-ctx.Done():
				return
			case <-tail.Changed():
			}
		}
	}
}

// awaitOpen waits a moment for the renditions' feeds.
func (f *Follow) awaitOpen(ctx context.Context) {
	if len(f.Renditions) == 0 {
		return
	}
	enough := time.NewTimer(openPatience)
	defer enough.Stop()
	for i := range f.Renditions {
		select {
		case <-ctx.Done():
			return
		case <-enough.C:
			return
		case <-f.Renditions[i].Ready:
		}
	}
}

// recall reads what the renditions' feeds put out while the channel was not there.
func (f *Follow) recall(ctx context.Context, from, to time.Time) {
	for i := range f.Renditions {
		r := &f.Renditions[i]
		if !r.opened() {
			continue
		}
		past, err := r.Feed.Between(ctx, from.Add(-clockTolerance), to)
		if err != nil {
			f.Log.Warn("rendition's past cannot be filled in from its feed", "rendition", r.Name, "err", err)
		}
		r.past = past
	}
}

// forget lets go of what was recalled.
func (f *Follow) forget() {
	for i := range f.Renditions {
		f.Renditions[i].past = nil
	}
}

// addRenditions puts an entry's other sizes beside it. They are shown at the same media times. Within a run, that is between
// two discontinuities, which all sizes have in common, a size has one clock: one whose encoder began anew waits for the next
// run, or asks for one when it has been there for a while.
func (f *Follow) addRenditions(last, e *timeline.Entry) {
	anew := last == nil || e.Discontinuity
	if anew {
		f.rejoin = false
	}
	for i := range f.Renditions {
		r := &f.Renditions[i]
		found := r.segmentOf(e)
		if found == nil {
			r.misses(f, e)
			continue
		}
		var seen *timeline.Rendition
		if !anew {
			seen = f.inRun(r.Name)
		}
		switch {
		case seen == nil:
			r.joins(f, e, found, shown(e)-found.Time)
		case r.continues(seen, found, e):
			r.joins(f, e, found, seen.Shift)
		default:
			r.waits(f)
		}
	}
}

// joins puts a rendition on.
func (r *Rendition) joins(f *Follow, e, found *timeline.Entry, shift time.Duration) {
	if r.held == 0 {
		f.Log.Info("rendition is on", "rendition", r.Name)
		r.need = min(max(2*r.need, leastGood), mostGood)
	}
	r.held++
	if r.held >= mostGood {
		r.need = leastGood
	}
	r.good, r.odd = 0, 0
	e.Also = append(e.Also, timeline.Rendition{
		Name: r.Name, Object: found.Object, Tracks: found.Tracks, Ref: found.Seq, RefHour: found.Hour(), Init: found.Init,
		Time: found.Time, Shift: shift,
	})
}

// misses takes note that there is no segment of an entry's time.
func (r *Rendition) misses(f *Follow, e *timeline.Entry) {
	if r.held > 0 {
		f.Log.Warn("rendition is away: its feed has no segment of this time", "rendition", r.Name, "start", e.Start)
	}
	r.held, r.good = 0, 0
	if !r.opened() {
		return
	}
	if last := r.Feed.Tail().Last(); last == nil || last.End().Before(e.Start) {
		r.odd = 0
		return
	}
	r.odd++
	if r.odd == mostOdd {
		f.Log.Warn("rendition is cut elsewhere than the channel's feed and cannot be shown: "+
			"its encoder's key frames and clock must be the same", "rendition", r.Name)
	}
}

// waits takes note that there is a segment, of another clock than before.
func (r *Rendition) waits(f *Follow) {
	if r.held > 0 {
		f.Log.Warn("rendition does not go on where it was, it waits", "rendition", r.Name)
	}
	r.held, r.odd = 0, 0
	r.good++
	f.rejoin = f.rejoin || r.good >= max(r.need, leastGood)
}

// continues says that a rendition's segment is of the run that it was shown from before.
func (r *Rendition) continues(seen *timeline.Rendition, found, e *timeline.Entry) bool {
	if found.Seq <= seen.Ref || found.Init != seen.Init || owner(found.Object) != owner(seen.Object) ||
		(found.Time+seen.Shift-shown(e)).Abs() > timeTolerance {
		return false
	}
	for _, entries := range [][]timeline.Entry{r.past, r.Feed.Tail().Entries} {
		for i := len(entries) - 1; i >= 0 && entries[i].Seq > seen.Ref; i-- {
			if entries[i].Discontinuity && entries[i].Seq <= found.Seq {
				return false
			}
		}
	}
	return true
}

// inRun is a rendition as it was last on since the channel's last discontinuity, as far as memory reaches, or nil.
func (f *Follow) inRun(name string) *timeline.Rendition {
	entries := f.Channel.Tail().Entries
	for i := len(entries) - 1; i >= 0; i-- {
		if found := also(&entries[i], name); found != nil {
			return found
		}
		if entries[i].Discontinuity {
			break
		}
	}
	return nil
}

// also is an entry's rendition of a name, or nil.
func also(e *timeline.Entry, name string) *timeline.Rendition {
	for i := range e.Also {
		if e.Also[i].Name == name {
			return &e.Also[i]
		}
	}
	return nil
}

// breaks says whether the entry for one of the feed's is to begin anew for a rendition's sake. It is settled when it is first
// asked: the entry may be shown in the making already.
func (f *Follow) breaks(ref uint64) bool {
	if !f.settled || f.settledRef != ref {
		f.settled, f.settledRef, f.broken = true, ref, f.rejoin
		f.rejoin = false
	}
	return f.broken
}
