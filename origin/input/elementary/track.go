package elementary

import (
	"time"

	"podium.tv/podium/packager/media"
)

// Track is one elementary stream of a connection, on its way through a Stream.
type Track struct {
	// Essence tells codec and timescale. One that is also a Video is given up when no random access point comes.
	Essence Essence
	// Name is the codec's for messages, such as "h264".
	Name string
	Kind media.Kind
	// Language is an RFC 5646 tag, or empty.
	Language string
	// Heard says that anything came of it. Whoever reads its packets sets it.
	Heard bool

	// waiting is since when pictures are dropped for want of a random access point; zero while none are.
	waiting time.Time
	// codec and timescale are what the receiver was told; nil before.
	codec     media.Codec
	timescale int
	language  string
	begun     bool // a sample was delivered
	index     int  // in the last description; -1 while it is in none
}
