package rtsp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
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

// streamKey finds the key in a request: ?key=, else the password of Basic credentials.
func streamKey(req *base.Request, query string) (string, bool) {
	if values, err := url.ParseQuery(query); err == nil && values.Get("key") != "" {
		return values.Get("key"), true
	}
	header := req.Header["Authorization"]
	if len(header) != 1 {
		return "", false
	}
	// gortsplib's own reading refuses a password with a colon in it, which RFC 7617 §2 allows.
	coded, ok := strings.CutPrefix(header[0], "Basic ")
	if !ok {
		return "", false
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(coded))
	if err != nil {
		return "", false
	}
	_, password, ok := strings.Cut(string(plain), ":")
	return password, ok
}
