package feed

import "time"

// EventKind says what happened to a feed.
type EventKind string

// What happens to a feed.
const (
	// SourceUp: a source brings pictures, on the air or not.
	SourceUp EventKind = "source_up"
	// SourceDown: it does not any more.
	SourceDown EventKind = "source_down"
	// OnAir: a source is on the air where there was nothing.
	OnAir EventKind = "on_air"
	// Switched: a source was left for another that is not better.
	Switched EventKind = "switched"
	// Back: a better source was taken back, or any after the slate.
	Back EventKind = "back"
	// OnSlate: no source is good, and viewers see the slate.
	OnSlate EventKind = "on_slate"
	// OffAir: no source is good, and viewers see nothing new.
	OffAir EventKind = "off_air"
)

// Reason is why a source was left, in one word for machines.
type Reason string

// Why sources are left, and taken.
const (
	Ended     Reason = "ended" // the connection, or nobody has connected
	NoVideo   Reason = "no_video"
	NoAudio   Reason = "no_audio"
	Frozen    Reason = "frozen"
	Black     Reason = "black"
	Silent    Reason = "silent"
	Errors    Reason = "errors"
	Bitrate   Reason = "bitrate"
	Better    Reason = "better" // a better source is good again
	Unwatched Reason = "unwatched"
)

// Event is what happened to a feed, for people, hooks and the log.
type Event struct {
	At   time.Time
	Feed string
	Kind EventKind
	// From and To name sources. They are empty for nothing, and SlateName for the slate.
	From, To string
	Reason   Reason
	// Cause says why in plain words, and Advice what to do about it.
	Cause, Advice string
}

// SlateName is what the slate is called where sources are named.
const SlateName = "slate"
