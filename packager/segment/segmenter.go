package segment

import (
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
)

// DefaultTarget is the segment target of the whole house, because channels mix media of many feeds.
const DefaultTarget = 4 * time.Second

// The faults of a source that the segmenter reports and lives with.
var (
	ErrNoSync    = errors.New("no keyframe: set the encoder's keyframe interval to 2 s")
	ErrForcedCut = errors.New("keyframes too far apart: a segment had to be cut without one; set the keyframe interval to 2 s")
	ErrTooLarge  = errors.New("segment too large")
)

// Segmenter cuts the samples of one epoch, whose media times never step, into segments. The leading track (the first
// video, else the first audio) decides where; the other tracks are cut at the same instant.
//
// It cuts video at the first random access point that comes half a GOP before the target or later, so
// that segments are the target long on average, or where a Grid says, and at twice the target in any case: a playlist's target duration
// is a promise (RFC 8216bis §4.4.3.1). Only a single frame that lasts longer than that makes a longer segment. It cuts
// audio at the frame nearest to a multiple of the target.
type Segmenter struct {
	// Init describes the tracks; samples name them by index.
	Init *media.Init
	// Target is the segment duration aimed at. It defaults to DefaultTarget.
	Target time.Duration
	// MaxBytes bounds one segment's payload. It defaults to 64 MiB.
	MaxBytes int
	// Wall maps a media time to the wall clock. It is asked once a segment.
	Wall func(media time.Duration) time.Time
	// Grid, if set, tells what the picture's other sizes are cut by as well, nil for nothing. Clock, which it needs, is Wall
	// without its being counted as asked.
	Grid  func() *Grid
	Clock func(media time.Duration) time.Time
	// OnSegment takes each segment as it is cut.
	OnSegment func(*Segment)
	// Pace turns on parts, and says how long they are. It may be shared by segmenters that follow one another.
	Pace *Pace
	// HoldParts is how much of an epoch's first segment is gathered before its parts are told of: with the first of
	// them its date is asked for.
	HoldParts time.Duration
	// OnPart takes the segment in the making each time that it has more parts. The last ones come with the segment.
	OnPart func(*Making)
	// OnFault takes faults of the source that do not stop the cutting. It may be nil.
	OnFault func(error)

	// private

	leading  int
	tracks   []pendingTrack
	started  bool
	sequence uint32
	bytes    int  // of payload that is in no segment yet
	full     bool // MaxBytes was reported since the last cut
	disc     bool // the next segment is the epoch's first

	partTarget   time.Duration // of this segment's parts; 0 while none are made
	partSequence uint32
	dated        bool      // the segment's date has been asked for
	wall         time.Time // and is this

	// All of the leading track, in its timescale.
	epochBase int64 // DTS of the first sample
	start     int64 // DTS of the segment's first sample
	time      int64 // presentation time at which the segment begins
	reorder   int64 // PTS - DTS of the last random access point
	sync      bool  // the segment begins with a random access point
	lastSync  int64 // DTS of the last random access point
	gop       int64 // distance of the last two random access points
	slot      int64 // of the grid's instants, the one that the segment begins at
	slotted   bool  // and that is known
	held      *heldCut
	waiting   int64 // DTS since which a random access point has been waited for
	isWaiting bool
}

// noSyncAfter is how long a source may go without a random access point before that is reported, again and again.
const noSyncAfter = 10 * time.Second

