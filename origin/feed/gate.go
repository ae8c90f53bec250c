package feed

import (
	"fmt"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// Describe implements input.Receiver.
func (l *line) Describe(tracks []media.Track) error {
	init, err := describe(tracks)
	if err != nil {
		return err
	}
	if l.init.Equal(init) {
		return nil
	}
	l.init, l.leading = init, init.Leading()
	l.keyed, l.unkeyed = false, unkeyed{}
	l.board.described(trackStatus(init))
	l.monitor.Describe(init.Tracks, l.feed.Now())
	l.feed.air.describe(l)
	return nil
}

// describe checks an input's tracks.
func describe(tracks []media.Track) (*media.Init, error) {
	if len(tracks) == 0 {
		return nil, errNoTracks
	}
	if len(tracks) > media.MaxTracks {
		return nil, fmt.Errorf("the input has %d tracks, at most %d can be recorded", len(tracks), media.MaxTracks)
	}
	init := &media.Init{Tracks: append([]media.Track(nil), tracks...)}
	for i := range init.Tracks {
		init.Tracks[i].ID = i + 1
		if init.Tracks[i].Timescale <= 0 || init.Tracks[i].Codec == nil {
			return nil, fmt.Errorf("track %d has no timescale or codec", i+1)
		}
	}
	return init, nil
}

// Sample implements input.Receiver.
func (l *line) Sample(track int, s media.Sample) {
	if l.init == nil || track < 0 || track >= len(l.init.Tracks) {
		return
	}
	size := s.Size()
	if size == 0 {
		return
	}
	now := l.feed.Now()
	kind := l.init.Tracks[track].Kind()
	leading := track == l.leading
	begins := leading && (s.Sync || kind != media.Video)
	l.monitor.Sample(track, &s, now)
	l.board.sample(kind, leading, begins, size, now)
	if begins && kind == media.Video {
		l.eye.Key(l.init.Tracks[track].Codec, &s, now)
	}
	if begins && !l.keyed {
		l.keyed = true
		l.feed.nudge()
	}
	switch {
	case l.live.Load(), begins && l.permit.Load():
		l.feed.air.sample(l, track, s, begins, now)
	case leading && !l.keyed:
		l.unkeyed.watch(l, s.DTS)
	}
}

// Warn implements input.Receiver.
func (l *line) Warn(err error) {
	now := l.feed.Now()
	l.monitor.Warn(err, now)
	l.board.warned(err, now)
	l.feed.Metrics.warnings.WithLabelValues(l.feed.ID).Inc()
	l.faults.tell(l.feed.Log, "input has a fault that is lived with", err, now, "input", l.Name)
}

// unkeyedAfter is how long pictures may come without one to begin with before that is reported, again and again.
const unkeyedAfter = 10 * time.Second

// unkeyed watches for a source that never sends a random access point. Once it is on the air, the segmenter does.
type unkeyed struct {
	waits bool
	since int64
}

func (n *unkeyed) watch(l *line, dts int64) {
	if !n.waits || dts < n.since {
		n.waits, n.since = true, dts
	}
	if media.Duration(dts-n.since, l.init.Tracks[l.leading].Timescale) >= unkeyedAfter {
		n.since = dts
		l.Warn(segment.ErrNoSync)
	}
}
