package playlist

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/grafov/m3u8"
)

// Lines writes the lines of segments that follow each other, byte for byte as Media does (a property test holds that), at a
// twentieth of the cost: the playlist of a week has 150,000 of them. What low-latency playlists have besides it does not write.
type Lines struct {
	last  string // the map in force
	key   Key    // the key in force
	clock clock
}

// Append appends the lines of a segment; uri is its URI in place of the segment's own.
func (l *Lines) Append(dst []byte, s *Segment, uri []byte) []byte {
	if s.Discontinuity {
		dst = append(dst, "#EXT-X-DISCONTINUITY\n"...)
	}
	if s.Map != l.last {
		l.last = s.Map
		if s.Map != "" {
			dst = l.encrypt(dst, &Key{})
			dst = append(append(append(dst, "#EXT-X-MAP:URI=\""...), s.Map...), "\"\n"...)
		}
	}
	dst = l.encrypt(dst, &s.Key)
	if !s.ProgramDateTime.IsZero() {
		dst = append(dst, "#EXT-X-PROGRAM-DATE-TIME:"...)
		dst = append(l.clock.append(dst, s.ProgramDateTime), '\n')
	}
	if s.Gap {
		dst = append(dst, "#EXT-X-GAP\n"...)
	}
	dst = append(dst, "#EXTINF:"...)
	milli := s.Duration.Round(time.Millisecond).Milliseconds()
	dst = strconv.AppendInt(dst, milli/1000, 10)
	milli %= 1000
	dst = append(dst, '.', byte('0'+milli/100), byte('0'+milli/10%10), byte('0'+milli%10), ',', '\n')
	return append(append(dst, uri...), '\n')
}

// encrypt prints the key from here on, where it is another.
func (l *Lines) encrypt(dst []byte, k *Key) []byte {
	if *k == l.key {
		return dst
	}
	l.key = *k
	if k.URI == "" {
		return append(dst, "#EXT-X-KEY:METHOD=NONE\n"...)
	}
	dst = append(append(append(dst, "#EXT-X-KEY:METHOD=AES-128,URI=\""...), k.URI...), "\",IV=0x"...)
	return append(hex.AppendEncode(dst, k.IV[:]), '\n')
}

// Check says what would break the lines of a segment with that URI.
func (s *Segment) Check(uri []byte) error {
	one := Media{TargetDuration: time.Second, Segments: []Segment{*s}}
	one.Segments[0].URI = string(uri)
	return one.check()
}

// AppendHead appends all lines before those of the first segment. Maps says whether any segment has one: the segments
// themselves are not looked at.
func (m *Media) AppendHead(dst []byte, maps bool) ([]byte, error) {
	head := *m
	head.Segments = nil
	if maps {
		head.Segments = []Segment{{URI: "a", Map: "a"}}
	}
	if err := head.check(); err != nil {
		return dst, err
	}
	version := head.version()
	head.Segments = nil
	return head.appendHead(dst, version)
}

// AppendEnd appends the lines behind those of the last segment.
func (m *Media) AppendEnd(dst []byte) []byte {
	if m.Closed {
		return append(dst, "#EXT-X-ENDLIST\n"...)
	}
	return dst
}

// Block is the lines of some segments that follow each other, for playlists to share: of all but the first, whose lines
// depend on what stands before it.
type Block struct {
	First    Segment
	FirstURI string
	Text     []byte
	// LastMap and LastKey are in force behind it.
	LastMap string
	LastKey Key
}

// AppendFirst appends the lines of a block's first segment. Its Text is to follow.
func (l *Lines) AppendFirst(dst []byte, b *Block) []byte {
	dst = l.Append(dst, &b.First, []byte(b.FirstURI))
	l.last, l.key = b.LastMap, b.LastKey
	return dst
}

// Add adds a segment to a block. The lines are the block's own, from its first segment on.
func (b *Block) Add(l *Lines, s *Segment, uri []byte) {
	if b.FirstURI == "" {
		b.First, b.FirstURI = *s, string(uri)
		l.last, l.key = s.Map, s.Key
	} else {
		b.Text = l.Append(b.Text, s, uri)
	}
	b.LastMap, b.LastKey = l.last, l.key
}

// appendHead has the library write the head, so that there is one place that knows it.
func (m *Media) appendHead(dst []byte, version int) ([]byte, error) {
	p, err := m3u8.NewMediaPlaylist(0, 0)
	if err != nil {
		return dst, fmt.Errorf("make media playlist: %w", err)
	}
	p.SetVersion(uint8(version))
	p.SeqNo = m.Sequence
	p.SetCustomTag(mediaHeader(m))
	p.TargetDuration = m.TargetDuration.Seconds()
	return append(dst, p.Encode().Bytes()...), nil
}
