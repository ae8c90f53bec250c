package config

import (
	"encoding"
	"fmt"
	"slices"
	"strings"
)

// value is a scalar of the configuration. The text form is the only one: it is read from a YAML
// scalar (goccy/go-yaml honours encoding.TextUnmarshaler too) and from the environment alike.
type value interface {
	encoding.TextUnmarshaler
	// expected says in a few words what the text has to be.
	expected() string
}

// concealer is a value whose text must not be shown as it stands.
type concealer interface {
	conceal(text string) string
}

// mismatch is the error of a text that is not what was expected.
func mismatch(v value, text []byte) error {
	s := string(text)
	if c, ok := v.(concealer); ok {
		return fmt.Errorf("expected %s, got %s", v.expected(), c.conceal(s))
	}
	return fmt.Errorf("expected %s, got %s", v.expected(), quote(s))
}

// anyOf lists words as: a, b or c.
func anyOf(words ...string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// choose reads one word out of a few.
func choose[T ~string](v value, into *T, text []byte, words ...T) error {
	if !slices.Contains(words, T(text)) {
		return mismatch(v, text)
	}
	*into = T(text)
	return nil
}
