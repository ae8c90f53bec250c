package feed

import (
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// epochBase is the media time at which each epoch begins. CMAF decode times are unsigned, and B-frames and the PCR
// need room before the first picture.
const epochBase = 10 * time.Second

// maxEpoch bounds an epoch: MPEG-TS stamps wrap after 26.5 hours (33 bits at 90 kHz), and players stumble over it.
const maxEpoch = 24 * time.Hour

// maxJump is the largest step of a track's DTS that is believed without a look at the clock.
const maxJump = time.Second

var errNoTracks = errors.New("the input has no track that can be recorded")

// receiver is one connection's way from samples to segments. Its methods run on the input's goroutine.
type receiver struct {
	feed *Feed
	rec  *recorder

	init    *media.Init
	leading int
	cutter  *segment.Segmenter
	clock   *wallClock
	tracks  []trackState
	// base is the source's DTS of the epoch's first picture, in nanoseconds since the source's zero.
	base    time.Duration
	begun   bool
	lastCut time.Time
}

// trackState is what is known of a track within an epoch.
type trackState struct {
	last    int64     // DTS as the source gave it
	arrived time.Time // when
	seen    bool
	shift   int64 // what to add to the source's stamps
}

// Describe implements input.Receiver.
func (r *receiver) Describe(tracks []media.Track) error {
	if len(tracks) == 0 {
		return errNoTracks
	}
	if len(tracks) > media.MaxTracks {
		return fmt.Errorf("the input has %d tracks, at most %d can be recorded", len(tracks), media.MaxTracks)
	}
	init := &media.Init{Tracks: append([]media.Track(nil), tracks...)}
	for i := range init.Tracks {
		init.Tracks[i].ID = i + 1
		if init.Tracks[i].Timescale <= 0 || init.Tracks[i].Codec == nil {
			return fmt.Errorf("track %d has no timescale or codec", i+1)
		}
	}
	if r.init.Equal(init) {
		return nil
	}
	r.end()
	r.init = init
	r.leading = init.Leading()
	r.tracks = make([]trackState, len(tracks))
	r.newEpoch()
	r.feed.status.described(init, r.feed.Now())
	return nil
}

// Sample implements input.Receiver.
func (r *receiver) Sample(track int, s media.Sample) {
	if r.init == nil || track < 0 || track >= len(r.tracks) || len(s.Units) == 0 {
		return
	}
	now := r.feed.Now()
	r.feed.status.sample(track, r.init.Tracks[track].Kind(), s.Size(), now)
	t := &r.tracks[track]
	scale := r.init.Tracks[track].Timescale
	if t.seen && r.jumped(t, s.DTS, scale, now) {
		r.end()
		r.newEpoch()
	}
	if !r.begun {
		if track != r.leading || !s.Sync {
			// The segmenter counts how long there is no keyframe.
			if track == r.leading {
				r.cutter.Write(track, s)
			}
			return
		}
		r.begin(s, scale, now)
	}
	if t.seen && s.DTS <= t.last {
		if track != r.leading || t.last-s.DTS > media.FromDuration(maxJump, scale) {
			return
		}
		s.DTS = t.last + 1 // A clamp of a tick or two: some encoders round their stamps.
		s.PTS = max(s.PTS, s.DTS)
	}
	t.last, t.arrived, t.seen = s.DTS, now, true
	s.DTS += t.shift
	s.PTS += t.shift
	if s.DTS < 0 {
		return
	}
	if track == r.leading {
		at := media.Duration(s.PTS, scale)
		r.clock.observe(at, now, s.Wall)
		if s.Sync && at-epochBase > maxEpoch {
			s.DTS -= t.shift
			s.PTS -= t.shift
			r.end()
			r.newEpoch()
			r.Sample(track, s)
			return
		}
	}
	r.cutter.Write(track, s)
}

// Warn implements input.Receiver.
func (r *receiver) Warn(err error) {
	r.feed.status.warned(err, r.feed.Now())
	r.feed.Metrics.warnings.WithLabelValues(r.feed.ID).Inc()
	r.feed.Log.Warn("input", "problem", err)
}

// jumped tells a jump of the source's clock from a pause in which nothing came.
func (r *receiver) jumped(t *trackState, dts int64, scale int, now time.Time) bool {
	step := media.Duration(dts-t.last, scale)
	if step.Abs() <= maxJump {
		return false
	}
	if step < 0 || step > r.feed.Target {
		return true
	}
	return (now.Sub(t.arrived) - step).Abs() > maxJump
}

// begin starts the epoch with its first random access point.
func (r *receiver) begin(s media.Sample, scale int, now time.Time) {
	r.begun = true
	r.base = media.Duration(s.DTS, scale)
	for i := range r.tracks {
		u := r.init.Tracks[i].Timescale
		r.tracks[i].shift = media.FromDuration(epochBase-r.base, u)
	}
	r.tracks[r.leading].shift = media.FromDuration(epochBase, scale) - s.DTS
	r.feed.status.online(now)
}

// newEpoch sets up the cutting of media times that do not continue the ones before.
func (r *receiver) newEpoch() {
	r.begun = false
	clear(r.tracks)
	r.clock = &wallClock{source: r.feed.Wall, warn: r.Warn}
	clock := r.clock
	r.cutter = &segment.Segmenter{
		Init: r.init, Target: r.feed.Target, OnSegment: r.rec.record, OnFault: r.Warn,
		Wall: clock.at,
	}
}

// end finishes the segment in the making.
func (r *receiver) end() {
	if r.cutter != nil {
		r.cutter.Flush()
	}
}
