package srt

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"podium.tv/podium/origin/input/srt/socket"
)

// StreamID is what a caller wants: to publish a feed, with the feed's key.
type StreamID struct {
	Feed, Key string
}

// StreamIDError says what is wrong with a stream id, and the code that tells the caller.
type StreamIDError struct {
	Reason socket.Reason
	text   string
}

// Error implements error.
func (e *StreamIDError) Error() string {
	return e.text + ": #!::r=FEED,m=publish,s=KEY is expected, or publish:FEED:KEY"
}

func unreadable(format string, args ...any) error {
	return &StreamIDError{socket.BadRequest, fmt.Sprintf(format, args...)}
}

func badMode(mode string) error {
	return &StreamIDError{socket.BadMode, fmt.Sprintf("stream id asks for mode %q, and Podium only takes streams in", clip(mode))}
}

const maxStreamID = 512 // draft-sharabayko-srt-01 §3.2.1.3

// ParseStreamID reads a stream id in one of these forms:
//
//	#!::r=FEED,m=publish,s=KEY     SRT access control; keys in any order, values may have %XX escapes
//	publish:FEED:KEY               short
//	publish:FEED:USER:KEY          as MediaMTX has it; the user does not matter
//	FEED?key=KEY                   plain
//
// Encoders that do not decode what stands in an address send #!:: as %23!::, which is understood too.
func ParseStreamID(s string) (StreamID, error) {
	switch {
	case s == "":
		return StreamID{}, unreadable("no stream id")
	case len(s) > maxStreamID:
		return StreamID{}, unreadable("stream id of %d bytes, at most %d", len(s), maxStreamID)
	case !printable(s):
		return StreamID{}, unreadable("stream id with characters that cannot be printed")
	}
	if strings.HasPrefix(strings.ToLower(s), "%23!") {
		decoded, err := url.PathUnescape(s)
		if err != nil || !printable(decoded) {
			return StreamID{}, unreadable("stream id with a broken escape")
		}
		s = decoded
	}
	switch {
	case strings.HasPrefix(s, "#!"):
		return accessControl(s)
	case strings.Contains(s, ":"):
		return colons(s)
	default:
		return plain(s, "")
	}
}

// accessControl reads Haivision's form, https://github.com/Haivision/srt/blob/master/docs/features/access-control.md.
func accessControl(s string) (StreamID, error) {
	list, ok := strings.CutPrefix(s, "#!::")
	if !ok {
		inner, nested := strings.CutPrefix(s, "#!:{")
		if list, ok = strings.CutSuffix(inner, "}"); !nested || !ok {
			return StreamID{}, unreadable("stream id begins with %q", clip(s[:min(len(s), 4)]))
		}
	}
	values := make(map[string]string)
	for pair := range strings.SplitSeq(list, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return StreamID{}, unreadable("stream id with %q in it, which is no key=value", clip(pair))
		}
		if _, twice := values[name]; twice {
			return StreamID{}, unreadable("stream id with %q twice", clip(name))
		}
		if decoded, err := url.PathUnescape(value); err == nil && printable(decoded) {
			value = decoded
		}
		values[name] = value
	}
	if m, given := values["m"]; given && m != "publish" {
		return StreamID{}, badMode(m)
	}
	if t, given := values["t"]; given && t != "stream" {
		return StreamID{}, unreadable("stream id of type %q, and stream is expected", clip(t))
	}
	key := values["s"]
	if key == "" {
		// Encoders with a field for a user and none for a session.
		key = values["u"]
	}
	return plain(values["r"], key)
}

// colons reads publish:FEED:KEY and publish:FEED:USER:KEY.
func colons(s string) (StreamID, error) {
	parts := strings.Split(s, ":")
	if parts[0] != "publish" {
		return StreamID{}, badMode(parts[0])
	}
	switch len(parts) {
	case 2:
		return plain(parts[1], "")
	case 3:
		return plain(parts[1], parts[2])
	case 4:
		return plain(parts[1], parts[3])
	default:
		return StreamID{}, unreadable("stream id with %d colons", len(parts)-1)
	}
}

// plain reads FEED, FEED?key=KEY and live/FEED.
func plain(s, key string) (StreamID, error) {
	feed, query, _ := strings.Cut(s, "?")
	if key == "" && query != "" {
		values, err := url.ParseQuery(query)
		if err != nil {
			return StreamID{}, unreadable("stream id with a broken query")
		}
		key = values.Get("key")
	}
	feed = strings.TrimPrefix(strings.Trim(feed, "/"), "live/")
	if feed == "" {
		return StreamID{}, unreadable("stream id that names no feed")
	}
	return StreamID{Feed: feed, Key: key}, nil
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "")
	}
	return s
}
