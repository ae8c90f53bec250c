package play

import (
	"encoding/base64"
	"hash/fnv"
	"strconv"

	"podium.tv/podium/packager/timeline"
)

// The media types of what is served.
const (
	typePlaylist = "application/vnd.apple.mpegurl"
	typeTS       = "video/mp2t"
	typeMP4      = "video/mp4"
	typeAudio    = "audio/mp4"
	typeText     = "text/vtt; charset=utf-8"
	typePicture  = "image/jpeg"
	typeKey      = "application/octet-stream"
)

// answer is a body that is ready to be sent, with what must be said of it.
type answer struct {
	body        []byte
	packed      *packed // nil where compressing does not pay
	contentType string
	cache       string
	etag        string // "" for media, whose tag is made of what is known of it
	modified    int64  // Unix seconds; 0 where unknown
	location    string // where to ask instead; there is no body then
}

func newPlaylist(body []byte, cache string) *answer {
	return &answer{body: body, contentType: typePlaylist, cache: cache, etag: etag(body), packed: pack(body)}
}

// in is the body in a coding, or the body as it is.
func (a *answer) in(c coding) ([]byte, coding) {
	if c != identity && a.packed != nil {
		if body := a.packed.in(c, a.body); body != nil {
			return body, c
		}
	}
	return a.body, identity
}

func etag(body []byte) string {
	h := fnv.New64a()
	_, _ = h.Write(body) // Never fails.
	return `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)) + `"`
}

// modified is when a segment came to be, in Unix seconds; the entries of an asset count from the epoch.
func modified(of subject, e *timeline.Entry) int64 {
	if a, ok := of.(*asset); ok {
		return a.CreatedAt.Unix()
	}
	return e.Start.Unix()
}

// appendTag appends the entity tag of an answer's form. Another coding has another strong validator (RFC 9110 §8.8.3.3).
// Media are named by when they began and their length: a name never means other bytes later, and to look at a megabyte
// for its tag would cost more than to send it.
func (a *answer) appendTag(b []byte, size int, c coding) []byte {
	if a.etag != "" {
		b = append(b, a.etag...)
		if c == identity || len(a.etag) < 2 {
			return b
		}
		b = append(b[:len(b)-1], '-')
		b = append(b, c.suffix()...)
		return append(b, '"')
	}
	if a.modified == 0 {
		return b
	}
	b = append(b, '"')
	b = strconv.AppendInt(b, a.modified, 16)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(size), 16)
	return append(b, '"')
}
