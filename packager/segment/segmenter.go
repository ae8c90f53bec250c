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
// that segments are the target long on average, and at twice the target in any case. It cuts audio
// at the frame nearest to a multiple of the target.
type Segmenter struct {
	// Init describes the tracks; samples name them by index.
	Init *media.Init
	// Target is the segment duration aimed at. It defaults to DefaultTarget.
	Target time.Duration
	// MaxBytes bounds one segment's payload. It defaults to 64 MiB.
	MaxBytes int
	// Wall maps a media time to the wall clock. It is asked once a segment.
	Wall func(media time.Duration) time.Time
	// OnSegment takes each segment as it is cut.
	OnSegment func(*Segment)
	// OnFault takes faults of the source that do not stop the cutting. It may be nil.
	OnFault func(error)

	// private

	leading   int
	tracks    []pendingTrack
	started   bool
	sequence  uint32
	bytes     int
	epochBase int64 // DTS of the first leading sample, in its timescale
	start     int64 // DTS of the segment's first leading sample
	time      int64 // presentation time at which the segment begins, in the leading timescale
	reorder   int64 // PTS - DTS of the last random access point
	sync      bool  // the segment begins with a random access point
	disc      bool  // the next segment is the epoch's first
	lastSync  int64
	gop       int64 // distance of the last two random access points, in the leading timescale
	waiting   int64 // DTS since which a random access point has been waited for
	isWaiting bool
}

// pendingTrack holds the samples of one track that are not yet in a segment. The last of them has no
// duration until its successor is here.
type pendingTrack struct {
	pieces []Piece
	typ    uint32 // typical duration, for the last sample of an epoch
}

// Write takes the next sample of a track in order of DTS. Samples before the first random access point of the
// leading track are dropped.
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
		return
	}
	if media.Ticks(s.start, s.timescale(s.leading), s.timescale(track)) > sample.DTS && s.sequence == 0 && len(s.tracks[track].pieces) == 0 {
		return // Before the epoch's first picture.
	}
	if s.bytes > s.MaxBytes {
		// The leading track has stopped while this one goes on.
		s.fault(fmt.Errorf("%w: over %d bytes without a frame of the leading track", ErrTooLarge, s.MaxBytes))
		return
	}
	s.push(track, sample)
}

// Flush cuts what is there, as at the end of an epoch: the last samples get their track's usual duration.
func (s *Segmenter) Flush() {
	if !s.started {
		return
	}
	lead := &s.tracks[s.leading]
	if len(lead.pieces) == 0 {
		return
	}
	last := &lead.pieces[len(lead.pieces)-1]
	last.Duration = max(lead.typ, 1)
	for n := range s.tracks {
		t := &s.tracks[n]
		if n == s.leading || len(t.pieces) == 0 {
			continue
		}
		t.pieces[len(t.pieces)-1].Duration = max(t.typ, 1)
	}
	end := last.DTS + int64(last.Duration)
	s.cut(end, end+s.reorder, true)
	s.started = false
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
	if !sample.Sync {
		if !s.isWaiting {
			s.isWaiting, s.waiting = true, sample.DTS
		}
		if s.duration(sample.DTS-s.waiting) >= 10*time.Second {
			s.waiting = sample.DTS
			s.fault(ErrNoSync)
		}
		return false
	}
	s.started, s.isWaiting = true, false
	s.epochBase, s.start, s.lastSync = sample.DTS, sample.DTS, sample.DTS
	s.time, s.reorder = sample.PTS, sample.PTS-sample.DTS
	s.sync = true
	s.gop = 0
	return true
}

func (s *Segmenter) lead(sample media.Sample) {
	t := &s.tracks[s.leading]
	if len(t.pieces) == 0 {
		s.push(s.leading, sample)
		return
	}
	elapsed := sample.DTS - s.start
	frame := sample.DTS - t.pieces[len(t.pieces)-1].DTS
	if sample.Sync && s.Init.Tracks[s.leading].Kind() == media.Video {
		s.gop = sample.DTS - s.lastSync
		s.lastSync = sample.DTS
	}
	if !s.shouldCut(sample, elapsed, frame) {
		s.push(s.leading, sample)
		return
	}
	t.pieces[len(t.pieces)-1].Duration = uint32(min(max(frame, 1), int64(^uint32(0)))) //nolint:gosec // bounded on this line
	if sample.Sync {
		s.reorder = sample.PTS - sample.DTS
	}
	// The picture after a random access point in decoding order may be shown before others: where a cut had to be
	// made without one, the presentation time of the cut is reckoned from its DTS.
	begin := sample.DTS + s.reorder
	s.cut(sample.DTS, begin, false)
	s.start, s.time, s.sync = sample.DTS, begin, sample.Sync
	s.push(s.leading, sample)
}

