package config

import (
	"crypto/subtle"
	"log/slog"
)

const hidden = "(hidden)"

// Secret is a text that is never printed, logged or marshalled. The zero value is no secret.
type Secret struct{ text string }

// NewSecret wraps a text that a program made.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal is the secret itself, for the one place that needs it.
func (s Secret) Reveal() string { return s.text }

// IsZero says that there is no secret.
func (s Secret) IsZero() bool { return s.text == "" }

// Equal compares in constant time.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.text), []byte(o.text)) == 1
}

// String hides the secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return hidden
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return "config.Secret{" + s.String() + "}" }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Secret) UnmarshalText(text []byte) error {
	s.text = string(text)
	return nil
}

func (*Secret) expected() string      { return "a text" }
func (*Secret) conceal(string) string { return "one that is not shown here" }
