package catalogue

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pattern is a compiled expression, made once: a literal that cannot fail.
type pattern struct {
	re       *regexp.Regexp
	expected string
}

var (
	slug = pattern{
		regexp.MustCompile(`^[a-z0-9_-]{1,64}$`),
		"1 to 64 of a-z, 0-9, _ and -",
	}
	programmeID = pattern{regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`), "1 to 64 of A-Z, a-z, 0-9, '.', _ and -"}
	// The form that tv_validate_file accepts; a name without a dot fails there.
	guideID = pattern{
		regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`),
		"ascii words of letters, digits and - with a dot between, like edu1.podium.tv",
	}
)

func (p pattern) check(field, value string) error {
	if len(value) > 128 || !p.re.MatchString(value) {
		return &InvalidError{Field: field, Value: clip(value), Expected: p.expected}
	}
	return nil
}

// line checks one line of text of at most limit characters.
func line(field, value string, limit int) error {
	return text(field, value, limit, unicode.IsControl)
}

// prose checks text that may have several lines.
func prose(field, value string, limit int) error {
	return text(field, value, limit, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) })
}

func text(field, value string, limit int, bad func(rune) bool) error {
	switch {
	case !utf8.ValidString(value):
		return &InvalidError{Field: field, Value: clip(value), Expected: "valid UTF-8"}
	case strings.ContainsFunc(value, bad):
		return &InvalidError{Field: field, Value: clip(value), Expected: "no control characters"}
	case utf8.RuneCountInString(value) > limit:
		return &InvalidError{Field: field, Value: clip(value), Expected: "at most " + decimal(limit) + " characters"}
	}
	return nil
}

func filled(field, value string) error {
	if strings.TrimSpace(value) == "" {
		return &InvalidError{Field: field, Value: clip(value), Expected: "some text"}
	}
	return nil
}

// clip keeps a hostile value from filling a log.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= 80 {
		return s
	}
	return string([]rune(s)[:80]) + "…"
}

// first is the first of several errors.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