func (s *Segmenter) shouldCut(sample media.Sample, elapsed, frame int64) bool {
	target := s.ticks(s.Target)
	if s.Init.Tracks[s.leading].Kind() == media.Audio {
		// The multiple of the target nearest to this frame's start: k counts from the epoch's first sample,
		// so that rounding does not add up.
		k := (s.start - s.epochBase + target/2) / target
		return sample.DTS-s.epochBase+frame/2 >= (k+1)*target
	}
	if sample.Sync && elapsed >= max(target-s.gop/2, target/8) {
		return true
	}
	if s.bytes > s.MaxBytes {
		s.fault(fmt.Errorf("%w: over %d bytes after %s", ErrTooLarge, s.MaxBytes, s.duration(elapsed)))
		return true
	}
	// The bound holds for the segment with the next frame in it: EXTINF may not exceed the target duration
	// that the playlist promised (RFC 8216bis §4.4.3.1).
	if elapsed+frame > 2*target {
		s.fault(ErrForcedCut)
		return true
	}
	return false
}

// push appends a sample to its track and gives the one before it its duration.
func (s *Segmenter) push(track int, sample media.Sample) {
	t := &s.tracks[track]
	if n := len(t.pieces); n > 0 {
		prev := &t.pieces[n-1]
		d := sample.DTS - prev.DTS
		if d <= 0 {
			return // The feed promises rising DTS; a sample that breaks it cannot be stored.
		}
		prev.Duration = uint32(min(d, int64(^uint32(0)))) //nolint:gosec // bounded on this line
		t.typ = prev.Duration
	}
	s.bytes += sample.Size()
	t.pieces = append(t.pieces, Piece{
		DTS: sample.DTS, Offset: int32(max(min(sample.PTS-sample.DTS, 1<<30), -1<<30)), //nolint:gosec // bounded on this line
		Sync: sample.Sync, Units: sample.Units,
	})
}

// cut makes a segment of all samples before end, a DTS of the leading track at which the presentation has come to
// until. Where not all is cut, the last
// sample of a track that does not lead stays, since its duration is not known yet.
func (s *Segmenter) cut(end, until int64, all bool) {
	leadScale := s.timescale(s.leading)
	seg := &Segment{
		Init:          s.Init,
		Duration:      s.duration(until - s.time),
		Discontinuity: s.disc,
		Independent:   s.sync,
		Tracks:        make([]media.Range, len(s.tracks)),
	}
	if s.Wall != nil {
		seg.Start = s.Wall(s.duration(s.time))
	}
	seg.Media = make([]byte, 0, s.bytes+s.bytes/16+4096)
	for n := range s.tracks {
		t := &s.tracks[n]
		count := len(t.pieces)
		if n != s.leading && !all {
			limit := media.Ticks(end, leadScale, s.timescale(n))
			count = 0
			for count < len(t.pieces)-1 && t.pieces[count].DTS < limit {
				count++
			}
		}
		offset := int64(len(seg.Media))
		if count > 0 {
			seg.Media = AppendFragment(seg.Media, s.sequence+1, &s.Init.Tracks[n], t.pieces[:count])
		}
		seg.Tracks[n] = media.Range{Offset: offset, Length: int64(len(seg.Media)) - offset}
		rest := copy(t.pieces, t.pieces[count:])
		clear(t.pieces[rest:])
		t.pieces = t.pieces[:rest]
	}
	s.sequence++
	s.disc = false
	s.bytes = 0
	for n := range s.tracks {
		for i := range s.tracks[n].pieces {
			for _, u := range s.tracks[n].pieces[i].Units {
				s.bytes += len(u)
			}
		}
	}
	if s.OnSegment != nil {
		s.OnSegment(seg)
	}
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
