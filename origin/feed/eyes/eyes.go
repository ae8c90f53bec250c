// Package eyes looks at what feeds show: now and then ffmpeg decodes the newest key picture of each, which gives a small JPEG and
// tells whether it is black or stands still.
package eyes

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"podium.tv/podium/origin/feed/health"
)

// Errors of asking for a picture.
var (
	ErrNoFFmpeg  = errors.New("ffmpeg is not installed: there are no pictures of what is on")
	ErrNoPicture = errors.New("there is no picture yet")
)

// Eyes look at one picture at a time, those that waited longest first, so that they cost a machine of 200 feeds no more than one of two.
// A nil Eyes sees nothing.
type Eyes struct {
	// FFmpeg is the program; where it is empty nothing is looked at.
	FFmpeg string
	// Every is how often a picture is looked at that somebody wants: it was asked for within the last minute, or black and frozen
	// pictures matter. It defaults to 5 s. Rarely is for all others, and defaults to 1 min.
	Every, Rarely time.Duration
	// Log defaults to nowhere.
	Log *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time

	mu   sync.Mutex
	open []*Eye
	wake chan struct{}
}

// interest is for how long a picture is wanted after it was asked for.
const interest = time.Minute

// Initialize makes the eyes ready for use.
func (e *Eyes) Initialize() {
	if e.Every <= 0 {
		e.Every = 5 * time.Second
	}
	if e.Rarely < e.Every {
		e.Rarely = max(time.Minute, e.Every)
	}
	if e.Log == nil {
		e.Log = slog.New(slog.DiscardHandler)
	}
	if e.Now == nil {
		e.Now = time.Now
	}
	e.wake = make(chan struct{}, 1)
}

// Open gives a source of a feed an eye. With matters set, black and frozen pictures are looked for as often as those that somebody
// wants; saw takes what is seen, on the eyes' goroutine, and may be nil.
func (e *Eyes) Open(feed, source string, matters bool, saw func(health.Look, time.Time)) *Eye {
	if e == nil || e.FFmpeg == "" {
		return nil
	}
	eye := &Eye{eyes: e, feed: feed, source: source, matters: matters, saw: saw}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open = append(e.open, eye)
	return eye
}

// Picture is the newest picture of a feed's source. To ask makes it fresh for a while.
func (e *Eyes) Picture(feed, source string) (Picture, error) {
	if e == nil || e.FFmpeg == "" {
		return Picture{}, ErrNoFFmpeg
	}
	now := e.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, eye := range e.open {
		if eye.feed != feed || eye.source != source {
			continue
		}
		if eye.wanted.Before(now.Add(-interest)) {
			e.hurry()
		}
		eye.wanted = now
		if eye.picture.JPEG == nil {
			return Picture{}, errors.Join(ErrNoPicture, eye.trouble)
		}
		return eye.picture, nil
	}
	return Picture{}, ErrNoPicture
}

func (e *Eyes) hurry() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// idle is how long the eyes rest where nothing is to be looked at.
const idle = 250 * time.Millisecond

// Run looks until ctx is done.
func (e *Eyes) Run(ctx context.Context) {
	if e == nil || e.FFmpeg == "" {
		return
	}
	for ctx.Err() == nil {
		eye, key := e.next()
		if eye != nil {
			e.lookAt(ctx, eye, key)
			continue
		}
		select {
		case <-ctx.Done():
		case <-e.wake:
		case <-time.After(idle):
		}
	}
}

// next is the eye that has waited longest of those that are due and have a picture that was not looked at.
func (e *Eyes) next() (*Eye, *key) {
	now := e.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	var next *Eye
	var newest *key
	for _, eye := range e.open {
		pause := e.Rarely
		if eye.matters || now.Sub(eye.wanted) < interest {
			pause = e.Every
		}
		k := eye.newest.Load()
		if k == nil || k == eye.seen || now.Sub(eye.looked) < pause {
			continue
		}
		if next == nil || eye.looked.Before(next.looked) {
			next, newest = eye, k
		}
	}
	if next != nil {
		next.looked, next.seen = now, newest
	}
	return next, newest
}

// lookAt has a picture decoded. A source that cannot be looked at is told of once.
func (e *Eyes) lookAt(ctx context.Context, eye *Eye, k *key) {
	jpeg, gray, err := e.decode(ctx, k)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		if eye.fail(err) {
			e.Log.Warn("picture cannot be looked at", "feed", eye.feed, "source", eye.source, "err", err)
		}
		return
	}
	look := eye.compare(gray)
	e.mu.Lock()
	closed := eye.closed
	eye.picture, eye.trouble = newPicture(jpeg, k.at), nil
	e.mu.Unlock()
	if eye.saw != nil && !closed {
		eye.saw(look, e.Now())
	}
}
