package play

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/render"
)

// Keys makes the keys that segments are encrypted with (RFC 8216bis §4.4.4.4, METHOD AES-128). They are derived from a
// secret, a scope and the time, so that every node has them and none has to be stored.
type Keys struct {
	// Secrets are 32 random bytes each, the same on all nodes: the first makes the keys, those of the others are still known.
	Secrets [][]byte
	// Rotate is how long one key serves; it defaults to forever. Periods count from the Unix epoch.
	Rotate time.Duration
}

// contentKey is one period's key.
type contentKey struct {
	id  string
	key render.Key
	iv  render.IV
}

// These keep what is derived for one end from standing for another that is made of the same secret.
const (
	keyContext = "podium media key 1\x00"
	keyIDBegin = "podium media key id 1\x00"
)

// at is the key for what begins at an instant.
func (k *Keys) at(scope string, t time.Time) contentKey {
	return keyOf(k.Secrets[0], scope, k.begin(t))
}

// begin is the first second of the period that an instant is in.
func (k *Keys) begin(t time.Time) int64 {
	every := int64(k.Rotate / time.Second)
	if every <= 0 {
		return 0
	}
	at := t.Unix()
	return at - (at%every+every)%every
}

// named is the key of that id for what begins at an instant; ok is false where that is encrypted with another.
func (k *Keys) named(scope string, t time.Time, id string) (key contentKey, ok bool) {
	begin := k.begin(t)
	for _, secret := range k.Secrets {
		if sameID(keyID(secret, scope, begin), id) {
			return keyOf(secret, scope, begin), true
		}
	}
	return key, false
}

// keyOf is the key of the period that begins at that second.
func keyOf(secret []byte, scope string, begin int64) contentKey {
	sum := keySum(secret, keyContext, scope, begin)
	c := contentKey{id: keyID(secret, scope, begin)}
	copy(c.key[:], sum)
	copy(c.iv[:], sum[len(c.key):])
	return c
}

// keyID names a key by the beginning of its period, with a signature, so that the keys that there are not cannot be asked for.
func keyID(secret []byte, scope string, begin int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(begin)<<(8*idSigned))
	copy(b[8-idSigned:], keySum(secret, keyIDBegin, scope, begin))
	return hex.EncodeToString(b[:])
}

// idSigned is how many bytes of an id are its signature; the others hold the seconds of 34,000 years.
const idSigned = 3

// find is the key with that id, if there is one.
func (k *Keys) find(scope, id string) (contentKey, bool) {
	begin, err := strconv.ParseInt(id[:idLength-2*idSigned], 16, 64)
	if err != nil {
		return contentKey{}, false
	}
	for _, secret := range k.Secrets {
		if sameID(keyID(secret, scope, begin), id) {
			return keyOf(secret, scope, begin), true
		}
	}
	return contentKey{}, false
}

func sameID(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func keySum(secret []byte, context, scope string, begin int64) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(context))
	m.Write([]byte(scope))
	m.Write(binary.BigEndian.AppendUint64([]byte{0}, uint64(begin)))
	return m.Sum(nil)
}

// key answers for a key.
func (s *Service) key(c subject, n name) (*answer, error) {
	keys := c.keys()
	if keys == nil {
		return nil, errNoFile
	}
	k, ok := keys.find(c.scope(), n.key)
	if !ok {
		return nil, errNoFile
	}
	return &answer{body: k.key[:], contentType: typeKey, cache: cacheNever}, nil
}

// keyring gives the keys of segments that follow each other, which mostly share one.
type keyring struct {
	keys  *Keys
	scope string
	base  string // before the URI

	every int64
	begin int64
	last  contentKey
	tag   playlist.Key
}

// at is the id and the playlist's form of the key for what begins at an instant; both are empty where there is none.
func (r *keyring) at(t time.Time) (string, playlist.Key) {
	if r.keys == nil {
		return "", playlist.Key{}
	}
	if r.last.id == "" || r.every > 0 && (t.Unix() < r.begin || t.Unix() >= r.begin+r.every) {
		r.every, r.begin = int64(r.keys.Rotate/time.Second), r.keys.begin(t)
		r.last = r.keys.at(r.scope, t)
		r.tag = playlist.Key{URI: r.base + keyName(r.last.id), IV: r.last.iv}
	}
	return r.last.id, r.tag
}
