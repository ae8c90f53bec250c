package strict

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxLine is the longest line a playlist may have, in bytes.
const MaxLine = 64 << 10

// ParseMedia reads a media playlist (RFC 8216bis §4). Tags it does not know are passed over; whatever is
// malformed, missing, doubled or in the wrong place is a *SyntaxError.
func ParseMedia(b []byte) (*Playlist, error) { return parse(b, false) }

// ParseUpdate reads a media playlist that may be a delta update: then Skipped segments are not among its Segments.
func ParseUpdate(b []byte) (*Playlist, error) { return parse(b, true) }

func parse(b []byte, delta bool) (*Playlist, error) {
	p := parser{list: new(Playlist), seen: map[string]bool{}, delta: delta}
	p.list.Version = 1
	if err := p.run(string(b)); err != nil {
		return nil, err
	}
	return p.list, nil
}

type parser struct {
	list  *Playlist
	delta bool // a delta update is taken as well
	line  int
	seen  map[string]bool // tags that may appear once

	next          Segment // what is known of the segment to come
	hasInf        bool
	pending       map[string]int // tags that wait for a segment, with their line
	keyURI        string
	mapURI        string
	mapKey        string // that was in force where the map stood
	keyAttributes map[string]attribute
	firstInf      int  // line of the first EXTINF
	fraction      bool // a duration has a decimal point
	mapLine       int
	rangeLine     int // line of the first EXT-X-BYTERANGE
	ranges        map[string]uint64
	iframes       bool
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Line: p.line, Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) run(text string) error {
	p.pending = map[string]int{}
	p.ranges = map[string]uint64{}
	for text != "" {
		p.line++
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		line = strings.TrimSuffix(line, "\r")
		if err := p.check(line); err != nil {
			return err
		}
		if p.line == 1 {
			if line != "#EXTM3U" {
				return p.fail("expected #EXTM3U, found %q", clip(line))
			}
			continue
		}
		var err error
		switch {
		case line == "":
		case strings.HasPrefix(line, "#EXT"):
			err = p.tag(line)
		case line[0] == '#': // A comment.
		default:
			err = p.uri(line)
		}
		if err != nil {
			return err
		}
	}
	return p.finish()
}

// check refuses what no line may have (§4.1).
func (p *parser) check(line string) error {
	if len(line) > MaxLine {
		return p.fail("line of %d bytes, at most %d", len(line), MaxLine)
	}
	if !utf8.ValidString(line) {
		return p.fail("not UTF-8")
	}
	for _, r := range line {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\ufeff' {
			return p.fail("character %U is not allowed", r)
		}
	}
	return nil
}

func (p *parser) finish() error {
	if p.line == 0 {
		p.line = 1
		return p.fail("expected #EXTM3U, found nothing")
	}
	if p.hasInf {
		return p.fail("EXTINF without a URI at the end")
	}
	if len(p.next.Parts) > 0 { // The segment in the making of a low-latency playlist has its tags before its parts.
		making := p.next
		making.Line, making.Map, making.Key, making.Sequence = p.line, p.mapURI, p.keyURI, p.list.End()
		making.DiscontinuitySequence = p.discontinuities()
		p.list.Making = &making
	} else {
		first := &SyntaxError{Line: p.line + 1}
		for tag, line := range p.pending {
			if line < first.Line {
				*first = SyntaxError{Line: line, Reason: tag + " without a segment behind it"}
			}
		}
		if first.Line <= p.line {
			return first
		}
	}
	if !p.seen["EXT-X-TARGETDURATION"] {
		return p.fail("no EXT-X-TARGETDURATION")
	}
	if err := p.lowLatency(); err != nil {
		return err
	}
	return p.versions()
}

