package publish

import (
	"context"
	"errors"
	"net/netip"

	"podium.tv/podium/origin/input"
)

// How a publisher's time at a feed ends, and why it does not begin.
var (
	// ErrLeft means that the publisher ended its connection.
	ErrLeft = errors.New("the publisher left")
	// ErrTakenOver means that another publisher with the right key took the feed over.
	ErrTakenOver = errors.New("another publisher took the feed over")
	// ErrKicked means that the feed's key was changed, or that an editor wanted the publisher off.
	ErrKicked = errors.New("the publisher was turned out")
	// ErrClosed means that nobody is let in any more.
	ErrClosed = errors.New("the station is stopping")
	// ErrTaken means that another publisher is in the way.
	ErrTaken = errors.New("the feed is being published already")
	// ErrFull means that as many publish as may.
	ErrFull = errors.New("too many publishers are at work")
	// ErrAttempts means that an address tried too many wrong keys.
	ErrAttempts = errors.New("too many wrong stream keys from this address")
	// ErrFeedRead means that a feed is already being waited for.
	ErrFeedRead = errors.New("the feed's publisher is already being read")
)

// Info tells who publishes.
type Info struct {
	Feed     string
	Protocol string // rtsp, rtmp, srt or whip
	Address  netip.AddrPort
	Agent    string // what the encoder calls itself, clipped; empty where it does not tell
}

// Publisher is an encoder's connection that was let in.
type Publisher interface {
	Info() Info
	// Attach has what the publisher sends from now on kept for a reader, and returns what reads it. It must not block:
	// the desk holds its lock. It is called again when that reader has gone and another comes; in between, what the
	// publisher sends is dropped.
	Attach() Read
	// End closes the connection, and tells the encoder why if its protocol can. It must not block, and may be called
	// more than once.
	End(cause error)
}

// Read delivers to r until the publisher leaves (an error that wraps ErrLeft, or another cause), until r refuses the tracks,
// or until ctx is done. When it returns, the publisher is not attached any more.
type Read func(ctx context.Context, r input.Receiver) error
