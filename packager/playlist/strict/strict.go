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
	IFrames               bool // has EXT-X-I-FRAMES-ONLY
	StartOffset           *time.Duration
	Segments              []Segment

	// What follows is of low-latency playlists.

	Control *Control
	// PartTarget is PART-TARGET, 0 where there is no EXT-X-PART-INF.
	PartTarget time.Duration
	// Skipped is how many segments EXT-X-SKIP stands for: those before the first of Segments, in a delta update that
	// was not completed.
	Skipped int
	// Making is the segment in the making behind the last, nil where nothing is listed of it.
	Making *Segment
	// Hint is the URI of the part that EXT-X-PRELOAD-HINT names, or empty.
	Hint    string
	Reports []Report
}

// Control is EXT-X-SERVER-CONTROL.
type Control struct {
	CanBlockReload                   bool
	CanSkipUntil, HoldBack, PartBack time.Duration // 0 where they are not there
}

// Part is one EXT-X-PART.
type Part struct {
	Line             int
	URI              string
	Duration         time.Duration
	Independent, Gap bool
	Range            string
}

// Report is one EXT-X-RENDITION-REPORT; Part is -1 where there is no LAST-PART.
type Report struct {
	URI      string
	Sequence uint64
	Part     int
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
	// MapKey is the text of the EXT-X-KEY that the init is encrypted with, or empty.
	MapKey string
	Parts  []Part
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
func (p *Playlist) End() uint64 {
	return p.MediaSequence + uint64(p.Skipped) + uint64(len(p.Segments))
}

// Parts are those listed of the segment with a sequence number, in the making or not.
func (p *Playlist) Parts(sequence uint64) []Part {
	first := p.End() - uint64(len(p.Segments))
	switch {
	case sequence >= first && sequence < p.End():
		return p.Segments[sequence-first].Parts
	case sequence == p.End() && p.Making != nil:
		return p.Making.Parts
	}
	return nil
}

// SyntaxError is a playlist that a strict player must refuse.
type SyntaxError struct {
	Line   int // from 1
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("playlist line %d: %s", e.Line, e.Reason) }
