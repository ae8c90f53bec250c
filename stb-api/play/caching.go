package play

import "strings"

// The caching contract; docs/caching.md tells why. A name of media never means other bytes later, so they are kept for as
// long as caches like. A live playlist is news every segment.
const (
	cacheLive   = "public, max-age=1"
	cacheClosed = "public, max-age=60"
	cacheMedia  = "public, max-age=86400, immutable"

	// The same for what only those with a token may see: it is not for a shared cache, which would give it out when the
	// token has ended (RFC 9111 §5.2.2.7).
	ownLive   = "private, max-age=1"
	ownClosed = "private, max-age=60"
	ownMedia  = "private, max-age=86400, immutable"

	// cacheNever is for keys and for what one viewer alone is told.
	cacheNever = "no-store"
)

// caching is what caches are told of a channel's answer, which would be told open if all could see it.
func (c *Channel) caching(open string) string {
	if !c.Protected {
		return open
	}
	return owned(open)
}

// owned is what caches are told of an answer that only some may see.
func owned(open string) string {
	switch open {
	case cacheLive:
		return ownLive
	case cacheClosed:
		return ownClosed
	case cacheMedia:
		return ownMedia
	}
	if rest, ok := strings.CutPrefix(open, "public"); ok {
		return "private" + rest
	}
	return cacheNever
}

// shared is what a cache is told that asks for each of its viewers whether the token is good (RFC 9111 §5.2.2.7 has no
// word for that): it may keep what is protected as it keeps the rest. One that does not know how an answer may be kept is
// told what all are told.
func shared(cache string) string {
	switch cache {
	case ownLive:
		return cacheLive
	case ownClosed:
		return cacheClosed
	case ownMedia:
		return cacheMedia
	}
	if rest, ok := strings.CutPrefix(cache, "private"); ok {
		return "public" + rest
	}
	return cache
}
