package rtmp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// demuxer turns the messages of one connection into tracks and samples. One goroutine owns it.
type demuxer struct {
	stream elementary.Stream
	now    func() time.Time

	time    timeline
	tracks  map[trackKey]*track
	dropped []error             // why tracks are not carried
	told    map[string]struct{} // what was warned of
	awaited awaited
	waiting []arrival
}

// trackKey tells the tracks of a connection apart.
type trackKey struct {
	kind media.Kind
	id   uint8
}

func newDemuxer(stream elementary.Stream, now func() time.Time) *demuxer {
	d := &demuxer{stream: stream, now: now, tracks: make(map[trackKey]*track), told: make(map[string]struct{})}
	d.stream.Packets = "RTMP messages"
	d.stream.Hold = true
	return d
}

// run takes messages until ctx is done or ended tells why the connection is over.
func (d *demuxer) run(ctx context.Context, q *queue, ended <-chan error) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	d.stream.Begin(d.now())
	defer d.stream.Report()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.wake:
			if err := d.drain(q); err != nil {
				return err
			}
		case <-ticker.C:
			if err := d.drain(q); err != nil {
				return err
			}
			d.stream.Report()
			if err := d.tick(d.now()); err != nil {
				return err
			}
		case cause := <-ended:
			if err := d.drain(q); err != nil {
				return err
			}
			return cause
		}
	}
}

// drain takes what waits.
func (d *demuxer) drain(q *queue) error {
	d.waiting = q.take(d.waiting)
	for i := range d.waiting {
		if err := d.take(&d.waiting[i]); err != nil {
			return err
		}
	}
	return nil
}

// tick gives up what gets nowhere.
func (d *demuxer) tick(now time.Time) error {
	d.settle(now)
	if !d.stream.Hold && len(d.tracks) == 0 && len(d.dropped) > 0 {
		return noTracks(d.dropped)
	}
	return d.stream.Check(now)
}

// take reads one message. Its error is final: what the receiver says of the tracks, or a codec that took another's place.
func (d *demuxer) take(a *arrival) error {
	if a.kind == kindDataAMF0 || a.kind == kindDataAMF3 {
		if data, err := readAMF(&a.message); err == nil {
			d.awaited.announce(data)
		}
		return nil
	}
	if !a.isMedia() {
		return nil
	}
	tags, err := readTags(&a.message)
	if err != nil {
		d.stream.Broken(err)
		return nil
	}
	for i := range tags {
		if err := d.tag(&tags[i], a); err != nil {
			return err
		}
	}
	return nil
}

func (d *demuxer) tag(g *tag, a *arrival) error {
	if g.part == partOther {
		return nil
	}
	t, err := d.track(g)
	if err != nil || t == nil {
		return err
	}
	d.awaited.came(g.kind, a.at)
	d.settle(a.at)
	if !d.stream.Has(&t.Track) {
		return nil // It was dropped for want of parameters.
	}
	t.Heard = true
	s, ok := d.sample(t, g, a.stamp)
	if !ok {
		return nil
	}
	return d.stream.Deliver(&t.Track, s, a.at)
}

// sample reads a tag. What a stranger sends must not end the process, whatever the libraries below make of it.
func (d *demuxer) sample(t *track, g *tag, stamp uint32) (s media.Sample, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			d.stream.Broken(fmt.Errorf("%s that cannot be read: %v", t.codec, p))
			ok = false
		}
	}()
	if g.part == partConfig {
		if err := t.configure(g.payload); err != nil {
			d.stream.Broken(err)
		}
		return s, false
	}
	// Configurations are often sent with a stamp of zero, which is no time of the stream.
	s, ok, err := t.sample(g, d.time.unwrap(stamp))
	if err != nil {
		d.stream.Broken(err)
		return s, false
	}
	return s, ok
}

// track finds a tag's track, or takes it on. It is nil for one that is not carried.
func (d *demuxer) track(g *tag) (*track, error) {
	key := trackKey{g.kind, g.track}
	if t := d.tracks[key]; t != nil {
		if t.codec != g.codec {
			return nil, fmt.Errorf("the encoder changed a track from %s to %s: it has to connect anew", t.codec, g.codec)
		}
		return t, nil
	}
	if g.kind == media.Video && g.track != 0 && d.tracks[trackKey{media.Video, 0}] != nil {
		d.drop("video", errors.New("a second video track is dropped: set the encoder to send one"))
		return nil, nil
	}
	if len(d.tracks) == media.MaxTracks {
		d.drop("tracks", fmt.Errorf("a %s track is dropped: a feed carries at most %d tracks", g.codec, media.MaxTracks))
		return nil, nil
	}
	t, err := newTrack(g)
	if err != nil {
		d.awaited.came(g.kind, d.now())
		d.drop(g.codec, err)
		return nil, nil // The other tracks go on.
	}
	d.tracks[key] = t
	d.stream.Add(&t.Track)
	return t, nil
}

// maxTold bounds what a connection can have us warn of.
const maxTold = 16

// drop warns, once for each of a stream's oddities.
func (d *demuxer) drop(what string, err error) {
	if _, ok := d.told[what]; ok || len(d.told) == maxTold {
		return
	}
	d.told[what] = struct{}{}
	d.dropped = append(d.dropped, err)
	d.stream.Receiver.Warn(err)
}

// settle ends the wait for tracks.
func (d *demuxer) settle(now time.Time) {
	if d.stream.Hold && d.awaited.settled(now) {
		d.stream.Hold = false
	}
}

// noTracks is ErrNoTracks with what there is instead.
func noTracks(dropped []error) error {
	reasons := make([]string, 0, len(dropped))
	for _, err := range dropped {
		reasons = append(reasons, err.Error())
	}
	return fmt.Errorf("%w (%s)", input.ErrNoTracks, strings.Join(reasons, "; "))
}
