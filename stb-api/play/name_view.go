package play

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

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
	delayed        // as live was some seconds ago
	absolute       // as live was at an instant, and going on from there: sent on to delayed
	whole          // all of a closed timeline
)

// name is the view's name in URLs where the mode alone makes one.
func (m mode) name() string {
	if m == whole {
		return "all"
	}
	return "live"
}

// String is the view's name in URLs.
func (v view) String() string {
	switch v.mode {
	case rewind:
		return "rewind-" + strconv.FormatInt(v.seconds, 10)
	case archive:
		return fmt.Sprintf("archive-%d-%d", v.from, v.seconds)
	case startOver:
		return fmt.Sprintf("archive-%d-now", v.from)
	case delayed:
		return "timeshift_rel-" + strconv.FormatInt(v.seconds, 10)
	case absolute:
		return "timeshift_abs-" + strconv.FormatInt(v.from, 10)
	case live, whole:
	}
	return v.mode.name()
}

// Limits of what a path may ask for.
const (
	maxSeconds = 31 * 24 * 3600
	maxUnix    = 1 << 40
)

// parseView reads the name of a view that has numbers in it.
func parseView(s string) (view, error) {
	kind, rest, _ := strings.Cut(s, "-")
	switch kind {
	case "rewind":
		return counted(rewind, rest)
	case "timeshift_rel":
		return counted(delayed, rest)
	case "timeshift_abs":
		if from := parseNumber(rest, maxUnix); from >= 0 {
			return view{mode: absolute, from: from}, nil
		}
	case "archive":
		return parseRange(rest)
	}
	return view{}, errName
}

func counted(m mode, s string) (view, error) {
	if n := parseNumber(s, maxSeconds); n > 0 {
		return view{mode: m, seconds: n}, nil
	}
	return view{}, errName
}

// parseRange reads {utc}-{seconds} and {utc}-now.
func parseRange(s string) (view, error) {
	from, length, ok := strings.Cut(s, "-")
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

// long says that a view covers so much that making its playlist is work.
func (v view) long(now time.Time) bool {
	const hours = 6 * 3600
	switch v.mode {
	case rewind, archive:
		return v.seconds > hours
	case startOver:
		return now.Unix()-v.from > hours
	case live, delayed, absolute, whole:
	}
	return false
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
	case live, delayed, absolute, whole:
	}
	return time.Time{}, time.Time{}
}
