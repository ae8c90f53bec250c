package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// The reasons a playback token is refused.
var (
	ErrBadToken     = errors.New("playback token is not valid")
	ErrTokenExpired = errors.New("playback token has expired")
)

// TokenLength is the length of every playback token in characters.
const TokenLength = 32

// AnyScope is the scope of a token that plays everything.
const AnyScope = "*"

// A token is 24 bytes in base64url, which leaves no spare bits, so that each token has one spelling:
//
//	version  1 byte   1; it fixes the algorithm, HMAC-SHA256, so that nothing in a token can choose another
//	reach    1 byte   0 for one scope, 1 for any
//	expiry   6 bytes  seconds since the Unix epoch, big-endian
//	mac     16 bytes  the first half of HMAC-SHA256 (RFC 2104 §5 allows half)
//
// The scope is not in the token: the address says what is asked for, and the signature covers it.
const (
	tokenVersion = 1
	reachOne     = 0
	reachAny     = 1
	signedBytes  = 8
	macBytes     = 16
	maxExpiry    = 1<<48 - 1
	maxScope     = 256
)

// tokenContext keeps a signature of this kind from standing for another kind made with the same secret.
const tokenContext = "podium playback token 1\x00"

// Signer makes and checks playback tokens. Its methods may be called from many goroutines; its fields are
// not changed once it is used. The zero value refuses everything.
type Signer struct {
	// Secrets are the keys, 32 random bytes each: the first signs, all verify.
	Secrets [][]byte
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time

	verified verifiedTokens
}

// Sign returns a token that plays the scope, which is the id of a channel or an asset or AnyScope, until
// expires. Without secrets it returns an empty text, which no Signer verifies.
func (s *Signer) Sign(scope string, expires time.Time) string {
	if len(s.Secrets) == 0 || scope == "" || len(scope) > maxScope {
		return ""
	}
	var raw [signedBytes + macBytes]byte
	raw[0] = tokenVersion
	if scope == AnyScope {
		raw[1] = reachAny
	}
	putExpiry(raw[2:signedBytes], min(max(expires.Unix(), 0), maxExpiry))
	mac := sign(s.Secrets[0], raw[:signedBytes], scope)
	copy(raw[signedBytes:], mac[:macBytes])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// Verify says whether the token plays the scope now: nil, or an ErrBadToken or ErrTokenExpired. A token
// that was seen before costs one lookup.
func (s *Signer) Verify(token, scope string) error {
	if len(token) != TokenLength || scope == "" || len(scope) > maxScope {
		return ErrBadToken
	}
	if expires, ok := s.verified.get(token, scope); ok {
		if s.now().Unix() >= expires {
			return ErrTokenExpired
		}
		return nil
	}
	expires, err := s.check(token, scope)
	if err != nil {
		return err
	}
	now := s.now().Unix()
	if now >= expires {
		return ErrTokenExpired
	}
	s.verified.put(token, scope, expires, now)
	return nil
}

// check verifies the signature and returns the expiry in Unix seconds.
func (s *Signer) check(token, scope string) (int64, error) {
	var raw [signedBytes + macBytes]byte
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(token))
	if err != nil || n != len(raw) {
		return 0, ErrBadToken
	}
	if raw[0] != tokenVersion {
		return 0, ErrBadToken
	}
	switch raw[1] {
	case reachOne:
		if scope == AnyScope {
			return 0, ErrBadToken
		}
	case reachAny:
		scope = AnyScope
	default:
		return 0, ErrBadToken
	}
	valid := false
	for _, secret := range s.Secrets {
		mac := sign(secret, raw[:signedBytes], scope)
		if hmac.Equal(mac[:macBytes], raw[signedBytes:]) {
			valid = true
		}
	}
	if !valid {
		return 0, ErrBadToken
	}
	return readExpiry(raw[2:signedBytes]), nil
}

func (s *Signer) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func sign(secret, head []byte, scope string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(tokenContext))
	mac.Write(head)
	mac.Write([]byte(scope))
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	return sum
}

func putExpiry(to []byte, seconds int64) {
	for i := range to {
		to[i] = byte(seconds >> (8 * (len(to) - 1 - i)))
	}
}

func readExpiry(from []byte) (seconds int64) {
	for _, b := range from {
		seconds = seconds<<8 | int64(b)
	}
	return seconds
}

// leastSecret is the length of a hash, below which RFC 2104 §3 discourages keys.
const leastSecret = sha256.Size

// CheckSecrets says what is wrong with keys for a Signer.
func CheckSecrets(secrets [][]byte) error {
	if len(secrets) == 0 {
		return errors.New("no token secret, expected at least one")
	}
	for i, secret := range secrets {
		if len(secret) < leastSecret {
			return fmt.Errorf("token secret %d has %d bytes, expected at least %d", i+1, len(secret), leastSecret)
		}
	}
	return nil
}
