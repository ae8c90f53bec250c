// Package slate is what viewers see while a feed has no good source: a still picture with words, or the station's own film,
// encoded once and played round and round.
package slate

import (
	"errors"
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
)

// ErrUnsuitable says that a file is no slate.
var ErrUnsuitable = errors.New("not a slate: an MP4 file with H.264 and AAC, as Encode makes it, is expected")

// Loop is a slate: a short run of pictures and sound. It does not change, and any number of feeds may play it at a time.
type Loop struct {
	tracks []run
	length time.Duration // of one turn: its pictures', or its sound's where it has none
}

// run are the samples of one track, with times from 0.
type run struct {
	media.Track
	samples []media.Sample
	length  int64 // of all samples, in the track's timescale
	frame   int64 // of one
}

// Tracks describe what the loop plays.
func (l *Loop) Tracks() []media.Track {
	out := make([]media.Track, len(l.tracks))
	for i := range l.tracks {
		out[i] = l.tracks[i].Track
		out[i].ID = i + 1
	}
	return out
}

// Sound is the loop without its pictures, for a feed that has none: what a radio falls silent with. It is nil where the loop has
// no sound.
func (l *Loop) Sound() *Loop {
	for _, r := range l.tracks {
		if r.Kind() == media.Audio {
			return &Loop{tracks: []run{r}, length: media.Duration(r.length, r.Timescale)}
		}
	}
	return nil
}

// What can be played at the pace of a clock.
const (
	minTurn  = 100 * time.Millisecond
	maxTurn  = time.Hour
	minFrame = time.Millisecond
	maxFrame = 10 * time.Second
)

// check says whether the loop can be played: it begins with a random access point, and sound need not be stretched.
func (l *Loop) check() error {
	if len(l.tracks) == 0 {
		return fmt.Errorf("%w, this has neither", ErrUnsuitable)
	}
	for i := range l.tracks {
		r := &l.tracks[i]
		if len(r.samples) == 0 || !r.samples[0].Sync {
			return fmt.Errorf("%w, track %d begins without a key frame or is empty", ErrUnsuitable, i+1)
		}
		length := media.Duration(r.length, r.Timescale)
		frame := media.Duration(r.frame, r.Timescale)
		if length < minTurn || length > maxTurn || length/time.Duration(len(r.samples)) < minFrame || frame < minFrame || frame > maxFrame {
			return fmt.Errorf("%w, track %d lasts %s with %d frames", ErrUnsuitable, i+1, length, len(r.samples))
		}
	}
	l.length = media.Duration(l.tracks[0].length, l.tracks[0].Timescale)
	return nil
}
