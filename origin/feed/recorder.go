package feed

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// queueLength is how many segments may wait for the disk before the input is held up.
const queueLength = 4

// putTimeout bounds how long a segment's way to the disk may hold up the next.
const putTimeout = 5 * time.Second

// recorder turns segments into stored objects and timeline entries, in order, on a goroutine of its own, so that a
// slow disk does not hold up the reading of the network.
type recorder struct {
	feed  *Feed
	queue chan cut
	done  chan struct{}

	cut     uint64 // how many segments were handed over; the air counts
	written uint64 // how many of them are recorded; the recorder's own goroutine counts
	making  atomic.Pointer[madeSoFar]
	more    chan struct{} // there is more of the segment in the making

	counters timeline.Counters
	init     *media.Init
	version  string
	hole     bool  // a segment is missing before the next one
	trouble  error // of the last segment
}

// cut is a segment on its way to the disk.
type cut struct {
	*segment.Segment
	kind timeline.Kind
}

// start begins to write what is recorded; what is not stored when ctx ends is left to memory and journal.
func (r *recorder) start(ctx context.Context) {
	r.queue = make(chan cut, queueLength)
	r.done = make(chan struct{})
	r.more = make(chan struct{}, 1)
	if last := r.feed.Timeline.Tail().Last(); last != nil {
		r.counters = last.TS // Not the next ones, but a discontinuity comes first anyway.
	}
	go func() {
		defer close(r.done)
		r.run(ctx)
	}()
}

// record hands a segment over.
func (r *recorder) record(seg *segment.Segment, kind timeline.Kind) {
	r.cut++
	r.queue <- cut{seg, kind}
}

func (r *recorder) run(ctx context.Context) {
	for {
		select {
		case seg, more := <-r.queue:
			if !more {
				return
			}
			r.settle(r.write(ctx, seg))
			r.written++
		case <-r.more:
		}
		r.showMaking(ctx)
	}
}

// stop waits until all is written.
func (r *recorder) stop() {
	close(r.queue)
	<-r.done
}

// patience is how long the store may take for one segment: with half the time that the next one takes to come, a store
// that has stopped answering does not make the live edge fall behind.
func (r *recorder) patience() time.Duration {
	return max(min(putTimeout, r.feed.Target/2), time.Second)
}

// write records a segment. The error tells what viewers will miss; the segment is put out all the same, if it
// can be at all.
func (r *recorder) write(ctx context.Context, seg cut) error {
	f := r.feed
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	faults := r.useInit(ctx, seg.Init)
	fragments, err := seg.Fragments()
	if err != nil {
		return errors.Join(faults, err)
	}
	// Measured only, which tells where the next one's counters begin: whoever first asks for MPEG-TS has it rendered.
	_, next, err := render.TSSize(seg.Init, fragments, r.counters)
	if err != nil {
		// The CMAF form is good all the same; the box that wants MPEG-TS gets an error for this segment.
		faults = errors.Join(faults, fmt.Errorf("render segment as MPEG-TS: %w", err))
		next = r.counters
	}
	e := f.Timeline.Prepare(timeline.Entry{
		Discontinuity: seg.Discontinuity || r.hole, Start: seg.Start, Time: seg.Time, Duration: seg.Duration,
		Kind: seg.kind, Independent: seg.Independent, Init: r.version, Tracks: seg.Tracks, TS: r.counters,
	})
	e.Object = f.Timeline.MediaName(e.Seq)
	body, err := timeline.BuildSegment(&e, seg.Segment)
	if err != nil {
		r.hole = true
		return errors.Join(faults, fmt.Errorf("build segment: %w", err))
	}
	r.counters, r.hole = next, false
	// Memory first: from the moment it is listed, a segment is served at memory's speed.
	if f.Hot != nil {
		f.Hot.Put(timeline.HotMedia(e.Object), body)
	}
	if err := f.Store.Put(ctx, e.Object, body); err != nil {
		faults = errors.Join(faults, fmt.Errorf("store segment: %w", err))
	}
	if err := f.Timeline.Finish(e, stored(seg.Parts, &e, body)); err != nil {
		faults = errors.Join(faults, err)
	}
	f.books.recorded(&e)
	f.Metrics.recorded(f.ID, e.Duration, len(body))
	f.Log.Debug("segment", "seq", e.Seq, "start", e.Start, "duration", e.Duration, "bytes", len(body),
		"independent", e.Independent, "discontinuity", e.Discontinuity)
	return faults
}

// useInit stores a set of track parameters the first time it is met.
func (r *recorder) useInit(ctx context.Context, init *media.Init) error {
	if r.init == init {
		return nil
	}
	body, err := init.MarshalJSON()
	if err != nil {
		return fmt.Errorf("describe tracks: %w", err)
	}
	version := init.Version()
	if r.feed.Hot != nil {
		r.feed.Hot.Put(timeline.InitName(version), body)
	}
	r.init, r.version = init, version
	if err := r.feed.Store.Put(ctx, timeline.InitName(version), body); err != nil {
		r.init = nil // Try again with the next segment.
		return fmt.Errorf("store track parameters: %w", err)
	}
	return nil
}

// settle reports what went wrong, once until it is right again.
func (r *recorder) settle(err error) {
	f := r.feed
	switch {
	case err != nil:
		f.Metrics.failures.WithLabelValues(f.ID).Inc()
		f.books.warned(err, f.Now())
		if r.trouble == nil {
			f.Log.Error("segments are not kept as they should be: viewers are served from memory meanwhile", "err", err)
		}
	case r.trouble != nil:
		f.Log.Info("segments are kept again")
	}
	r.trouble = err
}
