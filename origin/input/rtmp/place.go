package rtmp

import (
	"net/url"
	"strings"

	"podium.tv/podium/origin/input/publish"
)

// place is where an encoder wants to publish, and by which key.
type place struct {
	feed string // empty where it cannot be a feed's name: it could be a key in the wrong field, and is not logged
	key  string
}

// placeOf reads what encoders have people type in two fields, or in one address:
//
//	rtmp://HOST/FEED          KEY              OBS, vMix
//	rtmp://HOST/live          FEED?key=KEY     OBS, encoders that want an application's name
//	rtmp://HOST/live/FEED     KEY
//	rtmp://HOST/live/FEED?key=KEY              FFmpeg, Larix: the last part is the name of the stream
//	rtmp://HOST/FEED?key=KEY                   all of it is the application
//
// The application comes with the connect command, the name of the stream with the publish command.
func placeOf(app, name string) place {
	app, appQuery, _ := strings.Cut(app, "?")
	plain, nameQuery, _ := strings.Cut(name, "?")
	parts := split(app)
	key := keyIn(nameQuery)
	if key == "" {
		key = keyIn(appQuery)
	}
	switch {
	case key != "":
		parts = append(parts, split(plain)...)
	case name != "":
		key = name // All of it: a key may have any characters.
	case len(parts) > 1:
		key, parts = parts[len(parts)-1], parts[:len(parts)-1]
	}
	if len(parts) == 2 && parts[0] == "live" {
		parts = parts[1:]
	}
	if len(parts) != 1 || !publish.ValidFeed(parts[0]) {
		return place{key: key}
	}
	return place{feed: parts[0], key: key}
}

func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

func keyIn(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	return values.Get("key")
}

// clip bounds what a stranger has us log, and leaves out what is not to be read.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == 0xFFFD {
			return -1
		}
		return r
	}, s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}
