package feed

import (
	"fmt"
	"strings"
	"sync"
	"time"

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
	Reason      Reason // what is wrong with it, if anything
	LastError   string
	LastErrorAt time.Time
	Advice      string // what to do about it
	Tracks      []TrackStatus
	Bitrate     float64 // bits a second
	FPS         float64 // pictures a second
	LastFrame   time.Time
	Restarts    int
}

// rateWindow is how long bytes and frames are counted for one figure.
const rateWindow = 2 * time.Second

// statusBoard is written by the feed's goroutines and read by those who ask.
type statusBoard struct {
	mu sync.Mutex
	s  Status

	windowStart time.Time
	bytes       int
	frames      int
	begun       bool
}

func (b *statusBoard) begin(f *Feed) {
	b.s = Status{ID: f.ID, Name: f.Name, Input: f.source().Name, State: Waiting, Since: f.Now()}
}

func (b *statusBoard) enter(s State, now time.Time) {
	if b.s.State != s {
		b.s.State, b.s.Since = s, now
	}
}

func (b *statusBoard) waiting(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enter(Waiting, now)
}

func (b *statusBoard) online(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enter(Online, now)
}

func (b *statusBoard) offline(err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enter(Offline, now)
	b.s.Restarts++
	b.s.Bitrate, b.s.FPS, b.s.Tracks = 0, 0, nil
	b.begun = false
	if err != nil {
		b.s.LastError, b.s.LastErrorAt = err.Error(), now
	}
}

func (b *statusBoard) warned(err error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.LastError, b.s.LastErrorAt = err.Error(), now
}

func (b *statusBoard) described(init *media.Init) {
	tracks := make([]TrackStatus, len(init.Tracks))
	for i, t := range init.Tracks {
		tracks[i] = TrackStatus{Kind: t.Kind().String(), Codec: t.Codec.Name(), Detail: detail(t)}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Tracks = tracks
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

func (b *statusBoard) sample(kind media.Kind, size int, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
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

func (b *statusBoard) recorded(e *timeline.Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Segments++
	b.s.LastSegment = e.End()
}

// Status is how the feed is now.
func (f *Feed) Status() Status {
	b := &f.status
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.s
	if !s.LastFrame.IsZero() && f.Now().Sub(s.LastFrame) > 2*rateWindow {
		s.Bitrate, s.FPS = 0, 0
	}
	return s
}
