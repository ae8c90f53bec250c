package message

import (
	"strconv"
	"strings"
)

// Language is one of the languages that messages are written in. The zero value means Chinese.
type Language string

// The languages there are.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Tag returns the RFC 5646 tag for Content-Language and the lang attribute: "zh-CN" or "en".
func (l Language) Tag() string {
	if l == English {
		return "en"
	}
	return "zh-CN"
}

// A header is read up to these bounds; browsers send under ten ranges.
const (
	maxHeaderBytes = 1024
	maxRanges      = 32
)

// Negotiate picks the language for an Accept-Language header (RFC 9110 §12.5.4) by its weights: the
// heavier one, the first named among equals, and Chinese where the header names neither or is malformed.
func Negotiate(header string) Language {
	const unnamed = -1.0
	if len(header) > maxHeaderBytes {
		header = header[:maxHeaderBytes]
	}
	chinese, english, others := unnamed, unnamed, unnamed
	englishFirst := false
	for range maxRanges {
		var item string
		item, header, _ = strings.Cut(header, ",")
		tag, weight, ok := languageRange(item)
		if ok {
			switch tag {
			case "zh":
				chinese = max(chinese, weight)
			case "en":
				englishFirst = englishFirst || chinese == unnamed
				english = max(english, weight)
			case "*":
				others = max(others, weight)
			}
		}
		if header == "" {
			break
		}
	}
	if chinese == unnamed {
		// Nobody who names only English should get Chinese through "*", which browsers add out of habit;
		// where English is not named either, "*" is a free choice and ours is Chinese.
		if english > 0 {
			return English
		}
		return Chinese
	}
	if english == unnamed {
		if chinese == 0 && others > 0 {
			return English
		}
		return Chinese
	}
	if english > chinese || (english == chinese && english > 0 && englishFirst) {
		return English
	}
	return Chinese
}

// languageRange reads one item such as "en-GB;q=0.8" as its primary language and weight.
func languageRange(item string) (tag string, weight float64, ok bool) {
	tag, params, weighted := strings.Cut(strings.TrimSpace(item), ";")
	tag, _, _ = strings.Cut(strings.TrimSpace(tag), "-")
	tag = strings.ToLower(tag)
	if !weighted {
		return tag, 1, tag != ""
	}
	name, value, _ := strings.Cut(strings.TrimSpace(params), "=")
	if !strings.EqualFold(strings.TrimSpace(name), "q") {
		return "", 0, false
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(weight >= 0 && weight <= 1) {
		return "", 0, false
	}
	return tag, weight, tag != ""
}
