package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// The reasons a playback token is refused.
var (
	ErrBadToken     = errors.New("playback token is not valid")
	ErrTokenExpired = errors.New("playback token has expired")
	ErrTokenBound   = errors.New("playback token is bound to a device")
)

// TokenLength is the length of every playback token in characters.
const TokenLength = 32

// AnyScope is the scope of a token that plays everything.
const AnyScope = "*"

// A token is 24 bytes in base64url, which leaves no spare bits, so that each token has one spelling:
//
//	version  1 byte   1; it fixes the algorithm, HMAC-SHA256, so that nothing in a token can choose another
//	reach    1 byte   1 for any scope, plus 2 where it is bound to a device, plus 4 where its scope has a generation
//	expiry   6 bytes  seconds since the Unix epoch, big-endian
//	mac     16 bytes  the first half of HMAC-SHA256 (RFC 2104 §5 allows half)
//
// Scope, device and generation are not in the token: the address, the device and the configuration tell them, and the
// signature covers them.
const (
	tokenVersion    = 1
	reachAny        = 1
	reachDevice     = 2
	reachGeneration = 4
	reachAll        = reachAny | reachDevice | reachGeneration
	signedBytes     = 8
	macBytes        = 16
	maxExpiry       = 1<<48 - 1
	maxScope        = 256
)

// tokenContext keeps a signature of this kind from standing for another kind made with the same secret.
const tokenContext = "podium playback token 1\x00"

// Signer makes and checks playback tokens. Its methods may be called from many goroutines; its fields are
// not changed once it is used. The zero value refuses everything.
type Signer struct {
	// Secrets are the keys, 32 random bytes each: the first signs, all verify.
	Secrets [][]byte
	// Generation is a scope's; when it changes, all its tokens end. It defaults to none, which is 0.
	Generation func(scope string) uint32
	// Session bounds how long a device plays before it has to show its own token again. It defaults to 12 h.
	Session time.Duration
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time

	verified verifiedTokens
}

// Grant is what a token allows.
type Grant struct {
	// Scope is the id of a channel, "vod/" and that of an asset, or AnyScope.
	Scope string
	// Device is the one that the token is bound to; empty is none.
	Device  string
	Expires time.Time
}

// Sign returns a token that plays the scope until expires, on any device. Without secrets it returns an empty text, which
// no Signer verifies.
func (s *Signer) Sign(scope string, expires time.Time) string {
	return s.Grant(Grant{Scope: scope, Expires: expires})
}

// Grant returns a token, or an empty text without secrets and for a grant that makes no sense.
func (s *Signer) Grant(g Grant) string {
	if len(s.Secrets) == 0 || g.Scope == "" || len(g.Scope) > maxScope || g.Device != "" && !IsDevice(g.Device) {
		return ""
	}
	var raw [signedBytes + macBytes]byte
	raw[0] = tokenVersion
	generation := s.generation(g.Scope)
	if g.Scope == AnyScope {
		raw[1] |= reachAny
	}
	if g.Device != "" {
		raw[1] |= reachDevice
	}
	if generation != 0 {
		raw[1] |= reachGeneration
	}
	putExpiry(raw[2:signedBytes], min(max(g.Expires.Unix(), 0), maxExpiry))
	mac := sign(s.Secrets[0], raw[:signedBytes], g.subject(generation))
	copy(raw[signedBytes:], mac[:macBytes])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// subject is what of a grant is signed besides the token itself, each part with its length before it or at the end.
func (g *Grant) subject(generation uint32) string {
	if g.Device == "" && generation == 0 {
		return g.Scope
	}
	var b []byte
	if generation != 0 {
		b = binary.BigEndian.AppendUint32(b, generation)
	}
	if g.Device != "" {
		b = append(b, byte(len(g.Device)))
		b = append(b, g.Device...)
	}
	return string(append(b, g.Scope...))
}

// Verify says whether the token plays the scope now: nil, or an ErrBadToken, ErrTokenExpired or ErrTokenBound. A token
// that was seen before costs one lookup.
func (s *Signer) Verify(token, scope string) error {
	_, err := s.until(token, scope)
	return err
}

// Until is Verify and tells when the token expires.
func (s *Signer) Until(token, scope string) (time.Time, error) {
	expires, err := s.until(token, scope)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(expires, 0), nil
}

func (s *Signer) until(token, scope string) (int64, error) {
	if len(token) != TokenLength || scope == "" || len(scope) > maxScope {
		return 0, ErrBadToken
	}
	generation := s.generation(scope)
	if expires, ok := s.verified.get(token, scope, generation); ok {
		if s.now().Unix() >= expires {
			return 0, ErrTokenExpired
		}
		return expires, nil
	}
	expires, err := s.check(token, scope, "")
	if err != nil {
		return 0, err
	}
	now := s.now().Unix()
	if now >= expires {
		return 0, ErrTokenExpired
	}
	s.verified.put(token, scope, verifiedUntil{expires: expires, generation: generation}, now)
	return expires, nil
}

// check verifies the signature and returns the expiry in Unix seconds.
func (s *Signer) check(token, scope, device string) (int64, error) {
	raw, ok := decodeToken(token)
	if !ok {
		return 0, ErrBadToken
	}
	g := Grant{Scope: scope}
	if raw[1]&reachDevice != 0 {
		if !IsDevice(device) {
			return 0, ErrTokenBound
		}
		g.Device = device
	}
	if raw[1]&reachAny != 0 {
		g.Scope = AnyScope
	} else if scope == AnyScope {
		return 0, ErrBadToken
	}
	generation := s.generation(g.Scope)
	if (generation != 0) != (raw[1]&reachGeneration != 0) {
		return 0, ErrBadToken
	}
	subject := g.subject(generation)
	valid := false
	for _, secret := range s.Secrets {
		mac := sign(secret, raw[:signedBytes], subject)
		if hmac.Equal(mac[:macBytes], raw[signedBytes:]) {
			valid = true
		}
	}
	if !valid {
		return 0, ErrBadToken
	}
	return readExpiry(raw[2:signedBytes]), nil
}

func decodeToken(token string) (raw [signedBytes + macBytes]byte, ok bool) {
	if len(token) != TokenLength {
		return raw, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(token))
	return raw, err == nil && n == len(raw) && raw[0] == tokenVersion && raw[1] <= reachAll
}

func (s *Signer) generation(scope string) uint32 {
	if s.Generation == nil {
		return 0
	}
	return s.Generation(scope)
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
