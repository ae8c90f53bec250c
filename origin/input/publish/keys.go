package publish

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
)

// What a Keys says of an encoder that may not come in.
var (
	// ErrUnknownFeed means that there is no such feed.
	ErrUnknownFeed = errors.New("unknown feed")
	// ErrWrongKey means that the key is not the feed's.
	ErrWrongKey = errors.New("wrong stream key")
)

// Keys says whether somebody may publish a feed.
type Keys interface {
	// CheckStreamKey returns nil if key is the feed's, ErrUnknownFeed if there is no such feed, ErrWrongKey if the key
	// is another. It takes the same time for any wrong key.
	CheckStreamKey(ctx context.Context, feed, key string) error
}

// StaticKeys are feeds with their stream keys. A feed with an empty key cannot be published.
type StaticKeys map[string]string

var _ Keys = StaticKeys(nil)

// CheckStreamKey implements Keys.
func (k StaticKeys) CheckStreamKey(_ context.Context, feed, key string) error {
	want, ok := k[feed]
	if !ok {
		return ErrUnknownFeed
	}
	// Digests have one length, so that the comparison does not tell the key's.
	a, b := sha256.Sum256([]byte(key)), sha256.Sum256([]byte(want))
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 || want == "" {
		return ErrWrongKey
	}
	return nil
}
