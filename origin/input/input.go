// Package input is the contract between the ways in and a feed: an input turns one connection's wire
// into tracks and samples.
package input

import (
	"context"

	"podium.tv/podium/packager/media"
)

// Receiver takes what an input reads. Its methods are called from one goroutine at a time.
type Receiver interface {
	// Describe announces the tracks, before the first sample and again when a track's parameters
	// change. An error means that the feed cannot take them; the input ends with it.
	Describe(tracks []media.Track) error
	// Sample delivers one sample of the track with that index in the last Describe. The receiver owns the
	// sample's bytes from then on.
	Sample(track int, s media.Sample)
	// Warn reports something that is wrong but not fatal, in plain words: a track that had to be dropped,
	// lost packets, an access unit that could not be read.
	Warn(err error)
}

// Input is one way for a feed to get its pictures and sound.
type Input interface {
	// Run connects (or waits for a publisher), delivers to r until the connection ends or ctx is done,
	// and says why it ended. It is called again, after a pause, for the next connection.
	Run(ctx context.Context, r Receiver) error
	// String names the input for logs, without credentials.
	String() string
}
