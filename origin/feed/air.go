package feed

import (
	"sync"
	"sync/atomic"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

// air is the one way from what is on the air to the feed's timeline. Lines and the slate take it from one another; each time what is in the
// making ends, and another epoch begins.
type air struct {
	feed *Feed
	rec  *recorder

	mu       sync.Mutex
	receiver *receiver // nil while nothing is on the air
	on       *line     // nil while nothing is, or the slate
	slate    *slateRun
	last     aired
	sound    bool // what was on the air last had no pictures

	onSlate atomic.Bool
}

// aired is where what was on the air ended: the date at which its last picture ended, and when that came in.
type aired struct{ ended, arrived time.Time }

// shown is what is on the air.
type shown struct {
	line  *line
	slate bool
	last  aired
}

// shows tells what is on the air.
func (a *air) shows() shown {
	a.mu.Lock()
	defer a.mu.Unlock()
	return shown{line: a.on, slate: a.slate != nil, last: a.last}
}

// permit says which lines may go on the air with their next random access point, in place of what is there: unless that has changed.
func (a *air) permit(instead shown, may func(*line) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.on != instead.line || (a.slate != nil) != instead.slate {
		return
	}
	for _, l := range a.feed.lines {
		l.permit.Store(may(l))
	}
}

// sample takes a sample of a line that is on the air, or goes there with it.
func (a *air) sample(l *line, track int, s media.Sample, begins bool, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.on != l {
		if !begins || !l.permit.Load() {
			return
		}
		a.take(l, now)
	}
	a.receiver.Sample(track, s, now)
}

// take puts a line on the air.
func (a *air) take(l *line, now time.Time) {
	f := a.feed
	if a.slate != nil {
		a.slate.play(now) // Up to the picture that follows.
	}
	a.clear()
	for _, other := range f.lines {
		other.permit.Store(false)
	}
	a.on = l
	l.live.Store(true)
	a.sound = l.init.Tracks[l.leading].Kind() != media.Video
	a.receiver = &receiver{
		feed: f, rec: a.rec, kind: timeline.Live, wall: f.Wall, grid: f.Grid, warn: l.Warn, distrust: &l.distrust,
	}
	a.receiver.describe(l.init)
	f.Log.Info("feed is online", "input", l.Name, "tracks", inWords(l.init))
	f.nudge()
}

// describe tells of new parameters of a line.
func (a *air) describe(l *line) {
	if !l.live.Load() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.on == l {
		a.sound = l.init.Tracks[l.leading].Kind() != media.Video
		a.receiver.describe(l.init)
	}
}

// leave takes a line off the air, if it is there.
func (a *air) leave(l *line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l.permit.Store(false)
	if a.on == l {
		a.clear()
	}
}

// rest takes everything off the air, and forgets when it was there.
func (a *air) rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clear()
	a.last = aired{}
}

// clear ends what is on the air.
func (a *air) clear() {
	if r := a.receiver; r != nil {
		r.end()
		if !r.ended.IsZero() {
			a.last = aired{r.ended, r.arrived}
		}
	}
	if a.on != nil {
		a.on.live.Store(false)
	}
	a.receiver, a.on, a.slate = nil, nil, nil
	a.onSlate.Store(false)
}
