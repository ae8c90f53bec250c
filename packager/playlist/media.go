package playlist

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/grafov/m3u8"
)

// Media is a media playlist: one view of a timeline in one form.
type Media struct {
	// Version is EXT-X-VERSION. It defaults to the lowest that has what the playlist uses, and is raised to it.
	Version int

	// TargetDuration is whole seconds, fixed for the channel: it must never change while the playlist lives
	// (RFC 8216bis §6.2.1), so it is never computed from the segments.
	TargetDuration time.Duration

	// Sequence is the first segment's.
	Sequence uint64

	// DiscontinuitySequence is the number of discontinuities before the first segment, its own not counted
	// (RFC 8216bis §4.4.3.3): one less than the segment's where the segment has Discontinuity set.
	DiscontinuitySequence uint64

	// Closed playlists never grow any more: EXT-X-ENDLIST, and the type VOD unless Event is set.
	Closed bool

	// Event playlists grow and lose nothing at the head: the type EVENT, which stays when they are closed.
	Event bool

	// StartOffset is where a player should start: from the beginning, or from the end where it is negative.
	StartOffset *time.Duration

	// Independent says that every segment can be decoded without the one before it.
	Independent bool

	// IFrames says that each segment is one key picture, lasting as long as EXTINF tells (RFC 8216bis §4.4.3.6).
	IFrames bool

	// LowLatency makes it a low-latency playlist; nil is a plain one.
	LowLatency *LowLatency

	Segments []Segment
}

// Segment is one line of a media playlist.
type Segment struct {
	// URI goes out as it is, with its query.
	URI      string
	Duration time.Duration
	// ProgramDateTime is the wall clock of the first sample, to the millisecond; the zero time prints nothing.
	ProgramDateTime time.Time
	Discontinuity   bool
	// Map is the URI of the init the segment needs, or empty for MPEG-TS.
	Map string
	// Key is what the segment is encrypted with; the zero value is in the clear. Inits always are: one is kept while keys
	// change, and the picture's size is no secret.
	Key Key
	// Gap says that the segment's media is missing and must not be loaded.
	Gap bool
	// Parts are the segment's, of a low-latency playlist, or none.
	Parts []Part
}

// Key is a key of AES-128, which encrypts segments whole (RFC 8216bis §4.4.4.4).
type Key struct {
	// URI is where the key is, or empty where there is none.
	URI string
	// IV is the initialization vector.
	IV [16]byte
}

// ErrBadText is returned for a URI or another text that would break the playlist.
var ErrBadText = errors.New("text would break the playlist")

// Append appends the playlist's text to dst. The same Media makes the same bytes, on every node.
// A segment longer than TargetDuration is printed as it is: a broken promise to strict players is
// better than no playlist for any.
func (m *Media) Append(dst []byte) ([]byte, error) {
	if err := m.check(); err != nil {
		return dst, err
	}
	// A fresh list for every rendering: the library's own window loses EXT-X-MAP when it slides, prints the
	// oldest segments where it is smaller than its content, and hands out its internal buffer.
	p, err := m3u8.NewMediaPlaylist(uint(len(m.Segments)), uint(len(m.Segments)))
	if err != nil {
		return dst, fmt.Errorf("make media playlist: %w", err)
	}
	p.SetVersion(uint8(m.version()))
	p.SeqNo = m.Sequence
	p.Closed = m.Closed
	p.SetCustomTag(mediaHeader(m))

	lines := &segmentTags{segments: m.Segments}
	if m.LowLatency != nil {
		lines.skipped = m.LowLatency.Skipped
	}
	tags := map[string]m3u8.CustomTag{"": lines}
	segments := make([]m3u8.MediaSegment, len(m.Segments))
	for i := range m.Segments {
		s := &segments[i]
		s.URI = m.Segments[i].URI
		s.Duration = float64(m.Segments[i].Duration.Round(time.Millisecond).Milliseconds()) / 1000
		s.Custom = tags
		if err := p.AppendSegment(s); err != nil {
			return dst, fmt.Errorf("append segment %d: %w", m.Sequence+uint64(i), err)
		}
	}
	// Last, because appending raises it to the longest segment, rounded up.
	p.TargetDuration = m.TargetDuration.Seconds()
	dst = append(dst, p.Encode().Bytes()...)
	if m.LowLatency != nil {
		dst = m.LowLatency.appendEnd(dst, lines, m.Closed)
	}
	return dst, nil
}

func (m *Media) check() error {
	if m.TargetDuration < time.Second || m.TargetDuration%time.Second != 0 {
		return fmt.Errorf("target duration %v: expected whole seconds", m.TargetDuration)
	}
	if m.Version < 0 || m.Version > math.MaxUint8 {
		return fmt.Errorf("playlist version %d: expected 1 to %d", m.Version, math.MaxUint8)
	}
	for i := range m.Segments {
		s := &m.Segments[i]
		if err := checkURI(s.URI); err != nil {
			return fmt.Errorf("segment %d: %w", m.Sequence+uint64(i), err)
		}
		if err := s.checkTags(); err != nil {
			return fmt.Errorf("segment %d: %w", m.Sequence+uint64(i), err)
		}
		if s.Duration < 0 {
			return fmt.Errorf("segment %d: duration %v is negative", m.Sequence+uint64(i), s.Duration)
		}
	}
	if m.LowLatency != nil {
		return m.LowLatency.check()
	}
	return nil
}

// checkTags checks what stands in the lines before the segment's URI.
func (s *Segment) checkTags() error {
	if s.Map != "" {
		if err := checkQuoted(s.Map); err != nil {
			return fmt.Errorf("map: %w", err)
		}
	}
	if s.Key.URI != "" {
		if err := checkQuoted(s.Key.URI); err != nil {
			return fmt.Errorf("key: %w", err)
		}
	}
	for i := range s.Parts {
		if err := checkQuoted(s.Parts[i].URI); err != nil {
			return fmt.Errorf("part %d: %w", i, err)
		}
		if s.Parts[i].Duration <= 0 {
			return fmt.Errorf("part %d: duration %v, expected more than 0", i, s.Parts[i].Duration)
		}
	}
	return nil
}

// version is the lowest protocol version that has the playlist's tags (RFC 8216bis §8).
func (m *Media) version() int {
	v := max(m.Version, 3)
	if m.IFrames {
		v = max(v, 4)
	}
	if m.LowLatency != nil {
		return max(v, lowLatencyVersion)
	}
	for i := range m.Segments {
		if m.Segments[i].Map != "" {
			return max(v, 6)
		}
	}
	return v
}

func checkURI(uri string) error {
	// A line that begins with # is a comment or a tag, and one that is empty is no line at all.
	if uri == "" || uri[0] == '#' || strings.ContainsAny(uri, "\r\n") || strings.TrimSpace(uri) != uri {
		return fmt.Errorf("%w: %q", ErrBadText, uri)
	}
	return nil
}

// checkQuoted checks what goes between quotation marks (RFC 8216bis §4.2).
func checkQuoted(s string) error {
	if s == "" || strings.ContainsAny(s, "\"\r\n") {
		return fmt.Errorf("%w: %q", ErrBadText, s)
	}
	return nil
}
