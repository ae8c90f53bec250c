package play

import (
	"strconv"
	"strings"

	"podium.tv/podium/packager/media"
)

// parseSegment reads what stands behind "seg-".
func parseSegment(s string) (name, error) {
	stem, ending := cutEnding(s)
	if numbered, ok := strings.CutPrefix(stem, "n"); ok {
		return parseNumbered(numbered, ending)
	}
	n, rest, err := parsePlace(stem)
	if err != nil {
		return name{}, err
	}
	switch ending {
	case "ts":
		n.kind = tsSegment
		if rest != "" && !isKey(rest) {
			n.rendition, rest, _ = strings.Cut(rest, "-")
			if !isRendition(n.rendition) {
				return name{}, errName
			}
		}
		return n.encrypted(stem, rest)
	case "m4s":
		n.kind = trackSegment
	case "vtt":
		n.kind = textSegment
	default:
		return name{}, errName
	}
	return n.ofStream(stem, rest)
}

// parseIFrame reads what stands behind "iframe-".
func parseIFrame(s string) (name, error) {
	stem, ending := cutEnding(s)
	if ending != "m4s" {
		return name{}, errName
	}
	n, rest, err := parsePlace(stem)
	if err != nil {
		return name{}, err
	}
	n.kind = iframeSegment
	return n.ofStream(stem, rest)
}

// cutEnding parts a file's name from its ending; a stream's name may have a point of its own.
func cutEnding(s string) (stem, ending string) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}

// parsePlace reads {hour}-{seq} and returns what stands behind it.
func parsePlace(s string) (name, string, error) {
	hour, rest, ok := strings.Cut(s, "-")
	seq, rest, _ := strings.Cut(rest, "-")
	n := name{hour: parseNumber(hour, maxUnix/3600)}
	s64 := parseNumber(seq, 1<<53)
	if !ok || n.hour < 0 || s64 < 0 {
		return name{}, "", errName
	}
	n.seq = uint64(s64)
	return n, rest, nil
}

// ofStream reads {stream}[-k{key}].
func (n name) ofStream(stem, rest string) (name, error) {
	s, rest, _ := strings.Cut(rest, "-")
	var err error
	if n.stream, err = parseStream(s); err != nil {
		return name{}, err
	}
	return n.encrypted(stem, rest)
}

// encrypted reads the k{key} that the name ends with, if anything is left.
func (n name) encrypted(stem, rest string) (name, error) {
	if stem[len(stem)-1] == '-' {
		return name{}, errName
	}
	if rest == "" {
		return n, nil
	}
	if !isKey(rest) {
		return name{}, errName
	}
	n.key = rest[1:]
	return n, nil
}

// isKey says whether s is a k with the id of a key behind it.
func isKey(s string) bool { return len(s) == 1+idLength && s[0] == 'k' && isID(s[1:]) }

// parseInit reads what stands behind "init-".
func parseInit(s string) (name, error) {
	rest, ok := strings.CutSuffix(s, ".mp4")
	if !ok {
		return name{}, errName
	}
	version, track, ok := strings.Cut(rest, "-")
	n := parseNumber(track, media.MaxTracks)
	if !ok || n < 1 || !isID(version) {
		return name{}, errName
	}
	return name{kind: trackInit, version: version, stream: stream{track: int(n)}}, nil
}

// parseKey reads what stands behind "key-".
func parseKey(s string) (name, error) {
	id, ok := strings.CutSuffix(s, ".key")
	if !ok || !isID(id) {
		return name{}, errName
	}
	return name{kind: keyFile, key: id}, nil
}

// idLength is the length of the version of an init and of the id of a key.
const idLength = 16

// isID says whether s is the version of an init or the id of a key: hexadecimal digits as we write them.
func isID(s string) bool {
	if len(s) != idLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// parseNumber reads decimal digits as we write them, nothing else; -1 where there is anything else or more than limit.
func parseNumber(s string, limit int64) int64 {
	if s == "" || len(s) > 16 || (s[0] == '0' && len(s) > 1) {
		return -1
	}
	var n int64
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	if n > limit {
		return -1
	}
	return n
}

// segmentName and its like write what parseName reads.
func segmentName(dst []byte, hour int64, seq uint64) []byte {
	return appendPlace(append(dst, "seg-"...), hour, seq)
}

func appendPlace(dst []byte, hour int64, seq uint64) []byte {
	dst = strconv.AppendInt(dst, hour, 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, seq, 10)
}

// appendForm appends what tells the forms of a segment apart: the stream, and the key if it is encrypted.
func appendForm(dst []byte, s stream, key string) []byte {
	if s != (stream{}) {
		dst = s.append(append(dst, '-'))
	}
	if key != "" {
		dst = append(append(dst, "-k"...), key...)
	}
	return dst
}

func initName(version string, track int) string {
	return "init-" + version + "-" + strconv.Itoa(track) + ".mp4"
}

func keyName(id string) string { return "key-" + id + ".key" }
