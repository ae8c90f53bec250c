package playout

import (
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

const (
	// latestTime bounds a run that has no random access point to break at.
	latestTime = 26 * time.Hour

	// maxAhead is how far ahead of where the one before ended another source's times may be and still count as going
	// on: past it, players built on ffmpeg take a step for a fault.
	maxAhead = 10 * time.Second

	// longestTime is the latest stored media time that is believed.
	longestTime = 1000 * time.Hour
)

// Join makes an entry the next one of a channel whose last is given, nil where there is none. Media times go on over a
// change of source: a player that honours EXT-X-DISCONTINUITY does not care, but one built on ffmpeg ignores it, and
// where stamps fall back it starves one of the tracks. Media whose own times go on already is left as it is, so that what
// is stored can be sent as it is. The entry's Discontinuity, as given, says whether it continues the last one; it is set as
// well where times begin anew. The result depends on nothing else, so that a restart makes the same channel.
func Join(last *timeline.Entry, e timeline.Entry) timeline.Entry {
	e.Shift = 0
	switch {
	case !timed(&e) || last != nil && !timed(last):
		// Entries of before times were recorded say nothing of them. A run that is unbroken keeps its shift.
		if last != nil && !e.Discontinuity && timed(last) {
			e.Shift = last.Shift
		}
		return e
	case last == nil:
		return beginAnew(e)
	}
	end := shown(last) + last.Duration
	if !e.Discontinuity && (end < media.LastTime || !e.Independent && end < latestTime) {
		e.Shift = last.Shift
		return e
	}
	e.Discontinuity = true
	same := sameSource(last, &e)
	switch ahead := e.Time - end; {
	case end+media.RunPause >= media.LastTime:
		return beginAnew(e)
	case ahead >= 0 && (ahead <= maxAhead || same && last.Shift == 0 && e.Time < media.LastTime):
	case same && ahead+last.Shift >= 0 && ahead+last.Shift <= maxAhead:
		e.Shift = last.Shift
	default:
		e.Shift = end + media.RunPause - e.Time
	}
	return e
}

// beginAnew is where media times fall in any case: to the source's own, so that they next fall where the source's do.
func beginAnew(e timeline.Entry) timeline.Entry {
	if e.Time >= media.LastTime {
		e.Shift = media.FirstTime - e.Time
	}
	return e
}

// shown is the media time at which an entry is put out.
func shown(e *timeline.Entry) time.Duration { return e.Time + e.Shift }

// timed says that an entry tells its media time, and one that can be.
func timed(e *timeline.Entry) bool {
	return e.Time > 0 && e.Time <= longestTime && e.Duration >= 0 && e.Duration <= longestTime &&
		e.Shift.Abs() <= longestTime && shown(e) >= 0
}

// sameSource says that two entries' media belong to one feed or asset.
func sameSource(a, b *timeline.Entry) bool { return owner(a.Object) == owner(b.Object) }

// owner is the feed or asset that an object belongs to: the first two parts of its name.
func owner(object string) string {
	slashes := 0
	for i := range len(object) {
		if object[i] != '/' {
			continue
		}
		slashes++
		if slashes == 2 {
			return object[:i]
		}
	}
	return object
}
