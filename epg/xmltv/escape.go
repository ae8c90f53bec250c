package xmltv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendText appends character data or an attribute's value: what XML 1.0 §2.2 does not allow is dropped,
// what has a meaning is escaped. Where breaks is false, line breaks and tabs become spaces.
func appendText(dst []byte, s string, breaks bool) []byte {
	for s != "" {
		// Most of it needs no escape, and Chinese text none at all.
		n := plain(s)
		dst, s = append(dst, s[:n]...), s[n:]
		if s == "" {
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch {
		case r == utf8.RuneError && size == 1, !allowed(r):
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '"':
			dst = append(dst, "&quot;"...)
		case r == '\n' && breaks:
			dst = append(dst, '\n')
		case unicode.IsSpace(r):
			dst = append(dst, ' ')
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// plain is the length of the part of s that can be copied as it is.
func plain(s string) int {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < 0x20, c == '&', c == '<', c == '>', c == '"', c == 0x7f:
			return i
		case c < utf8.RuneSelf:
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 || !allowed(r) || unicode.IsSpace(r) {
				return i
			}
			i += size - 1
		}
	}
	return len(s)
}

// allowed is XML 1.0's Char without the control characters that it discourages, which some players print.
func allowed(r rune) bool {
	switch {
	case r == '\t', r == '\n':
		return true
	case r < 0x20, r >= 0x7f && r <= 0x9f:
		return false
	case r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe:
		return false
	}
	return true
}

// tidy is a text as it will be read back: nothing but what is allowed, no white space around it.
func tidy(s string) string {
	clean := plain(s) == len(s)
	if clean && (s == "" || s[0] > ' ' && s[len(s)-1] > ' ') {
		return s
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !allowed(r) {
			return -1
		}
		return r
	}, s))
}
