package feed

import (
	"context"
	"fmt"
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
	feed     *Feed
	queue    chan *segment.Segment
	done     chan struct{}
	recorded int

	counters timeline.Counters
	init     *media.Init
	version  string
	trouble  bool
}

func (r *recorder) start() {
	r.queue = make(chan *segment.Segment, queueLength)
	r.done = make(chan struct{})
	if last := r.feed.Timeline.Tail().Last(); last != nil {
		r.counters = last.TS // Not the next ones, but a discontinuity comes first anyway.
	}
	go func() {
		defer close(r.done)
		for seg := range r.queue {
			r.write(seg)
		}
	}()
}

// record hands a segment over; it is the segmenter's OnSegment.
func (r *recorder) record(seg *segment.Segment) { r.queue <- seg }

// stop waits until all is written.
func (r *recorder) stop() {
	close(r.queue)
	<-r.done
}

func (r *recorder) write(seg *segment.Segment) {
	f := r.feed
	ctx, cancel := context.WithTimeout(context.Background(), putTimeout)
	defer cancel()
	if err := r.useInit(ctx, seg.Init); err != nil {
		r.fail(err)
	}
	fragments := make([][]byte, len(seg.Tracks))
	for i, t := range seg.Tracks {
		fragments[i] = seg.Media[t.Offset:t.End()]
	}
	ts, next, err := render.TS(nil, seg.Init, fragments, r.counters)
	if err != nil {
		// The CMAF form is good all the same; the box that wants MPEG-TS gets an error for this segment.
		r.fail(fmt.Errorf("render segment as MPEG-TS: %w", err))
		next = r.counters
	}
	e := f.Timeline.Prepare(timeline.Entry{
		Discontinuity: seg.Discontinuity, Start: seg.Start, Duration: seg.Duration, Kind: timeline.Live,
		Independent: seg.Independent, Init: r.version, Tracks: seg.Tracks, TS: r.counters,
	})
	e.Object = f.Timeline.MediaName(e.Seq)
	body, err := timeline.BuildObject(&e, seg.Media)
	if err != nil {
		r.fail(fmt.Errorf("build segment: %w", err))
		return
	}
	r.counters = next
	// Memory first: from the moment it is listed, a segment is served at memory's speed.
	if f.Hot != nil {
		f.Hot.Put(timeline.HotMedia(e.Object), body)
		if ts != nil {
			f.Hot.Put(timeline.HotTS(e.Object), ts)
		}
	}
	if err := f.Store.Put(ctx, e.Object, body); err != nil {
		r.fail(fmt.Errorf("store segment: %w", err))
	} else if r.trouble {
		r.trouble = false
		f.Log.Info("segments are stored again", "seq", e.Seq)
	}
	if err := f.Timeline.Append(e); err != nil {
		r.fail(err)
	}
	r.recorded++
	f.status.recorded(&e, len(body))
	f.Metrics.recorded(f.ID, e.Duration, len(body))
	f.Log.Debug("segment", "seq", e.Seq, "start", e.Start, "duration", e.Duration, "bytes", len(body),
		"independent", e.Independent, "discontinuity", e.Discontinuity)
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

// fail reports what went wrong, once until it is right again.
func (r *recorder) fail(err error) {
	r.feed.Metrics.failures.WithLabelValues(r.feed.ID).Inc()
	r.feed.status.warned(err, r.feed.Now())
	if !r.trouble {
		r.feed.Log.Error("segments cannot be stored, will try again: viewers are served from memory, the archive may have a hole", "err", err)
	}
	r.trouble = true
}