// versions checks that the playlist declares the version that it uses (§8).
func (p *parser) versions() error {
	need := func(line, version int, what string) error {
		if line == 0 || p.list.Version >= version {
			return nil
		}
		return &SyntaxError{Line: line, Reason: fmt.Sprintf("%s needs EXT-X-VERSION %d, found %d", what, version, p.list.Version)}
	}
	if p.fraction {
		if err := need(p.firstInf, 3, "a duration with a fraction"); err != nil {
			return err
		}
	}
	if err := need(p.rangeLine, 4, "EXT-X-BYTERANGE"); err != nil {
		return err
	}
	if p.iframes {
		if p.list.Version < 4 {
			return p.fail("EXT-X-I-FRAMES-ONLY needs EXT-X-VERSION 4, found %d", p.list.Version)
		}
		return need(p.mapLine, 5, "EXT-X-MAP")
	}
	return need(p.mapLine, 6, "EXT-X-MAP")
}

func (p *parser) uri(line string) error {
	if strings.TrimSpace(line) != line {
		return p.fail("white space around a URI")
	}
	if !p.hasInf {
		return p.fail("URI %q without EXTINF", clip(line))
	}
	s := p.next
	s.Line, s.URI, s.Map, s.Key = p.line, line, p.mapURI, p.keyURI
	s.MapKey = p.mapKey
	s.Sequence = p.list.End()
	if s.Sequence < p.list.MediaSequence {
		return p.fail("media sequence number overflows")
	}
	s.DiscontinuitySequence = p.discontinuities()
	if s.Range != "" {
		if err := p.resolveRange(&s); err != nil {
			return err
		}
	}
	p.list.Segments = append(p.list.Segments, s)
	p.next, p.hasInf = Segment{}, false
	clear(p.pending)
	return nil
}

// discontinuities is the next segment's discontinuity sequence number.
func (p *parser) discontinuities() uint64 {
	sequence := p.list.DiscontinuitySequence
	if n := len(p.list.Segments); n > 0 {
		sequence = p.list.Segments[n-1].DiscontinuitySequence
	}
	if p.next.Discontinuity {
		sequence++
	}
	return sequence
}

// tag reads one line that begins with #EXT.
func (p *parser) tag(line string) error {
	name, value, hasValue := strings.Cut(line[1:], ":")
	if strings.TrimSpace(name) != name {
		return p.fail("white space in tag %q", clip(name))
	}
	switch name {
	case "EXTM3U":
		return p.fail("a second EXTM3U")
	case "EXT-X-STREAM-INF", "EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-DATA", "EXT-X-SESSION-KEY", "EXT-X-CONTENT-STEERING":
		return p.fail("%s belongs in a multivariant playlist", name)
	}
	if name == "EXT-X-SKIP" && !p.delta {
		return p.fail("EXT-X-SKIP: expected a full playlist, found a delta update")
	}
	if header := headerForm(name); header.read != nil {
		if p.seen[name] {
			return p.fail("a second %s", name)
		}
		p.seen[name] = true
		return p.read(name, value, hasValue, header)
	}
	if tag := endForm(name); tag.read != nil {
		return p.read(name, value, hasValue, tag)
	}
	tag := segmentForm(name)
	if tag.read == nil {
		return nil
	}
	if len(p.next.Parts) > 0 && precedesParts(name) {
		return p.fail("%s behind the segment's first EXT-X-PART", name)
	}
	if tag.once {
		if line, twice := p.pending[name]; twice {
			return p.fail("a second %s for one segment, the first is on line %d", name, line)
		}
		p.pending[name] = p.line
	}
	return p.read(name, value, hasValue, tag)
}

func (p *parser) read(name, value string, hasValue bool, f form) error {
	switch {
	case f.value && !hasValue:
		return p.fail("%s: expected a value", name)
	case !f.value && hasValue:
		return p.fail("%s: expected no value", name)
	}
	return f.read(p, value)
}

// form is how a tag is read.
type form struct {
	value bool // has a value behind a colon
	once  bool // at most once for a segment
	read  func(p *parser, value string) error
}

