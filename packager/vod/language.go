package vod

import "golang.org/x/text/language"

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
