package playlist

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
)

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
	if m.IFrames {
		lines = append(lines, "#EXT-X-I-FRAMES-ONLY")
	}
	if m.StartOffset != nil {
		seconds := strconv.FormatFloat(float64(m.StartOffset.Milliseconds())/1000, 'f', 3, 64)
		lines = append(lines, "#EXT-X-START:TIME-OFFSET="+seconds)
	}
	switch {
	case m.Event: // First: a type must not change when the end is there (RFC 8216bis §6.2.1).
		lines = append(lines, "#EXT-X-PLAYLIST-TYPE:EVENT")
	case m.Closed:
		lines = append(lines, "#EXT-X-PLAYLIST-TYPE:VOD")
	}
	if m.LowLatency != nil {
		lines = append(lines, m.LowLatency.header(m.TargetDuration)...)
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
	skipped  int    // segments left out before the first
	last     string // the map in force
	key      Key    // the key in force
	clock    clock
	bytes.Buffer
}

func (*segmentTags) TagName() string { return "" }

func (t *segmentTags) Encode() *bytes.Buffer {
	s := &t.segments[t.next]
	t.next++
	t.Reset()
	if t.skipped > 0 {
		// Here and not in the header: a player that does not know of skipped segments before it reads
		// EXT-X-MEDIA-SEQUENCE numbers them wrongly.
		t.line("#EXT-X-SKIP:SKIPPED-SEGMENTS=", strconv.Itoa(t.skipped))
		t.skipped = 0
	}
	if s.Discontinuity {
		t.line("#EXT-X-DISCONTINUITY")
	}
	if s.Map != t.last {
		t.last = s.Map
		if s.Map != "" {
			// A key in force would be the init's as well (RFC 8216bis §4.4.4.4).
			t.encrypt(Key{})
			t.line("#EXT-X-MAP:URI=\"", s.Map, "\"")
		}
	}
	t.encrypt(s.Key)
	if !s.ProgramDateTime.IsZero() {
		t.line("#EXT-X-PROGRAM-DATE-TIME:")
		t.Write(t.clock.append(t.AvailableBuffer(), s.ProgramDateTime))
	}
	if s.Gap {
		t.line("#EXT-X-GAP")
	}
	// Behind the tags that hold for the parts as well (RFC 8216bis §4.4.4.9).
	for i := range s.Parts {
		t.line()
		s.Parts[i].write(&t.Buffer)
	}
	if t.Len() == 0 {
		return nil
	}
	return &t.Buffer
}

// encrypt prints the key from here on, where it is another.
func (t *segmentTags) encrypt(k Key) {
	if k == t.key {
		return
	}
	t.key = k
	if k.URI == "" {
		t.line("#EXT-X-KEY:METHOD=NONE")
		return
	}
	t.line("#EXT-X-KEY:METHOD=AES-128,URI=\"", k.URI, "\",IV=0x", hex.EncodeToString(k.IV[:]))
}

func (t *segmentTags) line(parts ...string) {
	if t.Len() > 0 {
		t.WriteByte('\n')
	}
	for _, p := range parts {
		t.WriteString(p)
	}
}