// headerForm is the form of a tag that a playlist has once; read is nil for others.
func headerForm(name string) form {
	switch name {
	case "EXT-X-VERSION":
		return form{value: true, read: (*parser).version}
	case "EXT-X-TARGETDURATION":
		return form{value: true, read: (*parser).target}
	case "EXT-X-MEDIA-SEQUENCE":
		return form{value: true, read: (*parser).mediaSequence}
	case "EXT-X-DISCONTINUITY-SEQUENCE":
		return form{value: true, read: (*parser).discontinuitySequence}
	case "EXT-X-PLAYLIST-TYPE":
		return form{value: true, read: (*parser).playlistType}
	case "EXT-X-START":
		return form{value: true, read: (*parser).start}
	case "EXT-X-ENDLIST":
		return flag(func(p *parser) *bool { return &p.list.Ended })
	case "EXT-X-I-FRAMES-ONLY":
		return flag(func(p *parser) *bool { p.list.IFrames = true; return &p.iframes })
	case "EXT-X-INDEPENDENT-SEGMENTS":
		return flag(func(p *parser) *bool { return &p.list.Independent })
	case "EXT-X-SERVER-CONTROL":
		return form{value: true, read: (*parser).serverControl}
	case "EXT-X-PART-INF":
		return form{value: true, read: (*parser).partInf}
	case "EXT-X-SKIP":
		return form{value: true, read: (*parser).skip}
	}
	return form{}
}

// segmentForm is the form of a tag that belongs to the segment that follows; read is nil for others.
func segmentForm(name string) form {
	switch name {
	case "EXTINF":
		return form{value: true, once: true, read: (*parser).inf}
	case "EXT-X-PROGRAM-DATE-TIME":
		return form{value: true, once: true, read: (*parser).programDateTime}
	case "EXT-X-BYTERANGE":
		return form{value: true, once: true, read: (*parser).byteRange}
	case "EXT-X-MAP":
		return form{value: true, once: true, read: (*parser).mapTag}
	case "EXT-X-KEY": // As many as there are key formats.
		return form{value: true, read: (*parser).key}
	case "EXT-X-PART":
		return form{value: true, read: (*parser).part}
	case "EXT-X-DISCONTINUITY":
		return flag(func(p *parser) *bool { return &p.next.Discontinuity })
	case "EXT-X-GAP":
		return flag(func(p *parser) *bool { return &p.next.Gap })
	}
	return form{}
}

// flag is the form of a tag that says yes by being there.
func flag(of func(p *parser) *bool) form {
	return form{once: true, read: func(p *parser, _ string) error {
		*of(p) = true
		return nil
	}}
}

func (p *parser) version(value string) error {
	n, err := p.integer(value)
	if err != nil {
		return err
	}
	if n < 1 || n > math.MaxInt32 {
		return p.fail("version %d: expected at least 1", n)
	}
	p.list.Version = int(n)
	return nil
}

func (p *parser) target(value string) error {
	n, err := p.integer(value)
	if err != nil {
		return err
	}
	if n > math.MaxInt64/uint64(time.Second) {
		return p.fail("target duration of %d seconds", n)
	}
	p.list.TargetDuration = time.Duration(n) * time.Second
	return nil
}

func (p *parser) mediaSequence(value string) error {
	if len(p.list.Segments) > 0 {
		return p.fail("EXT-X-MEDIA-SEQUENCE behind the first segment")
	}
	n, err := p.integer(value)
	p.list.MediaSequence = n
	return err
}

func (p *parser) discontinuitySequence(value string) error {
	if _, found := p.pending["EXT-X-DISCONTINUITY"]; found || len(p.list.Segments) > 0 {
		return p.fail("EXT-X-DISCONTINUITY-SEQUENCE behind the first segment or discontinuity")
	}
	n, err := p.integer(value)
	p.list.DiscontinuitySequence = n
	return err
}

func (p *parser) playlistType(value string) error {
	if value != "EVENT" && value != "VOD" {
		return p.fail("playlist type %q: expected EVENT or VOD", clip(value))
	}
	p.list.Type = value
	return nil
}

