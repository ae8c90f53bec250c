package play

import (
	"errors"
	"strings"
)

// errName says that a path names nothing that could exist.
var errName = errors.New("no such file")

// kind is what a path under a channel or an asset asks for.
type kind uint8

const (
	masterPlaylist kind = iota + 1 // index.m3u8, {view}.m3u8
	monoPlaylist                   // mono.m3u8, mono-{view}.m3u8, mono-{rendition}[-{view}].m3u8: one muxed MPEG-TS variant
	trackPlaylist                  // {view}/{stream}.m3u8: one track as CMAF, or as WebVTT where it is text
	iframePlaylist                 // {view}/iframe-{stream}.m3u8: its key pictures alone
	tsSegment                      // seg-{hour}-{seq}[-{rendition}].ts
	trackSegment                   // seg-{hour}-{seq}-{stream}.m4s
	textSegment                    // seg-{hour}-{seq}-{stream}.vtt
	iframeSegment                  // iframe-{hour}-{seq}-{stream}.m4s: the segment's first picture, lasting as long as it
	partSegment                    // part-{run}-{seq}-{stream}-{n}.m4s: one of the parts of a low-latency segment
	trackInit                      // init-{version}-{track}.mp4
	keyFile                        // key-{id}.key
	sideFile                       // poster.jpg, thumbs.vtt, thumbs-{n}.jpg, text-{n}.vtt: what an asset has beside its timeline
	textPlaylist                   // {view}/text-{n}.m3u8: an asset's subtitles, a file of their own
	manifest                       // index.mpd, {view}.mpd: DASH
)

// name is a parsed path: what of a channel or an asset is asked for.
type name struct {
	kind kind
	view view
	stream
	hour    int64
	seq     uint64
	run     int64  // of the timeline, that a part is of
	part    int    // of a segment, from 0
	version string // of an init
	key     string // the id of the key a segment is encrypted with, or of the key itself; empty is in the clear
	side    side
	reload  reload
}

// plays says that who asks for it plays: a player asks for such a playlist again and again, or for one of a whole asset.
func (n *name) plays() bool {
	return n.kind == monoPlaylist || n.kind == trackPlaylist || n.kind == manifest
}

// stream is one of the streams that a timeline has at any time: a track of a rendition.
type stream struct {
	rendition string // of the house ladder, such as 720p; empty is the main one
	track     int    // from 1; 0 is all of them, muxed
}

// maxPath bounds what is looked at of a path.
const maxPath = 128

// parseName reads the part of a path behind the channel (and its token). Only names that this package writes itself, and
// their aliases, are understood: nothing from a path ever becomes a file name.
func parseName(path string) (name, error) {
	if len(path) > maxPath {
		return name{}, errName
	}
	if first, rest, ok := strings.Cut(path, "-"); ok && !strings.Contains(first, "/") {
		switch first {
		case "seg":
			return parseSegment(rest)
		case "part":
			return parsePart(rest)
		case "iframe":
			return parseIFrame(rest)
		case "init":
			return parseInit(rest)
		case "key":
			return parseKey(rest)
		}
	}
	if rest, ok := strings.CutSuffix(path, ".m3u8"); ok {
		return parsePlaylist(rest)
	}
	if rest, ok := strings.CutSuffix(path, ".mpd"); ok {
		return parseManifest(rest)
	}
	return parseSide(path)
}

// parsePlaylist reads a playlist's name without its ending.
func parsePlaylist(s string) (name, error) {
	switch s {
	case "index":
		return name{kind: masterPlaylist}, nil
	case "mono", "video":
		return name{kind: monoPlaylist}, nil
	}
	dir, file, found := strings.Cut(s, "/")
	if found {
		return parseChild(dir, file)
	}
	if n, ok := parseAlias(s); ok {
		return n, nil
	}
	if mono, found := strings.CutPrefix(s, "mono-"); found {
		return parseMono(mono)
	}
	v, err := parseView(s)
	return name{kind: masterPlaylist, view: v}, err
}

// parseMono reads what stands behind "mono-": a view, a rendition, or a rendition with a view behind it.
func parseMono(s string) (name, error) {
	n := name{kind: monoPlaylist}
	var err error
	if n.view, err = parseView(s); err == nil {
		return n, nil
	}
	rendition, rest, found := strings.Cut(s, "-")
	if !isRendition(rendition) {
		return name{}, errName
	}
	n.rendition = rendition
	if found {
		n.view, err = parseView(rest)
		return n, err
	}
	return n, nil
}

// parseChild reads a playlist that a multivariant playlist lists.
func parseChild(dir, file string) (name, error) {
	n := name{kind: trackPlaylist}
	if dir != live.name() && dir != whole.name() {
		v, err := parseView(dir)
		if err != nil || v.mode == absolute {
			return name{}, errName // An absolute delay has become a relative one before there are children.
		}
		n.view = v
	} else if dir == whole.name() {
		n.view.mode = whole
	}
	if rest, ok := strings.CutPrefix(file, "iframe-"); ok {
		n.kind, file = iframePlaylist, rest
	} else if rest, ok := strings.CutPrefix(file, "text-"); ok {
		n.kind = textPlaylist
		i := parseNumber(rest, maxTexts)
		if i < 1 {
			return name{}, errName
		}
		n.side = side{of: sideText, n: int(i)}
		return n, nil
	}
	var err error
	n.stream, err = parseStream(file)
	return n, err
}
