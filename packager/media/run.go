package media

import "time"

// Media times of feeds, channels and assets run between these, so that what is mixed of them goes on.
const (
	// FirstTime is where media times begin: CMAF's decoding times are unsigned, and pictures that are decoded before they
	// are shown, and the clock of MPEG-TS, need room before it.
	FirstTime = 10 * time.Second

	// LastTime is where they begin anew: MPEG-TS stamps wrap after 26.5 hours (33 bits at 90 kHz), and players stumble
	// over it.
	LastTime = 24 * time.Hour

	// RunPause stands between the last stamp of a run and the first of the next, for the duration of the last sample, for
	// pictures shown late, and for tracks that do not lead: they end a little later, and begin a little earlier.
	RunPause = 500 * time.Millisecond
)
