package play

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// errName says that a path names nothing that could exist.
var errName = errors.New("no such file")

// kind is what a path under a channel asks for.
type kind uint8

const (
	masterPlaylist kind = iota + 1 // index.m3u8, {view}.m3u8
	monoPlaylist                   // mono.m3u8, mono-{view}.m3u8: one muxed MPEG-TS variant
	trackPlaylist                  // {view}/{track}.m3u8: one track as CMAF
	tsSegment                      // seg-{hour}-{seq}.ts
	trackSegment                   // seg-{hour}-{seq}-{track}.m4s
	trackInit                      // init-{version}-{track}.mp4
)

// name is a parsed path: what of a channel is asked for.
type name struct {
	kind    kind
	view    view
	hour    int64
	seq     uint64
	track   int // from 1
	version string
}

// view is a way of looking at a timeline.
type view struct {
	mode    mode
	from    int64 // Unix seconds
	seconds int64
}

type mode uint8

const (
	live      mode = iota
	rewind         // the last seconds, growing and sliding
	archive        // from an instant for some seconds
	startOver      // from an instant, still growing
)

// String is the view's name in URLs.
func (v view) String() string {
	switch v.mode {
	case rewind:
		return "rewind-" + strconv.FormatInt(v.seconds, 10)
	case archive:
		return fmt.Sprintf("archive-%d-%d", v.from, v.seconds)
	case startOver:
		return fmt.Sprintf("archive-%d-now", v.from)
	case live:
	}
	return "live"
}

// Limits of what a path may ask for.
const (
	maxSeconds = 31 * 24 * 3600
	maxUnix    = 1 << 40
)

// parseName reads the part of a path behind the channel (and its token). Only names that this package writes itself
// are understood: nothing from a path ever becomes a file name.
func parseName(path string) (name, error) {
	if len(path) > 128 {
		return name{}, errName
	}
	switch path {
	case "index.m3u8":
		return name{kind: masterPlaylist}, nil
	case "mono.m3u8":
		return name{kind: monoPlaylist}, nil
	}
	if rest, ok := strings.CutPrefix(path, "seg-"); ok {
		return parseSegment(rest)
	}
	if rest, ok := strings.CutPrefix(path, "init-"); ok {
		return parseInit(rest)
	}
	rest, ok := strings.CutSuffix(path, ".m3u8")
	if !ok {
		return name{}, errName
	}
	if dir, track, found := strings.Cut(rest, "/"); found {
		v, err := parseView(dir, true)
		n := parseNumber(track, 8)
		if err != nil || n < 1 {
			return name{}, errName
		}
		return name{kind: trackPlaylist, view: v, track: int(n)}, nil
	}
	k := masterPlaylist
	if mono, found := strings.CutPrefix(rest, "mono-"); found {
		k, rest = monoPlaylist, mono
	}
	v, err := parseView(rest, false)
	return name{kind: k, view: v}, err
}

func parseView(s string, child bool) (view, error) {
	if child && s == "live" {
		return view{}, nil
	}
	if rest, ok := strings.CutPrefix(s, "rewind-"); ok {
		if n := parseNumber(rest, maxSeconds); n > 0 {
			return view{mode: rewind, seconds: n}, nil
		}
		return view{}, errName
	}
	rest, ok := strings.CutPrefix(s, "archive-")
	if !ok {
		return view{}, errName
	}
	from, length, ok := strings.Cut(rest, "-")
	utc := parseNumber(from, maxUnix)
	if !ok || utc < 0 {
		return view{}, errName
	}
	if length == "now" {
		return view{mode: startOver, from: utc}, nil
	}
	if n := parseNumber(length, maxSeconds); n > 0 {
		return view{mode: archive, from: utc, seconds: n}, nil
	}
	return view{}, errName
}

func parseSegment(s string) (name, error) {
	n := name{kind: tsSegment}
	rest, ok := strings.CutSuffix(s, ".ts")
	if !ok {
		if rest, ok = strings.CutSuffix(s, ".m4s"); !ok {
			return name{}, errName
		}
		n.kind = trackSegment
		i := strings.LastIndexByte(rest, '-')
		if i < 0 {
			return name{}, errName
		}
		n.track = int(parseNumber(rest[i+1:], 8))
		if n.track < 1 {
			return name{}, errName
		}
		rest = rest[:i]
	}
	hour, seq, ok := strings.Cut(rest, "-")
	n.hour = parseNumber(hour, maxUnix/3600)
	s64 := parseNumber(seq, 1<<53)
	if !ok || n.hour < 0 || s64 < 0 {
		return name{}, errName
	}
	n.seq = uint64(s64)
	return n, nil
}

func parseInit(s string) (name, error) {
	rest, ok := strings.CutSuffix(s, ".mp4")
	if !ok {
		return name{}, errName
	}
	version, track, ok := strings.Cut(rest, "-")
	n := parseNumber(track, 8)
	if !ok || n < 1 || !isVersion(version) {
		return name{}, errName
	}
	return name{kind: trackInit, version: version, track: int(n)}, nil
}

func isVersion(s string) bool {
	if len(s) != 16 {
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
	dst = append(dst, "seg-"...)
	dst = strconv.AppendInt(dst, hour, 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, seq, 10)
}

// long says that a view covers so much that making its playlist is work.
func (v view) long(now time.Time) bool {
	const hours = 6 * 3600
	return v.seconds > hours || (v.mode == startOver && now.Unix()-v.from > hours)
}

// span is the time a view covers at an instant; to is zero where it grows.
func (v view) span(now time.Time) (from, to time.Time) {
	switch v.mode {
	case rewind:
		return now.Add(-time.Duration(v.seconds) * time.Second), time.Time{}
	case startOver:
		return time.Unix(v.from, 0).UTC(), time.Time{}
	case archive:
		from = time.Unix(v.from, 0).UTC()
		return from, from.Add(time.Duration(v.seconds) * time.Second)
	case live:
	}
	return time.Time{}, time.Time{}
}