// Write takes the next sample of a track in order of DTS; one whose DTS does not rise is dropped, since it cannot be
// stored. So are samples before the first random access point of the leading track.
func (s *Segmenter) Write(track int, sample media.Sample) {
	if s.tracks == nil {
		s.setUp()
	}
	if track < 0 || track >= len(s.tracks) {
		return
	}
	if !s.started && !s.begin(track, sample) {
		return
	}
	if track == s.leading {
		s.lead(sample)
		s.part()
		return
	}
	if s.isText(track) {
		s.pushText(track, sample)
		return
	}
	t := &s.tracks[track]
	if s.isOther(track) {
		if len(t.pieces) == 0 && !s.opens(track, &sample) {
			return
		}
	} else if s.disc && !t.seen && sample.DTS < media.Ticks(s.start, s.timescale(s.leading), s.timescale(track)) {
		return // Before the epoch's first picture.
	}
	if s.bytes > s.MaxBytes {
		// The leading track has stopped while this one goes on.
		s.tooLarge("without a frame of the leading track")
		return
	}
	s.push(track, sample)
	s.release(false)
	s.part()
}

// Flush cuts what is there, as at the end of an epoch: the last samples get their track's usual duration. What is
// written afterwards is another epoch.
func (s *Segmenter) Flush() {
	if !s.started {
		return
	}
	s.release(true)
	for n := range s.tracks {
		s.tracks[n].finish(&s.Init.Tracks[n])
	}
	lead := s.tracks[s.leading].pieces
	last := &lead[len(lead)-1] // Once begun, the leading track always holds the samples since the last cut.
	end := last.DTS + int64(last.Duration)
	if n := len(lead) - 1; n > 0 && end+s.reorder-s.time > 2*s.ticks(s.Target) {
		// With the last frame the segment would be too long, as in lead.
		begin := media.Sample{DTS: last.DTS, PTS: last.DTS + int64(last.Offset), Sync: last.Sync}
		s.cutAt(n, &begin, s.presentation(&begin))
		lead = s.tracks[s.leading].pieces
	}
	s.cut(len(lead), end, max(end+s.reorder, s.time+1), true)
	s.started = false
	s.disc = true
	for n := range s.tracks {
		s.tracks[n] = pendingTrack{}
	}
}

func (s *Segmenter) setUp() {
	if s.Target <= 0 {
		s.Target = DefaultTarget
	}
	if s.MaxBytes <= 0 {
		s.MaxBytes = 64 << 20
	}
	s.tracks = make([]pendingTrack, len(s.Init.Tracks))
	s.leading = s.Init.Leading()
	s.disc = true
}

// begin waits for the epoch's first random access point.
func (s *Segmenter) begin(track int, sample media.Sample) bool {
	if track != s.leading {
		return false
	}
	if !s.isSync(&sample) {
		if !s.isWaiting || sample.DTS < s.waiting {
			s.isWaiting, s.waiting = true, sample.DTS
		}
		if s.duration(sample.DTS-s.waiting) >= noSyncAfter {
			s.waiting = sample.DTS
			s.fault(ErrNoSync)
		}
		return false
	}
	s.started, s.isWaiting = true, false
	s.epochBase, s.start, s.lastSync = sample.DTS, sample.DTS, sample.DTS
	s.reorder = s.reorderOf(&sample)
	s.time = sample.DTS + s.reorder
	s.sync, s.slotted = true, false
	s.gop = 0
	return true
}

// isSync says whether a sample of the leading track is a random access point; all sound is.
func (s *Segmenter) isSync(sample *media.Sample) bool { return sample.Sync || s.isAudio() }

func (s *Segmenter) isAudio() bool { return s.Init.Tracks[s.leading].Kind() == media.Audio }

func (s *Segmenter) tooLarge(when string) {
	if s.full {
		return
	}
	s.full = true
	s.fault(fmt.Errorf("%w: over %d bytes %s", ErrTooLarge, s.MaxBytes, when))
}

func (s *Segmenter) fault(err error) {
	if s.OnFault != nil {
		s.OnFault(err)
	}
}

func (s *Segmenter) timescale(track int) int { return s.Init.Tracks[track].Timescale }

func (s *Segmenter) duration(ticks int64) time.Duration {
	return media.Duration(ticks, s.timescale(s.leading))
}

func (s *Segmenter) ticks(d time.Duration) int64 {
	return media.FromDuration(d, s.timescale(s.leading))
}
