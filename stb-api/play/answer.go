package play

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"hash/fnv"
)

// The media types of what is served.
const (
	typePlaylist = "application/vnd.apple.mpegurl"
	typeTS       = "video/mp2t"
	typeMP4      = "video/mp4"
	typeAudio    = "audio/mp4"
	typeText     = "text/vtt; charset=utf-8"
	typeKey      = "application/octet-stream"
)

// The caching contract: a live playlist is new every few seconds, a closed one grows no more, and a segment or an init
// never changes.
const (
	cacheLive   = "public, max-age=1"
	cacheClosed = "public, max-age=60"
	cacheMedia  = "public, max-age=86400, immutable"
	cacheToken  = "private, max-age=1"
	cacheOwn    = "private, max-age=86400, immutable"
	cacheNever  = "no-store"
)

// caching is what caches are told of a channel's answer. What only those with a token may see is not for a shared cache,
// which would give it out when the token has ended (RFC 9111 §5.2.2.7).
func (c *Channel) caching(open string) string {
	switch {
	case !c.Protected:
		return open
	case open == cacheMedia:
		return cacheOwn
	default:
		return cacheToken
	}
}

// answer is a body that is ready to be sent, with what must be said of it.
type answer struct {
	body        []byte
	gzipped     []byte // nil where it does not pay
	contentType string
	cache       string
	etag        string
	modified    int64 // Unix seconds; 0 where unknown
}

// minGzip is the size below which compressing costs more than it saves: one network packet.
const minGzip = 1400

func newPlaylist(body []byte, cache string) *answer {
	a := &answer{body: body, contentType: typePlaylist, cache: cache, etag: etag(body)}
	if len(body) >= minGzip {
		a.gzipped = compress(body)
	}
	return a
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // The level is valid.
	_, _ = w.Write(body)                            // A bytes.Buffer takes everything.
	_ = w.Close()
	return b.Bytes()
}

func etag(body []byte) string {
	h := fnv.New64a()
	_, _ = h.Write(body) // Never fails.
	return `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)) + `"`
}
