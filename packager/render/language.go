package render

import "golang.org/x/text/language"

// languageCode is the three-letter code (ISO 639-2/T) of an RFC 5646 tag, or empty where there is none.
// Both mdhd boxes and MPEG-TS want it.
func languageCode(tag string) string {
	if tag == "" {
		return ""
	}
	t, err := language.Parse(tag)
	if err != nil {
		return ""
	}
	base, confidence := t.Base()
	if confidence == language.No {
		return ""
	}
	if code := base.ISO3(); len(code) == 3 {
		return code
	}
	return ""
}
