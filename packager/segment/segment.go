// Package segment cuts samples into segments and keeps them in CMAF, the one form that is stored.
package segment

import (
	"time"

	"podium.tv/podium/packager/media"
)

// Segment is one cut piece of a stream, in the CMAF form that is stored.
type Segment struct {
	// Init describes the tracks.
	Init *media.Init
	// Start is the wall clock of the first sample of the leading track.
	Start time.Time
	// Time is the media time at which the leading track's first sample is shown.
	Time time.Duration
	// Duration is the leading track's, exactly from its first sample to the first of the next segment.
	Duration time.Duration
	// Discontinuity says that the media times do not continue the segment before.
	Discontinuity bool
	// Independent says that the leading track begins with a random access point.
	Independent bool
	// Media holds the fragments of the tracks, one after another; Tracks are their places in it, in the
	// order of the init. A track that had no sample has a range of length 0.
	Media  []byte
	Tracks []media.Range

	whole []byte // Media with room before it
	// Parts are the segment's, where it was put out in parts.
	Parts Parts
}

// Fragments are the tracks' fragments in Media, in the order of the init.
func (s *Segment) Fragments() ([][]byte, error) { return media.Slices(s.Media, s.Tracks) }
