package vod

import (
	"strings"

	"golang.org/x/text/language"
)

// tag is the RFC 5646 tag of a language that a file names, often by three letters of ISO 639-2, or empty where it is
// none. Tags are as short as can be (RFC 5646 §2.2.1).
func tag(name string) string {
	if name == "" {
		return ""
	}
	t, err := language.Parse(name)
	if err != nil || t == language.Und {
		return ""
	}
	return t.String()
}

// languageName is what those who speak a language call it, for the languages of the house; for others it is the tag.
func languageName(tag string) string {
	base, rest, _ := strings.Cut(tag, "-")
	switch base {
	case "":
		return "字幕"
	case "zh":
		if strings.HasPrefix(rest, "Hant") || rest == "TW" || rest == "HK" {
			return "繁體中文"
		}
		return "中文"
	case "en":
		return "English"
	case "bo":
		return "བོད་ཡིག"
	case "ug":
		return "ئۇيغۇرچە"
	case "mn":
		return "Монгол"
	case "ja":
		return "日本語"
	case "ko":
		return "한국어"
	}
	return tag
}
