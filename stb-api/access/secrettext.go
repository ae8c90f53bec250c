package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// newToken returns 32 random bytes in base64url: 43 characters.
func newToken() string {
	raw := make([]byte, 32)
	// Since Go 1.24 it never fails: it ends the program where the system has no randomness.
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// tokenTextLength is the length of what newToken returns.
const tokenTextLength = 43

// atRest is how a random secret is kept: its SHA-256 in hex. A fast hash is enough for 130 bits and more,
// which nobody can try out, and looking up a hash tells nothing by its timing.
func atRest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
