package whip

import (
	"context"
	"time"

	"github.com/pion/rtcp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/rtptime"
)

// Both tracks' places in time are known once both sender reports came. Until then, and for at most gatherWait from the first
// packet on, packets are kept: sound that is placed by its arrival is beside the lips.
const (
	gatherWait = 1500 * time.Millisecond
	maxKept    = 4096
)

// askAgain is how long is waited for a key frame that was asked for before it is asked for again.
const askAgain = 500 * time.Millisecond

// demuxer turns a session's packets into tracks and samples. One goroutine owns it.
type demuxer struct {
	session *session
	sink    *sink
	stream  elementary.Stream
	now     func() time.Time
	every   time.Duration // a key frame is asked for; 0 only where it is needed

	base   rtptime.Base
	tracks map[media]*track

	gathered bool
	begun    time.Time // when the first packet came
	kept     []keptPacket

	asked time.Time // when a key frame was asked for
	due   time.Time // when the next is, regularly
	fault error     // what the receiver says of the tracks
}

type keptPacket struct {
	track *track
	arrival
}

func (d *demuxer) run(ctx context.Context) error {
	d.tracks = make(map[media]*track, 2)
	for _, c := range d.session.codecs {
		t, err := newTrack(c)
		if err != nil {
			return err
		}
		d.tracks[t.media] = t
	}
	d.stream.Begin(d.now())
	defer d.report()
	quick, slow := time.NewTicker(50*time.Millisecond), time.NewTicker(time.Second)
	defer quick.Stop()
	defer slow.Stop()
	for d.fault == nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-d.sink.events:
			d.take(e)
		case <-quick.C:
			now := d.now()
			for _, t := range d.tracks {
				t.waiting.flush(now, func(a arrival) { d.order(t, a) })
			}
			if !d.gathered && !d.begun.IsZero() && now.Sub(d.begun) >= gatherWait {
				d.settle()
			}
			d.askKey(now)
		case <-slow.C:
			d.report()
			if err := d.stream.Check(d.now()); err != nil {
				return err
			}
		case <-d.session.left:
			return d.session.cause
		}
	}
	return d.fault
}

func (d *demuxer) take(e event) {
	t := d.tracks[e.media]
	switch {
	case t == nil:
	case e.report != nil:
		t.clock(e.report)
		if !d.gathered && d.complete() {
			d.settle()
		}
	case e.packet != nil:
		if d.begun.IsZero() {
			d.begun = e.at
		}
		t.waiting.add(arrival{e.packet, e.at}, func(a arrival) { d.order(t, a) })
	}
}

// order takes a packet in its order.
func (d *demuxer) order(t *track, a arrival) {
	t.seen = true
	if d.gathered {
		d.packet(t, a)
		return
	}
	d.kept = append(d.kept, keptPacket{t, a})
	if len(d.kept) >= maxKept || d.complete() {
		d.settle()
	}
}

// complete says that all tracks that were agreed on are heard, and their clocks known.
func (d *demuxer) complete() bool {
	for _, t := range d.tracks {
		if !t.seen || t.report == nil {
			return false
		}
	}
	return true
}

// settle lets go what was kept.
func (d *demuxer) settle() {
	d.gathered = true
	// Pictures first: they are what is watched, and all that is there is described at once.
	for _, kind := range []media{pictureTrack, soundTrack} {
		if t := d.tracks[kind]; t != nil && t.seen {
			d.add(t)
		}
	}
	kept := d.kept
	d.kept = nil
	for _, k := range kept {
		d.packet(k.track, k.arrival)
	}
}

// add takes a track on with the first that is heard of it.
func (d *demuxer) add(t *track) {
	if !t.added {
		t.added = true
		d.stream.Add(&t.Track)
	}
}

// packet takes a packet whose place in time can be told.
func (d *demuxer) packet(t *track, a arrival) {
	if d.fault != nil {
		return
	}
	d.add(t)
	if t.hear(a.packet) {
		if d.fault = t.lose(a.packet); d.fault != nil {
			return
		}
	}
	d.base.Observe(&t.time, a.at)
	if len(a.packet.Payload) == 0 || !d.stream.Has(&t.Track) {
		return // Padding, by which a browser finds out how much it may send.
	}
	sample, ok, err := t.read(a.packet)
	if err != nil {
		d.stream.Broken(err)
		return
	}
	if !ok {
		return
	}
	if t.video != nil && sample.Sync {
		t.keyed, t.broken = a.at, false
	}
	d.fault = d.stream.Deliver(&t.Track, sample, a.at)
}

// askKey asks for a key frame when one is due, and until it is there where pictures cannot go on without one.
func (d *demuxer) askKey(now time.Time) {
	t := d.tracks[pictureTrack]
	if t == nil || !t.seen {
		return
	}
	regular := d.every > 0 && !now.Before(d.due)
	needed := t.keyed.IsZero() || t.broken || t.video.Waiting()
	// While packets are kept, the first answer is among them.
	needed = needed && now.Sub(d.asked) >= askAgain && (d.gathered || d.asked.IsZero())
	if !regular && !needed {
		return
	}
	d.asked = now
	if regular {
		if d.due = d.due.Add(d.every); d.due.Before(now) {
			d.due = now.Add(d.every)
		}
	}
	_ = d.session.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: d.session.ssrc(pictureTrack)}})
}

// report tells the receiver what went wrong since the last time.
func (d *demuxer) report() {
	var late uint64
	for _, t := range d.tracks {
		if lost := t.waiting.lost; lost > 0 {
			d.stream.Lost(lost)
			d.session.lost.Add(lost)
			t.waiting.lost = 0
		}
		late += t.waiting.late
		t.waiting.late = 0
	}
	d.session.late.Add(late)
	d.stream.Dropped(d.sink.dropped.Swap(0))
	d.stream.Report()
}