func (p *parser) start(value string) error {
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	offset, found := attributes["TIME-OFFSET"]
	if !found {
		return p.fail("EXT-X-START without TIME-OFFSET")
	}
	digits, negative := strings.CutPrefix(offset.text, "-")
	d, err := p.seconds(digits)
	if err != nil {
		return err
	}
	if negative {
		d = -d
	}
	p.list.StartOffset = &d
	if precise, found := attributes["PRECISE"]; found && precise.text != "YES" && precise.text != "NO" {
		return p.fail("PRECISE %q: expected YES or NO", clip(precise.text))
	}
	return nil
}

func (p *parser) inf(value string) error {
	duration, title, comma := strings.Cut(value, ",")
	if !comma {
		return p.fail("EXTINF without a comma behind the duration")
	}
	d, err := p.seconds(duration)
	if err != nil {
		return err
	}
	if strings.Contains(duration, ".") && !p.fraction {
		p.fraction, p.firstInf = true, p.line
	}
	p.next.Duration, p.next.Title, p.hasInf = d, title, true
	return nil
}

func (p *parser) programDateTime(value string) error {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return p.fail("date and time %q: expected ISO 8601 with a time zone", clip(value))
	}
	p.next.ProgramDateTime = t
	return nil
}

func (p *parser) byteRange(value string) error {
	if p.rangeLine == 0 {
		p.rangeLine = p.line
	}
	length, offset, hasOffset := strings.Cut(value, "@")
	if _, err := p.integer(length); err != nil {
		return err
	}
	if hasOffset {
		if _, err := p.integer(offset); err != nil {
			return err
		}
	}
	p.next.Range = value
	return nil
}

// resolveRange completes a byte range that continues the one before it (§4.4.4.2).
func (p *parser) resolveRange(s *Segment) error {
	length, offset, found := strings.Cut(s.Range, "@")
	n, err := p.integer(length)
	if err != nil {
		return err
	}
	var from uint64
	if found {
		if from, err = p.integer(offset); err != nil {
			return err
		}
	} else if from, found = p.ranges[s.URI]; !found {
		return p.fail("byte range %q without an offset, and no range of the same URI before it", s.Range)
	}
	if from+n < from {
		return p.fail("byte range %q overflows", s.Range)
	}
	clear(p.ranges) // Only the segment right before it counts.
	p.ranges[s.URI] = from + n
	s.Range = fmt.Sprintf("%d@%d", n, from)
	return nil
}

func (p *parser) mapTag(value string) error {
	if p.mapLine == 0 {
		p.mapLine = p.line
	}
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	uri, found := attributes["URI"]
	if !found || !uri.quoted || uri.text == "" {
		return p.fail("EXT-X-MAP: expected a quoted URI")
	}
	p.mapURI = uri.text
	if r, found := attributes["BYTERANGE"]; found {
		if !r.quoted {
			return p.fail("EXT-X-MAP: expected a quoted BYTERANGE")
		}
		p.mapURI += "@" + r.text
	}
	// Whether a player decrypts an init depends on where the key stands (§4.4.4.4, §4.4.4.5); ours are in the clear.
	if p.keyURI != "" {
		if _, found := p.keyAttributes["IV"]; !found {
			return p.fail("EXT-X-MAP under an EXT-X-KEY without IV")
		}
	}
	p.mapKey = p.keyURI
	return nil
}

func (p *parser) key(value string) error {
	attributes, err := p.attributes(value)
	if err != nil {
		return err
	}
	method, found := attributes["METHOD"]
	if !found || method.quoted {
		return p.fail("EXT-X-KEY: expected METHOD")
	}
	uri, found := attributes["URI"]
	if method.text == "NONE" {
		if len(attributes) > 1 {
			return p.fail("EXT-X-KEY: METHOD=NONE stands alone")
		}
		p.keyURI = ""
		return nil
	}
	if !found || !uri.quoted || uri.text == "" {
		return p.fail("EXT-X-KEY: expected a quoted URI")
	}
	if iv, found := attributes["IV"]; found && !isHex(iv.text, 32) {
		return p.fail("EXT-X-KEY: IV %q: expected 0x and up to 32 digits", clip(iv.text))
	}
	p.keyURI, p.keyAttributes = value, attributes
	return nil
}

// clip shortens what is shown of a bad line.
func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "..."
}
