package play

import (
	"context"
	"sync/atomic"
	"time"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// subject is something with a timeline to look at: a channel, or an asset. All playlists and segments are made the same
// way, whatever it is.
type subject interface {
	// scope names it among all others; a playback token is for a scope.
	scope() string
	// guarded says that it asks for a token.
	guarded() bool
	ready() bool
	// version changes whenever anything new can be seen.
	version() uint64
	targetDuration() time.Duration
	// caching is what caches are told of an answer, which would be told open if all could see it.
	caching(open string) string
	// keys make the keys of its segments; nil where they are in the clear.
	keys() *Keys
	// look gathers what a view shows: what plan says, from memory alone, and the entries that gather adds.
	look(ctx context.Context, v view, now time.Time) (scene, error)
	plan(v view, now time.Time) (scene, error)
	gather(ctx context.Context, sc *scene, now time.Time) error
	// recent are its newest entries, as far as memory has them.
	recent() []timeline.Entry
	find(ctx context.Context, hour int64, seq uint64) (timeline.Entry, error)
	// texts are subtitles that it has beside its timeline, each with a URI below a view.
	texts() []playlist.Rendition
	// slot is where the playlist of a stream is kept ready, or nil for one that is not.
	slot(n name) *slot
}

var _ subject = (*Channel)(nil)

// slot keeps a playlist ready.
type slot struct{ atomic.Pointer[rendered] }

// current is the playlist if it is of that version, or nil.
func (s *slot) current(version uint64) *rendered {
	if r := s.Load(); r != nil && r.version == version {
		return r
	}
	return nil
}

// rendered is a playlist made from one version of a timeline.
type rendered struct {
	version uint64
	answer  *answer
	wires   wires
}
