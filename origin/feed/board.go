package feed

import (
	"sync"
	"time"

	"podium.tv/podium/packager/media"
)

// rateWindow is how long bytes and frames are counted for one figure.
const rateWindow = 2 * time.Second

// board is a line's status. The line's goroutines write it, and anybody reads it.
type board struct {
	mu sync.Mutex
	s  SourceStatus

	windowStart time.Time
	bytes       int
	frames      int
	begun       bool
	keyed       bool // of this connection, a picture came that can be shown
	pictures    int  // and so many since
}

func (b *board) begin(l *line) {
	b.s = SourceStatus{Name: l.Name, Input: l.Input.String(), State: Idle, Since: l.feed.Now()}
	if l.rank == 0 {
		b.s.State = Waiting
	}
}

func (b *board) enter(s State, now time.Time) {
	if b.s.State != s {
		b.s.State, b.s.Since = s, now
	}
}

func (b *board) waiting(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enter(Waiting, now)
}

// over ends the connection and says how many pictures it had from the first that could be shown.
func (b *board) over() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.pictures
	b.keyed, b.pictures = false, 0
	return n
}

func (b *board) offline(err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enter(Offline, now)
	b.s.Restarts++
	b.clear()
	if err != nil {
		b.s.LastError, b.s.LastErrorAt = err.Error(), now
	}
}

func (b *board) idle(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enter(Idle, now)
	b.clear()
}

func (b *board) clear() {
	b.s.Bitrate, b.s.FPS, b.s.Tracks = 0, 0, nil
	b.begun = false
}

func (b *board) warned(err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.LastError, b.s.LastErrorAt = err.Error(), now
}

func (b *board) described(tracks []TrackStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Tracks = tracks
}

// sample takes note of a sample, of the leading track or another.
func (b *board) sample(kind media.Kind, leading, begins bool, size int, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if begins && !b.keyed {
		b.keyed = true
		b.enter(Online, now)
	}
	if leading && b.keyed {
		b.pictures++
	}
	if !b.begun {
		b.begun, b.windowStart, b.bytes, b.frames = true, now, 0, 0
	}
	b.bytes += size
	if kind == media.Video {
		b.frames++
	}
	b.s.LastFrame = now
	if span := now.Sub(b.windowStart); span >= rateWindow {
		b.s.Bitrate = float64(b.bytes*8) / span.Seconds()
		b.s.FPS = float64(b.frames) / span.Seconds()
		b.windowStart, b.bytes, b.frames = now, 0, 0
	}
}

func (b *board) isKeyed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keyed
}

// read is the status by now.
func (b *board) read(now time.Time) SourceStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.s
	if !s.LastFrame.IsZero() && now.Sub(s.LastFrame) > 2*rateWindow {
		s.Bitrate, s.FPS = 0, 0
	}
	return s
}
