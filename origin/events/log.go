// Package events keeps what happened to feeds lately, and tells others of it by webhooks.
package events

import (
	"sync"

	"podium.tv/podium/origin/feed"
)

// Log is the last events of all feeds, in memory. The zero value keeps 1000.
type Log struct {
	// Size is how many are kept.
	Size int

	mu   sync.Mutex
	ring []feed.Event
	next int // where the next one goes once the ring is full
}

// Add keeps an event.
func (l *Log) Add(e feed.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := l.Size
	if size <= 0 {
		size = 1000
	}
	if len(l.ring) < size {
		l.ring = append(l.ring, e)
		return
	}
	l.ring[l.next] = e
	l.next = (l.next + 1) % len(l.ring)
}

// Recent are at most n events of a feed, or of all feeds where it is empty, the newest first.
func (l *Log) Recent(of string, n int) []feed.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]feed.Event, 0, min(n, len(l.ring)))
	for i := 1; i <= len(l.ring) && len(out) < n; i++ {
		e := &l.ring[(l.next-i+len(l.ring))%len(l.ring)]
		if of == "" || e.Feed == of {
			out = append(out, *e)
		}
	}
	return out
}
