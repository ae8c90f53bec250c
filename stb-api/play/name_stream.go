package play

import (
	"strconv"
	"strings"

	"podium.tv/podium/packager/media"
)

// longestRendition bounds a rendition's name. The id of a key with its k is longer: a name never has two readings.
const longestRendition = 16

// isRendition says whether s can be the name of one of the house ladder's renditions.
func isRendition(s string) bool {
	if s == "" || len(s) > longestRendition || s == live.name() || s == whole.name() || s == "mono" {
		return false
	}
	letters := 0
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
		if c > '9' {
			letters++
		}
	}
	return letters > 0
}

// parseStream reads {track} or {rendition}.{track}.
func parseStream(s string) (stream, error) {
	rendition, track, found := strings.Cut(s, ".")
	if !found {
		rendition, track = "", s
	} else if !isRendition(rendition) {
		return stream{}, errName
	}
	n := parseNumber(track, media.MaxTracks)
	if n < 1 {
		return stream{}, errName
	}
	return stream{rendition: rendition, track: int(n)}, nil
}

// append appends the stream's name in URLs; a muxed one has none but its rendition's.
func (s stream) append(dst []byte) []byte {
	dst = append(dst, s.rendition...)
	if s.track == 0 {
		return dst
	}
	if s.rendition != "" {
		dst = append(dst, '.')
	}
	return strconv.AppendInt(dst, int64(s.track), 10)
}

// String is the stream's name in URLs.
func (s stream) String() string { return string(s.append(nil)) }
