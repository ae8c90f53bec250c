// Package strict reads media playlists as the strictest player would, and follows a live one over time to see
// that it keeps its promises.
package strict

import (
	"fmt"
	"time"
)

// Playlist is a media playlist as it was read.
type Playlist struct {
	Version               int
	TargetDuration        time.Duration
	MediaSequence         uint64
	DiscontinuitySequence uint64
	Type                  string // EVENT, VOD or empty
	Ended                 bool   // has EXT-X-ENDLIST
	Independent           bool
	StartOffset           *time.Duration
	Segments              []Segment
}

// Segment is one segment of a playlist.
type Segment struct {
	Line     int // of the URI, from 1
	Sequence uint64
	// DiscontinuitySequence counts the segment's own discontinuity.
	DiscontinuitySequence uint64

	URI             string
	Duration        time.Duration
	Title           string
	ProgramDateTime time.Time // the zero time where there is none
	Discontinuity   bool
	Gap             bool
	// Map, Key and Range are the attributes in force: the URI of EXT-X-MAP with its byte range behind an @ if any,
	// the text of EXT-X-KEY, and "length@offset" of EXT-X-BYTERANGE.
	Map, Key, Range string
}

// Duration is the sum of the segments' durations.
func (p *Playlist) Duration() time.Duration {
	var d time.Duration
	for i := range p.Segments {
		d += p.Segments[i].Duration
	}
	return d
}

// End is the media sequence number behind the last segment.
func (p *Playlist) End() uint64 { return p.MediaSequence + uint64(len(p.Segments)) }

// SyntaxError is a playlist that a strict player must refuse.
type SyntaxError struct {
	Line   int // from 1
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("playlist line %d: %s", e.Line, e.Reason) }
