package play

import (
	"fmt"
	"time"

	"podium.tv/podium/packager/timeline"
)

// scene is what a view shows at an instant.
type scene struct {
	view    view
	entries []timeline.Entry
	version uint64
	closed  bool // and nothing is expected any more
	settled bool // and nothing can come any more
	event   bool
	undated bool           // its dates are positions
	moving  bool           // it moves with the clock, not with the timeline alone, and is made anew each time
	start   *time.Duration // where a player begins

	from, to time.Time // to is zero where it grows
	end      time.Time // up to which entries are looked for
}

// key tells scenes apart in the cache: the same key shows the same.
func (sc *scene) key(c subject) string {
	key := c.scope() + "/" + sc.view.String()
	if sc.settled {
		return key
	}
	return key + fmt.Sprintf("@%d-%t", sc.version, sc.closed)
}

// cache is what caches are told of a playlist of the scene.
func (sc *scene) cache() string {
	if sc.closed {
		return cacheClosed
	}
	return cacheLive
}
