package hls

import (
	"errors"
	"fmt"
	"time"
)

// document is a playlist of either kind.
type document struct {
	variants   []variant
	renditions []rendition
	media      *playlist // nil in a multivariant playlist
}

// variant is one EXT-X-STREAM-INF.
type variant struct {
	uri           string
	bandwidth     uint64
	codecs        []string
	width, height uint64
	audio         string // group
}

// rendition is one EXT-X-MEDIA.
type rendition struct {
	kind, group, language, uri string
	isDefault, autoselect      bool
}

// playlist is a media playlist.
type playlist struct {
	target   time.Duration
	sequence uint64 // of the first segment
	ended    bool
	film     bool // EXT-X-PLAYLIST-TYPE:VOD
	segments []segment
}

// end is the media sequence number behind the last segment.
func (p *playlist) end() uint64 { return p.sequence + uint64(len(p.segments)) }

// at is the segment of a media sequence number that the list has.
func (p *playlist) at(sequence uint64) *segment { return &p.segments[sequence-p.sequence] }

// left is how much media the list has from a media sequence number on.
func (p *playlist) left(sequence uint64) (d time.Duration) {
	for n := max(sequence, p.sequence); n < p.end(); n++ {
		d += p.at(n).duration
	}
	return d
}

// before is the media sequence number at which to begin so that at least some time of media is left, or the first.
func (p *playlist) before(d time.Duration) uint64 {
	n := p.end()
	for sum := time.Duration(0); n > p.sequence && sum < d; {
		n--
		sum += p.at(n).duration
	}
	return n
}

// segment is one segment of a media playlist.
type segment struct {
	uri           string
	duration      time.Duration
	sequence      uint64
	epoch         uint64 // discontinuity sequence number
	discontinuity bool
	gap           bool
	wall          time.Time // of its beginning, where it is told
	part          byteRange
	key           *key
	init          *initial
}

// byteRange is a part of a resource; of no length it is all of it.
type byteRange struct{ offset, length int64 }

// key is one EXT-X-KEY.
type key struct {
	method, uri, format string
	iv                  []byte // nil where it is the media sequence number
}

// initial is one EXT-X-MAP.
type initial struct {
	uri  string
	part byteRange
	key  *key
}

// Bounds of what is read of a playlist. An event of a day in segments of 2 seconds with signed addresses takes about 15 MB.
const (
	maxPlaylist = 16 << 20
	maxLine     = 16 << 10
	maxSegments = 100_000
	maxVariants = 256
	maxDuration = time.Hour        // of a segment
	maxTarget   = 30 * time.Second // that lists are waited for by
)

// errChannelList means that the address leads to a list of channels, as set-top boxes read them.
var errChannelList = errors.New("this is a list of channels (M3U), not a stream: take the address of one channel out of it")

// SyntaxError tells what is wrong with a playlist, and where.
type SyntaxError struct {
	Line   int
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("playlist, line %d: %s", e.Line, e.Reason) }
