package feed

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"podium.tv/podium/origin/feed/health"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

// State says how a feed is.
type State string

// The states of a feed.
const (
	// Offline: the last connection ended and the next has not begun.
	Offline State = "offline"
	// Waiting: connecting, or waiting for a publisher or for the first keyframe.
	Waiting State = "waiting"
	// Online: pictures come in.
	Online State = "online"
	// Idle: nothing is fetched, because nobody watches or a better source is on the air.
	Idle State = "idle"
)

// TrackStatus is a track in words.
type TrackStatus struct {
	Kind, Codec, Detail string
}

// Status is how a feed is now.
type Status struct {
	ID, Name, Input string
	State           State
	Since           time.Time // when it came into the state
	Tracks          []TrackStatus
	Bitrate         float64 // bits a second
	FPS             float64 // pictures a second
	LastFrame       time.Time
	Restarts        int
	Segments        int
	LastSegment     time.Time
	LastError       string
	LastErrorAt     time.Time
	// OnSlate says that viewers see the slate.
	OnSlate bool
	Sources []SourceStatus
}

// SourceStatus is how one of a feed's sources is now.
type SourceStatus struct {
	Name, Input string
	State       State
	Since       time.Time // when it came into the state
	OnAir       bool
	LastError   string
	LastErrorAt time.Time
	Advice      string // what to do about it
	Tracks      []TrackStatus
	Bitrate     float64 // bits a second
	FPS         float64 // pictures a second
	LastFrame   time.Time
	Restarts    int
	// Health is how it is in figures.
	Health health.Report
}

// books are kept of what the feed put out.
type books struct {
	mu          sync.Mutex
	segments    int
	last        time.Time // end of the last segment
	lastError   string
	lastErrorAt time.Time
	closed      bool // the timeline does not open
}

func (b *books) warned(err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lastError, b.lastErrorAt = err.Error(), now
}

func (b *books) recorded(e *timeline.Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.segments++
	b.last = e.End()
}

// shut says that the timeline does not open, and why, or that it has at last.
func (b *books) shut(err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = err != nil
	if err != nil {
		b.lastError, b.lastErrorAt = err.Error(), now
	}
}

func trackStatus(init *media.Init) []TrackStatus {
	tracks := make([]TrackStatus, len(init.Tracks))
	for i, t := range init.Tracks {
		tracks[i] = TrackStatus{Kind: t.Kind().String(), Codec: t.Codec.Name(), Detail: detail(t)}
	}
	return tracks
}

// inWords lists the tracks in one line.
func inWords(init *media.Init) string {
	words := make([]string, len(init.Tracks))
	for i, t := range init.Tracks {
		words[i] = t.Codec.Name() + " " + detail(t)
	}
	return strings.Join(words, "; ")
}

func detail(t media.Track) string {
	switch t.Kind() {
	case media.Text:
		return t.Language
	case media.Audio:
		return fmt.Sprintf("%d Hz", t.Timescale)
	default:
	}
	p := media.PictureOf(t.Codec)
	if p.FrameRate > 0 {
		return fmt.Sprintf("%dx%d, %g fps", p.Width, p.Height, p.FrameRate)
	}
	return fmt.Sprintf("%dx%d", p.Width, p.Height)
}

// Status is how the feed is now. It tells of the source that is on the air, or else of the best.
func (f *Feed) Status() Status {
	now := f.Now()
	s := Status{ID: f.ID, Name: f.Name, OnSlate: f.air.onSlate.Load(), Sources: make([]SourceStatus, len(f.lines))}
	shown := &s.Sources[0]
	for i, l := range f.lines {
		one := &s.Sources[i]
		*one = l.board.read(now)
		one.OnAir = l.live.Load()
		one.Health = l.monitor.Report(now)
		one.Advice = one.Health.Advice.String()
		s.Restarts += one.Restarts
		if one.OnAir {
			shown = one
		}
	}
	s.Input, s.State, s.Since, s.Tracks = shown.Input, shown.State, shown.Since, shown.Tracks
	s.Bitrate, s.FPS, s.LastFrame = shown.Bitrate, shown.FPS, shown.LastFrame
	s.LastError, s.LastErrorAt = shown.LastError, shown.LastErrorAt
	b := &f.books
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Segments, s.LastSegment = b.segments, b.last
	if b.lastErrorAt.After(s.LastErrorAt) {
		s.LastError, s.LastErrorAt = b.lastError, b.lastErrorAt
	}
	if b.closed {
		s.State, s.Since = Offline, b.lastErrorAt
	}
	return s
}
