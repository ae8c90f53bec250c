package playlist

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
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

	// Sequence and DiscontinuitySequence are those of the first segment.
	Sequence, DiscontinuitySequence uint64

	// Closed playlists never grow: EXT-X-ENDLIST and the type VOD.
	Closed bool

	// Event playlists grow and lose nothing at the head: the type EVENT. Ignored where Closed is set.
	Event bool

	// StartOffset is where a player should start: from the beginning, or from the end where it is negative.
	StartOffset *time.Duration

	// Independent says that every segment can be decoded without the one before it.
	Independent bool

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
	// Gap says that the segment's media is missing and must not be loaded.
	Gap bool
}

// ErrBadURI is returned for a URI that would break the playlist's text.
var ErrBadURI = errors.New("bad URI")

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

	tags := map[string]m3u8.CustomTag{"": &segmentTags{segments: m.Segments}}
	segments := make([]m3u8.MediaSegment, len(m.Segments))
	for i := range m.Segments {
		s := &segments[i]
		s.URI = m.Segments[i].URI
		s.Duration = float64(m.Segments[i].Duration.Milliseconds()) / 1000
		s.Custom = tags
		if err := p.AppendSegment(s); err != nil {
			return dst, fmt.Errorf("append segment %d: %w", m.Sequence+uint64(i), err)
		}
	}
	// Last, because appending raises it to the longest segment, rounded up.
	p.TargetDuration = m.TargetDuration.Seconds()
	return append(dst, p.Encode().Bytes()...), nil
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
		if s.Map != "" {
			if err := checkQuoted(s.Map); err != nil {
				return fmt.Errorf("map of segment %d: %w", m.Sequence+uint64(i), err)
			}
		}
		if s.Duration < 0 {
			return fmt.Errorf("segment %d: duration %v is negative", m.Sequence+uint64(i), s.Duration)
		}
	}
	return nil
}

// version is the lowest protocol version that has the playlist's tags (RFC 8216bis §8).
func (m *Media) version() int {
	v := max(m.Version, 3)
	for i := range m.Segments {
		if m.Segments[i].Map != "" {
			v = max(v, 6)
		}
		if m.Segments[i].Gap {
			return max(v, 8)
		}
	}
	return v
}

func checkURI(uri string) error {
	// A line that begins with # is a comment or a tag, and one that is empty is no line at all.
	if uri == "" || uri[0] == '#' || strings.ContainsAny(uri, "\r\n") || strings.TrimSpace(uri) != uri {
		return fmt.Errorf("%w: %q", ErrBadURI, uri)
	}
	return nil
}

// checkQuoted checks what goes between quotation marks (RFC 8216bis §4.2).
func checkQuoted(s string) error {
	if s == "" || strings.ContainsAny(s, "\"\r\n") {
		return fmt.Errorf("%w: %q", ErrBadURI, s)
	}
	return nil
}

// text is a custom tag that is some lines of text. The library keeps custom tags in a map and prints them in
// its random order, so all lines of one place are one tag.
type text struct{ bytes.Buffer }

func (*text) TagName() string         { return "" }
func (t *text) Encode() *bytes.Buffer { return &t.Buffer }

// mediaHeader are the lines between EXT-X-VERSION and EXT-X-MEDIA-SEQUENCE, or nil. The library's own
// EXT-X-PLAYLIST-TYPE:EVENT brings the long removed EXT-X-ALLOW-CACHE along, its EXT-X-START cannot count
// from the end, it leaves EXT-X-DISCONTINUITY-SEQUENCE out at 0, and it has no EXT-X-INDEPENDENT-SEGMENTS here.
func mediaHeader(m *Media) *text {
	var lines []string
	if m.Independent {
		lines = append(lines, "#EXT-X-INDEPENDENT-SEGMENTS")
	}
	if m.StartOffset != nil {
		seconds := strconv.FormatFloat(float64(m.StartOffset.Milliseconds())/1000, 'f', 3, 64)
		lines = append(lines, "#EXT-X-START:TIME-OFFSET="+seconds)
	}
	switch {
	case m.Closed:
		lines = append(lines, "#EXT-X-PLAYLIST-TYPE:VOD")
	case m.Event:
		lines = append(lines, "#EXT-X-PLAYLIST-TYPE:EVENT")
	}
	lines = append(lines, "#EXT-X-DISCONTINUITY-SEQUENCE:"+strconv.FormatUint(m.DiscontinuitySequence, 10))
	t := new(text)
	t.WriteString(strings.Join(lines, "\n"))
	return t
}

// segmentTags prints the lines before EXTINF. One serves all segments of a rendering, which the
// library visits once each, in order: a map and a buffer for each segment would cost ten times the text.
type segmentTags struct {
	segments []Segment
	next     int
	last     string // the map in force
	bytes.Buffer
}

func (*segmentTags) TagName() string { return "" }

func (t *segmentTags) Encode() *bytes.Buffer {
	s := &t.segments[t.next]
	t.next++
	t.Reset()
	if s.Discontinuity {
		t.line("#EXT-X-DISCONTINUITY")
	}
	if s.Map != t.last {
		t.last = s.Map
		if s.Map != "" {
			t.line("#EXT-X-MAP:URI=\"", s.Map, "\"")
		}
	}
	if !s.ProgramDateTime.IsZero() {
		t.line("#EXT-X-PROGRAM-DATE-TIME:")
		t.Write(s.ProgramDateTime.UTC().AppendFormat(t.AvailableBuffer(), programDateTime))
	}
	if s.Gap {
		t.line("#EXT-X-GAP")
	}
	if t.Len() == 0 {
		return nil
	}
	return &t.Buffer
}

// programDateTime has three digits always: old players stumble over the library's RFC 3339 with trimmed zeros.
const programDateTime = "2006-01-02T15:04:05.000Z"

func (t *segmentTags) line(parts ...string) {
	if t.Len() > 0 {
		t.WriteByte('\n')
	}
	for _, p := range parts {
		t.WriteString(p)
	}
}
