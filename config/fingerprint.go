package config

import (
	"encoding/hex"
	"strings"
)

// Fingerprint is the SHA-256 of a TLS certificate in DER, as 64 lower-case hexadecimal digits. It is read
// with or without colons, in either case. Empty is none.
type Fingerprint string

func (*Fingerprint) expected() string {
	return "the SHA-256 of a certificate, 64 hexadecimal digits"
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *Fingerprint) UnmarshalText(text []byte) error {
	const sha256Digits = 64
	s := strings.ToLower(strings.ReplaceAll(string(text), ":", ""))
	if s == "" {
		*f = ""
		return nil
	}
	if _, err := hex.DecodeString(s); err != nil || len(s) != sha256Digits {
		return mismatch(f, text)
	}
	*f = Fingerprint(s)
	return nil
}
