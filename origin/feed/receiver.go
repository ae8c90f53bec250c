package feed

import (
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// maxJump is the largest step of a track's DTS that is believed without a look at the clock.
const maxJump = time.Second

// maxLate is how much later than its stamp says a sample may come: a connection that stood still for a while delivers
// what waited in it.
const maxLate = 10 * time.Second

// maxSkew is how far a track's stamps may be from the leading track's. Sound and picture of a lecture are interleaved
// within a second; past this they are not of one clock.
const maxSkew = 3 * time.Second

// settled is the age from which on an epoch may be given up for a wrong date, so that a clock that swings
// does not make discontinuities all the time.
const settled = time.Minute

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
	// base is the source's DTS of the epoch's first picture, since the source's zero.
	base time.Duration
	// from is the media time at which the epoch begins.
	from     time.Duration
	begun    bool
	distrust bool // of the sender's clock, reported once a connection
	online   bool // and said so
}

// trackState is what is known of a track within an epoch.
type trackState struct {
	last    int64     // DTS as the source gave it
	out     int64     // DTS as it went on
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
	r.feed.status.described(init)
	return nil
}

// Sample implements input.Receiver.
func (r *receiver) Sample(track int, s media.Sample) {
	if r.init == nil || track < 0 || track >= len(r.tracks) || s.Size() == 0 {
		return
	}
	now := r.feed.Now()
	r.feed.status.sample(r.init.Tracks[track].Kind(), s.Size(), now)
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
		r.end()
		r.newEpoch()
	}
	if !r.begun {
		if !s.Sync {
			r.cutter.Write(r.leading, s) // It counts how long there is no keyframe.
			return
		}
		r.begin(s, scale, now)
	}
	if t.seen && s.DTS <= t.last {
		s.DTS = t.last + 1 // A clamp of a tick: some encoders round their stamps.
		s.PTS = max(s.PTS, s.DTS)
	}
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
			r.end()
			r.newEpoch()
			return
		}
		r.align(track, t, s.DTS, now)
	}
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
	lead := &r.tracks[r.leading]
	beside := media.Duration(lead.out, r.init.Tracks[r.leading].Timescale) + min(max(now.Sub(lead.arrived), 0), maxJump)
	t.shift = media.FromDuration(r.from-r.base, scale)
	skew := media.Duration(dts+t.shift, scale) - beside
	if skew.Abs() <= maxSkew {
		return
	}
	t.shift = media.FromDuration(beside, scale) - dts
	r.Warn(fmt.Errorf("track %d is stamped %s off the picture: it is put where it arrived; both should be of one clock",
		track+1, skew.Round(time.Millisecond)))
}

// Warn implements input.Receiver.
func (r *receiver) Warn(err error) {
	now := r.feed.Now()
	r.feed.status.warned(err, now)
	r.feed.Metrics.warnings.WithLabelValues(r.feed.ID).Inc()
	r.feed.faults.tell(r.feed.Log, "input has a fault that is lived with", err, now)
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
	r.Warn(fmt.Errorf("pictures come %s off the time they are dated: dates begin anew; a clock was set, or the source stood still",
		off.Round(time.Millisecond)))
	return true
}

// begin starts the epoch with its first random access point.
func (r *receiver) begin(s media.Sample, scale int, now time.Time) {
	r.begun = true
	r.base = media.Duration(s.DTS, scale)
	r.from = r.feed.epoch.next()
	r.tracks[r.leading].shift = media.FromDuration(r.from, scale) - s.DTS
	r.feed.status.online(now)
	if !r.online {
		r.online = true
		r.feed.Log.Info("feed is online", "input", r.feed.source().Name, "tracks", inWords(r.init))
	}
}

// newEpoch sets up the cutting of media times that do not continue the ones before.
func (r *receiver) newEpoch() {
	r.begun = false
	clear(r.tracks)
	r.clock = &wallClock{source: r.feed.Wall, warn: r.Warn, distrust: &r.distrust}
	r.cutter = &segment.Segmenter{
		Init: r.init, Target: r.feed.Target, OnSegment: r.rec.record, OnFault: r.Warn,
		Wall: r.clock.at, Grid: r.feed.Grid, Clock: r.clock.read,
	}
	if r.feed.PartTarget > 0 {
		r.cutter.Pace, r.cutter.OnPart, r.cutter.HoldParts = &r.feed.pace, r.rec.make, r.feed.holdParts()
	}
}

// end finishes the segment in the making.
func (r *receiver) end() {
	if r.cutter == nil {
		return
	}
	r.cutter.Flush()
	for i := range r.tracks {
		if t := &r.tracks[i]; t.seen {
			r.feed.epoch.reach(media.Duration(t.out, r.init.Tracks[i].Timescale))
		}
	}
}
