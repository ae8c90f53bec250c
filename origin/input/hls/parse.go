package hls

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// parser reads a playlist (RFC 8216bis §4). It is lenient where portals are sloppy and players do not mind, and strict where
// something else would be played than was meant.
type parser struct {
	doc  document
	list playlist
	line int

	isMedia, isMaster bool
	next              segment
	hasDuration       bool
	epoch             uint64
	wall              time.Time
	identity, other   *key // that are in force
	init              *initial
	stream            *variant // that waits for its URI
	ends              map[string]int64
}

// parse reads a playlist of either kind.
func parse(text []byte) (*document, error) {
	p := parser{ends: map[string]int64{}}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for len(text) > 0 {
		p.line++
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		if len(line) > maxLine {
			return nil, p.fail("%d bytes, expected at most %d", len(line), maxLine)
		}
		s := strings.TrimSpace(string(line))
		if p.line == 1 {
			if s != "#EXTM3U" && !strings.HasPrefix(s, "#EXTM3U ") {
				return nil, &SyntaxError{Line: 1, Reason: "expected #EXTM3U, found " + begins(line)}
			}
			continue
		}
		if err := p.read(s); err != nil {
			return nil, err
		}
	}
	return p.finish()
}

// begins words what stands at the beginning of something that is no playlist.
func begins(line []byte) string {
	line = bytes.TrimSpace(line)
	switch lower := bytes.ToLower(line[:min(len(line), 16)]); {
	case len(line) == 0:
		return "nothing"
	case bytes.HasPrefix(lower, []byte("<!doctype")), bytes.HasPrefix(lower, []byte("<html")):
		return "a web page: take the address of the stream itself, which mostly ends in .m3u8"
	case bytes.HasPrefix(lower, []byte("<?xml")), bytes.HasPrefix(lower, []byte("<mpd")):
		return "XML: only HLS is read, DASH is not"
	}
	return fmt.Sprintf("%q", line[:min(len(line), 32)])
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Line: p.line, Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) finish() (*document, error) {
	switch {
	case p.line == 0:
		return nil, &SyntaxError{Line: 1, Reason: "expected #EXTM3U, found nothing"}
	case p.isMaster && p.isMedia:
		return nil, p.fail("it lists variants and segments at once")
	case p.isMaster && len(p.doc.variants) == 0:
		return nil, p.fail("it lists renditions and no variant")
	case p.isMaster:
		return &p.doc, nil
	}
	if p.list.target <= 0 {
		for i := range p.list.segments {
			p.list.target = max(p.list.target, p.list.segments[i].duration)
		}
	}
	p.list.target = min(max(p.list.target, time.Second), maxTarget)
	p.doc.media = &p.list
	return &p.doc, nil
}

func (p *parser) read(s string) error {
	switch {
	case s == "":
		return nil
	case strings.HasPrefix(s, "#EXT"):
		name, value, _ := strings.Cut(s[1:], ":")
		return p.tag(name, strings.TrimSpace(value))
	case s[0] == '#':
		return nil
	}
	if strings.Contains(s, "{$") {
		return p.fail("variables (EXT-X-DEFINE) are not read")
	}
	if p.stream != nil {
		p.stream.uri = s
		if len(p.doc.variants) < maxVariants {
			p.doc.variants = append(p.doc.variants, *p.stream)
		}
		p.stream = nil
		return nil
	}
	return p.uri(s)
}

// uri takes a segment.
func (p *parser) uri(s string) error {
	if !p.hasDuration {
		return p.fail("an address without EXTINF before it")
	}
	if len(p.list.segments) == maxSegments {
		return p.fail("more than %d segments", maxSegments)
	}
	n := p.next
	n.uri, n.sequence, n.epoch, n.init = s, p.list.end(), p.epoch, p.init
	n.key = p.key()
	if n.part.length > 0 {
		if n.part.offset < 0 {
			n.part.offset = p.ends[s]
		}
		p.ends[s] = n.part.offset + n.part.length
	}
	if n.wall.IsZero() && !n.discontinuity {
		n.wall = p.wall
	}
	p.wall = time.Time{}
	if !n.wall.IsZero() {
		p.wall = n.wall.Add(n.duration)
	}
	p.list.segments = append(p.list.segments, n)
	p.next, p.hasDuration = segment{}, false
	return nil
}

// key is the one to decrypt with, or one that says why that cannot be.
func (p *parser) key() *key {
	if p.identity != nil {
		return p.identity
	}
	return p.other
}

func (p *parser) tag(name, value string) error {
	if slices.Contains([]string{"EXT-X-STREAM-INF", "EXT-X-MEDIA"}, name) {
		p.isMaster = true
		return p.masterTag(name, value)
	}
	var err error
	switch name {
	case "EXTINF":
		p.isMedia, p.hasDuration = true, true
		p.next.duration, err = p.duration(value)
	case "EXT-X-TARGETDURATION":
		p.isMedia = true
		p.list.target, err = p.seconds(value)
	case "EXT-X-MEDIA-SEQUENCE":
		p.isMedia = true
		if len(p.list.segments) > 0 {
			return p.fail("EXT-X-MEDIA-SEQUENCE behind the first segment")
		}
		p.list.sequence, err = p.integer(value)
	case "EXT-X-DISCONTINUITY-SEQUENCE":
		if len(p.list.segments) == 0 {
			p.epoch, err = p.integer(value)
		}
	case "EXT-X-DISCONTINUITY":
		p.next.discontinuity = true
		p.epoch++
	case "EXT-X-GAP":
		p.next.gap = true
	case "EXT-X-PROGRAM-DATE-TIME":
		p.next.wall = wallTime(value)
	case "EXT-X-BYTERANGE":
		p.next.part, err = p.byteRange(value)
	case "EXT-X-ENDLIST":
		p.isMedia, p.list.ended = true, true
	case "EXT-X-PLAYLIST-TYPE":
		p.list.film = value == "VOD"
	case "EXT-X-KEY":
		err = p.keyTag(value)
	case "EXT-X-MAP":
		err = p.mapTag(value)
	case "EXT-X-SKIP":
		return p.fail("a delta update, which was not asked for")
	}
	return err
}
