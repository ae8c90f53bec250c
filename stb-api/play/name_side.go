package play

import (
	"strconv"
	"strings"
)

// side is a file that an asset has beside its timeline.
type side struct {
	of sideKind
	n  int // which one, from 1, where there are several
}

type sideKind uint8

const (
	sidePoster sideKind = iota + 1 // poster.jpg
	sideThumbs                     // thumbs.vtt: which part of which sprite shows which time
	sideSprite                     // thumbs-{n}.jpg
	sideText                       // text-{n}.vtt: subtitles
)

// What an asset may have of each.
const (
	maxSprites = 10_000
	maxTexts   = 100
)

// String is the file's name in URLs.
func (s side) String() string {
	switch s.of {
	case sidePoster:
		return "poster.jpg"
	case sideThumbs:
		return "thumbs.vtt"
	case sideSprite:
		return "thumbs-" + strconv.Itoa(s.n) + ".jpg"
	case sideText:
		return "text-" + strconv.Itoa(s.n) + ".vtt"
	}
	return ""
}

// parseSide reads the name of a file beside the timeline.
func parseSide(path string) (name, error) {
	n := name{kind: sideFile}
	switch path {
	case "poster.jpg":
		n.side.of = sidePoster
		return n, nil
	case "thumbs.vtt":
		n.side.of = sideThumbs
		return n, nil
	}
	if rest, ok := between(path, "thumbs-", ".jpg"); ok {
		n.side = side{of: sideSprite, n: int(parseNumber(rest, maxSprites))}
	} else if rest, ok := between(path, "text-", ".vtt"); ok {
		n.side = side{of: sideText, n: int(parseNumber(rest, maxTexts))}
	}
	if n.side.n < 1 {
		return name{}, errName
	}
	return n, nil
}

// between is what stands between a beginning and an end.
func between(s, begin, end string) (string, bool) {
	s, ok := strings.CutPrefix(s, begin)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(s, end)
}
