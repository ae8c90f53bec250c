package eyes

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync/atomic"
	"time"

	"podium.tv/podium/origin/feed/health"
	"podium.tv/podium/packager/media"
)

// Picture is what was on.
type Picture struct {
	JPEG []byte
	At   time.Time // when it came in
	ETag string    // of its bytes, in quotes
}

func newPicture(jpeg []byte, at time.Time) Picture {
	sum := sha256.Sum256(jpeg)
	return Picture{JPEG: jpeg, At: at, ETag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

// key is a key picture with what is needed to decode it.
type key struct {
	codec media.Codec
	units [][]byte
	at    time.Time
}

// Eye is what a source shows its pictures to. A nil Eye sees nothing.
type Eye struct {
	eyes         *Eyes
	feed, source string
	matters      bool
	saw          func(health.Look, time.Time)
	newest       atomic.Pointer[key]

	// Under the eyes' mu.
	looked, wanted time.Time
	seen           *key
	picture        Picture
	trouble        error
	closed         bool

	blinked atomic.Bool // since the last gray picture
	last    []byte      // gray picture; of the eyes' goroutine
}

// Key shows a random access point. Its units are kept until the next comes and must not change.
func (e *Eye) Key(codec media.Codec, s *media.Sample, now time.Time) {
	if e == nil || !s.Sync {
		return
	}
	e.newest.Store(&key{codec: codec, units: s.Units, at: now})
}

// Blink forgets the picture: the connection ended, and what comes next has nothing to do with it.
func (e *Eye) Blink() {
	if e == nil {
		return
	}
	e.newest.Store(nil)
	e.blinked.Store(true)
	e.eyes.mu.Lock()
	defer e.eyes.mu.Unlock()
	e.picture = Picture{}
	e.looked = time.Time{}
}

// Close ends the looking.
func (e *Eye) Close() {
	if e == nil {
		return
	}
	e.eyes.mu.Lock()
	defer e.eyes.mu.Unlock()
	e.closed = true
	e.eyes.open = slices.DeleteFunc(e.eyes.open, func(other *Eye) bool { return other == e })
}

// fail keeps an error and says whether it is the first since a picture was seen.
func (e *Eye) fail(err error) bool {
	e.eyes.mu.Lock()
	defer e.eyes.mu.Unlock()
	first := e.trouble == nil
	e.trouble = err
	return first
}
