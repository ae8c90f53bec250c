package feed

import (
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// maxJump is the largest step of a track's DTS that is believed without a look at the clock.
const maxJump = time.Second

// maxLate is how much later than its stamp says a sample may come: a connection that stood still for a while delivers
// what waited in it.
const maxLate = 10 * time.Second

// maxSkew is how far a track's stamps may be from the leading track's. Sound and picture of a lecture are interleaved
// within a second; past this they are not of one clock.
const maxSkew = 3 * time.Second

// maxReorder is how long after its DTS a picture may be shown. Sixteen pictures are the most that H.264 and H.265 reorder.
const maxReorder = 5 * time.Second

// settled is the age from which on an epoch may be given up for a wrong date, so that a clock that swings
// does not make discontinuities all the time.
const settled = time.Minute

var errNoTracks = errors.New("the input has no track that can be recorded")

// receiver is the way from samples to segments of what is on the air, from when it came there until something else does. The air calls
// its methods one at a time.
type receiver struct {
	feed *Feed
	rec  *recorder
	kind timeline.Kind
	wall WallClock
	grid func() *segment.Grid
	warn func(error)
	// distrust is for the sender's clock, which is reported once a connection.
	distrust *bool
	// date is that of the next epoch's first picture, or zero for that at which it comes.
	date time.Time

	init    *media.Init
	leading int
	cutter  *segment.Segmenter
	clock   *wallClock
	tracks  []trackState
	// base is the source's DTS of the epoch's first picture, since the source's zero.
	base time.Duration
	// from is the media time at which the epoch begins.
	from  time.Duration
	begun bool
	// ended is the date at which the last segment ended, and arrived is when its last picture came.
	ended, arrived time.Time
}

// trackState is what is known of a track within an epoch.
type trackState struct {
	last    int64     // DTS as the source gave it
	out     int64     // DTS as it went on
	arrived time.Time // when
	seen    bool
	shift   int64 // what to add to the source's stamps
	drift   drift // of a track that does not lead
}

// describe sets the tracks of the samples that follow, which begin an epoch.
func (r *receiver) describe(init *media.Init) {
	r.end()
	r.init = init
	r.leading = init.Leading()
	r.tracks = make([]trackState, len(init.Tracks))
	r.newEpoch()
}

// Sample takes a sample that came now.
func (r *receiver) Sample(track int, s media.Sample, now time.Time) {
	if track == r.leading {
		r.lead(s, now)
	} else {
		r.follow(track, s, now)
	}
}

// lead takes a sample of the track that epochs begin with and that decides where segments are cut.
func (r *receiver) lead(s media.Sample, now time.Time) {
	t := &r.tracks[r.leading]
	scale := r.init.Tracks[r.leading].Timescale
	if t.seen && (r.jumped(t, s.DTS, scale, now) || s.Sync && r.expired(t, scale)) {
		r.again()
	}
	if !r.begun {
		if !s.Sync {
			r.cutter.Write(r.leading, s) // It counts how long there is no keyframe.
			return
		}
		r.begin(s, scale)
	}
	if t.seen && s.DTS <= t.last {
		s.DTS = t.last + 1 // A clamp of a tick: some encoders round their stamps.
	}
	s.PTS = s.DTS + min(max(s.PTS-s.DTS, 0), media.FromDuration(maxReorder, scale))
	r.clock.observe(media.Duration(s.PTS+t.shift, scale), now, s.Wall)
	r.write(r.leading, t, s, now)
}

// follow takes a sample of any other track.
func (r *receiver) follow(track int, s media.Sample, now time.Time) {
	if !r.begun {
		return // Before the epoch's first picture.
	}
	t := &r.tracks[track]
	scale := r.init.Tracks[track].Timescale
	switch {
	case !t.seen:
		r.align(track, t, s.DTS, now)
	case r.jumped(t, s.DTS, scale, now):
		if late := r.late(t, s.DTS, scale, now); late.Abs() <= maxJump {
			// It was silent for longer than a segment, and goes on where the leading track is: segments with a
			// hole in a track that others do not have would be told apart by no player.
			r.again()
			return
		}
		r.align(track, t, s.DTS, now)
	default:
		r.hold(track, t, s.DTS, now)
	}
	s.PTS = s.DTS + min(max(s.PTS-s.DTS, 0), media.FromDuration(maxReorder, scale))
	if s.DTS+t.shift <= t.out && t.seen || s.DTS+t.shift < 0 {
		return
	}
	r.write(track, t, s, now)
}

func (r *receiver) write(track int, t *trackState, s media.Sample, now time.Time) {
	t.last, t.arrived, t.seen = s.DTS, now, true
	s.DTS += t.shift
	s.PTS += t.shift
	t.out = s.DTS
	r.cutter.Write(track, s)
}

// align finds what to add to a track's stamps: what is added to the leading track's, where both are of one clock; else
// what puts its sample, which came now, beside the picture that came now.
func (r *receiver) align(track int, t *trackState, dts int64, now time.Time) {
	scale := r.init.Tracks[track].Timescale
	beside := r.beside(now)
	t.shift, t.drift = media.FromDuration(r.from-r.base, scale), drift{}
	skew := media.Duration(dts+t.shift, scale) - beside
	if skew.Abs() <= maxSkew {
		return
	}
	t.shift = media.FromDuration(beside, scale) - dts
	r.warn(fmt.Errorf("track %d is stamped %s off the picture: it is put where it arrived; both should be of one clock",
		track+1, skew.Round(time.Millisecond)))
}

// beside is the media time of what comes now, by the picture that came last.
func (r *receiver) beside(now time.Time) time.Duration {
	lead := &r.tracks[r.leading]
	return media.Duration(lead.out, r.init.Tracks[r.leading].Timescale) + min(max(now.Sub(lead.arrived), 0), maxJump)
}

// hold keeps a track beside the picture, where its clock is another and runs off. Text has no clock.
func (r *receiver) hold(track int, t *trackState, dts int64, now time.Time) {
	if r.init.Tracks[track].Kind() != media.Audio || now.Sub(r.tracks[r.leading].arrived) > maxJump {
		return
	}
	scale := r.init.Tracks[track].Timescale
	off, tooMuch := t.drift.add(media.Duration(dts+t.shift, scale)-r.beside(now), now)
	if !tooMuch {
		return
	}
	t.shift -= media.FromDuration(off, scale)
	r.warn(fmt.Errorf("track %d runs off the picture's clock: it is put right by %s; both should be of one clock",
		track+1, off.Round(time.Millisecond)))
}

// jumped tells a jump of the source's clock, or a silence longer than a segment, from a pause in which nothing came.
func (r *receiver) jumped(t *trackState, dts int64, scale int, now time.Time) bool {
	step := media.Duration(dts-t.last, scale)
	late := r.late(t, dts, scale, now)
	if step.Abs() <= maxJump {
		return late > maxLate // The source stood still, and its clock with it.
	}
	if step < 0 || step > r.feed.Target {
		return true
	}
	return late.Abs() > maxJump
}

// late is how much longer than its stamp says a sample took after the one before it.
func (r *receiver) late(t *trackState, dts int64, scale int, now time.Time) time.Duration {
	return now.Sub(t.arrived) - media.Duration(dts-t.last, scale)
}

// expired says that the epoch is to end with this random access point: it is as long as it may be, or its dates
// have become wrong by more than slewing can mend.
func (r *receiver) expired(t *trackState, scale int) bool {
	at := media.Duration(t.out, scale)
	if at >= media.LastTime {
		return true
	}
	off := r.clock.error()
	if at-r.from < settled || off.Abs() <= maxError {
		return false
	}
	r.warn(fmt.Errorf("pictures come %s off the time they are dated: dates begin anew; a clock was set, or the source stood still",
		off.Round(time.Millisecond)))
	return true
}

// begin starts the epoch with its first random access point.
func (r *receiver) begin(s media.Sample, scale int) {
	r.begun = true
	r.base = media.Duration(s.DTS, scale)
	r.from = r.feed.epoch.next()
	r.tracks[r.leading].shift = media.FromDuration(r.from, scale) - s.DTS
	if !r.date.IsZero() {
		r.clock.begin(r.from+media.Duration(s.PTS-s.DTS, scale), r.date)
	}
}

// again ends the epoch and begins another.
func (r *receiver) again() {
	r.end()
	if !r.date.IsZero() && r.ended.After(r.date) {
		r.date = r.ended
	}
	r.newEpoch()
}

// newEpoch sets up the cutting of media times that do not continue the ones before.
func (r *receiver) newEpoch() {
	r.begun = false
	clear(r.tracks)
	r.clock = &wallClock{source: r.wall, warn: r.warn, distrust: r.distrust}
	r.cutter = &segment.Segmenter{
		Init: r.init, Target: r.feed.Target, OnSegment: r.record, OnFault: r.warn,
		Wall: r.clock.at, Grid: r.grid, Clock: r.clock.read,
	}
	if r.feed.PartTarget > 0 {
		r.cutter.Pace, r.cutter.OnPart, r.cutter.HoldParts = &r.feed.pace, r.make, r.holdParts()
	}
}

func (r *receiver) record(seg *segment.Segment) {
	r.ended = seg.Start.Add(seg.Duration)
	r.rec.record(seg, r.kind)
}

func (r *receiver) make(m *segment.Making) { r.rec.make(m, r.kind) }

// holdParts is how much of an epoch's first segment is gathered before its parts are put out. With the first its date is
// fixed, and that is known only when what a server had buffered is over, or when the sender has told its clock.
func (r *receiver) holdParts() time.Duration {
	switch {
	case !r.date.IsZero():
		return 0
	case r.wall == Sender:
		return 2 * r.feed.Target
	}
	return time.Second
}

// end finishes the segment in the making.
func (r *receiver) end() {
	if r.cutter == nil {
		return
	}
	if t := &r.tracks[r.leading]; t.seen {
		r.arrived = t.arrived
	}
	r.cutter.Flush()
	for i := range r.tracks {
		if t := &r.tracks[i]; t.seen {
			r.feed.epoch.reach(media.Duration(t.out, r.init.Tracks[i].Timescale))
		}
	}
}
