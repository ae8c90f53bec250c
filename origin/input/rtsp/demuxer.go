package rtsp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// demuxer turns the packets of one connection into tracks and samples. One goroutine owns it.
type demuxer struct {
	tracks   []*track
	receiver input.Receiver
	now      func() time.Time

	// parametersWait, keyframeWait and silence are what is waited for at most: a track's parameters, a random access
	// point, any sample at all.
	parametersWait time.Duration
	keyframeWait   time.Duration
	silence        time.Duration

	base      timebase
	described bool
	started   time.Time
	sampled   time.Time // when the last sample was delivered
	faults    LossError
	events    []event
	frames    []frame
	held      []heldSample
	heldBytes int
}

// run takes events until ctx is done or ended tells why the connection is over.
func (d *demuxer) run(ctx context.Context, q *queue, ended <-chan error) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	d.started = d.now()
	d.sampled = d.started
	defer func() { d.report(q) }()
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
			d.report(q)
			if err := d.check(d.now()); err != nil {
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
	d.events = q.take(d.events)
	for i := range d.events {
		if err := d.take(d.events[i]); err != nil {
			return err
		}
	}
	return nil
}

func (d *demuxer) take(e event) error {
	switch {
	case e.note != nil:
		d.receiver.Warn(e.note)
	case e.broken != nil:
		d.broken(e.broken)
	case e.report != nil:
		d.senderReport(e.medium, e.report)
	case e.packet != nil:
		return d.packet(e.track, e.packet, e.at)
	}
	return nil
}

// report tells the receiver what went wrong since the last time.
func (d *demuxer) report(q *queue) {
	d.faults.Dropped += q.dropped.Swap(0)
	if d.faults.Lost == 0 && d.faults.Dropped == 0 && d.faults.Broken == 0 {
		return
	}
	faults := d.faults
	d.faults = LossError{}
	d.receiver.Warn(&faults)
}

func (d *demuxer) broken(err error) {
	d.faults.Broken++
	d.faults.Last = err
}

// senderReport ties the wall clock of a medium's sender to the RTP time of its track. Reports of other
// synchronization sources than the track's are of a mixer or of a stream that is gone.
func (d *demuxer) senderReport(medium *description.Media, sr *rtcp.SenderReport) {
	wall, ok := wallTime(sr.NTPTime)
	if !ok {
		return
	}
	for _, t := range d.tracks {
		switch {
		case t.medium != medium:
		case !t.received:
			t.early = sr
		case t.ssrc == sr.SSRC:
			t.time.setClock(wall, sr.RTPTime)
		}
	}
}

// packet takes one RTP packet; its error is what the receiver says of the tracks, and final.
func (d *demuxer) packet(t *track, pkt *rtp.Packet, at time.Time) error {
	if !slices.Contains(d.tracks, t) {
		return nil // It was dropped for want of parameters.
	}
	d.sequence(t, pkt)
	frames, ok := d.read(t, pkt, at)
	if !ok {
		return nil
	}
	for _, f := range frames {
		s, ok := d.sample(t, f)
		if !ok {
			continue
		}
		if err := d.deliver(t, s, at); err != nil {
			return err
		}
	}
	return nil
}

// sequence counts what is missing before pkt.
func (d *demuxer) sequence(t *track, pkt *rtp.Packet) {
	if t.received && pkt.SequenceNumber != t.sequence+1 {
		if gap := pkt.SequenceNumber - t.sequence - 1; gap < 1<<15 {
			d.faults.Lost += uint64(gap)
		}
		t.essence.lost()
	}
	first := !t.received
	t.received, t.sequence, t.ssrc = true, pkt.SequenceNumber, pkt.SSRC
	t.time.unwrap(pkt.Timestamp)
	if first && t.early != nil && t.early.SSRC == t.ssrc {
		if wall, ok := wallTime(t.early.NTPTime); ok {
			t.time.setClock(wall, t.early.RTPTime)
		}
	}
}

// read gives the frames that pkt completed. What a stranger sends must not end the process, whatever the
// depacketizer of a third party makes of it.
func (d *demuxer) read(t *track, pkt *rtp.Packet, at time.Time) (frames []frame, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			t.essence.lost()
			d.broken(fmt.Errorf("packet that cannot be read: %v", p))
			frames, ok = nil, false
		}
	}()
	if t.essence.starts(pkt) {
		d.base.observe(&t.time, at)
	}
	frames, err := t.essence.read(d.frames[:0], pkt)
	d.frames = frames[:0]
	t.time.clockRate = int64(t.essence.clockRate())
	if err == errMore { //nolint:errorlint // It is never wrapped, and this is the hot path.
		return nil, false
	}
	if err != nil {
		d.broken(err)
		return nil, false
	}
	return frames, t.time.anchored
}

// sample gives the sample that a frame is, with its times.
func (d *demuxer) sample(t *track, f frame) (s media.Sample, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			t.essence.lost()
			d.broken(fmt.Errorf("frame that cannot be read: %v", p))
			ok = false
		}
	}()
	timescale := int64(t.essence.timescale())
	if timescale == 0 {
		return s, false
	}
	ticks := t.time.peek(f.stamp)
	s, ok, err := t.essence.sample(f, t.time.pts(ticks, timescale)+f.offset)
	if err != nil {
		d.broken(err)
	}
	if !ok || err != nil {
		return s, false
	}
	if wall := t.time.clock.at(ticks, t.time.clockRate); !wall.IsZero() {
		s.Wall = wall.Add(ticksToTime(f.offset, timescale))
	}
	return s, true
}

// deliver gives a sample to the receiver, after the description that holds for it.
func (d *demuxer) deliver(t *track, s media.Sample, at time.Time) error {
	codec := t.essence.codec()
	if codec != t.codec && s.Sync && (t.codec == nil || !media.Equal(t.codec, codec)) {
		t.codec, t.timescale = codec, t.essence.timescale()
		d.described = false
	}
	if !d.described {
		ok, err := d.describe()
		if err != nil {
			return err
		}
		if !ok {
			d.hold(t, s, at)
			return nil
		}
		held := d.held
		d.held, d.heldBytes = nil, 0
		for _, h := range held {
			d.hand(h.track, h.sample, h.at)
		}
	}
	d.hand(t, s, at)
	return nil
}

// hand gives a sample to the receiver. A track of pictures begins with a random access point.
func (d *demuxer) hand(t *track, s media.Sample, at time.Time) {
	index := slices.Index(d.tracks, t)
	if index < 0 || !t.begun && !s.Sync {
		return
	}
	t.begun = true
	d.sampled = at
	d.receiver.Sample(index, s)
}

// What is held while the tracks are not all known: about the first second of a stream.
const (
	maxHeld      = 512
	maxHeldBytes = 16 << 20
)

type heldSample struct {
	track  *track
	sample media.Sample
	at     time.Time
}

// hold keeps a sample until the tracks are described; if that takes long, the oldest are of no use any more.
func (d *demuxer) hold(t *track, s media.Sample, at time.Time) {
	if len(d.held) == maxHeld || d.heldBytes > maxHeldBytes {
		d.held, d.heldBytes = nil, 0
	}
	d.held = append(d.held, heldSample{t, s, at})
	d.heldBytes += s.Size()
}

// describe tells the receiver the tracks, if all of them are known.
func (d *demuxer) describe() (bool, error) {
	out := make([]media.Track, 0, len(d.tracks))
	for i, t := range d.tracks {
		if t.codec == nil {
			t.codec, t.timescale = t.essence.codec(), t.essence.timescale()
		}
		if t.codec == nil {
			return false, nil
		}
		out = append(out, media.Track{ID: i + 1, Timescale: t.timescale, Codec: t.codec})
	}
	if err := d.receiver.Describe(out); err != nil {
		return false, fmt.Errorf("describe the tracks: %w", err)
	}
	d.described = true
	return true, nil
}

// waiter is an essence that cannot start anywhere.
type waiter interface{ waiting() bool }

// check ends a connection that does not get anywhere.
func (d *demuxer) check(now time.Time) error {
	if err := d.checkParameters(now); err != nil {
		return err
	}
	for _, t := range d.tracks {
		w, ok := t.essence.(waiter)
		if !ok || !t.received || !w.waiting() {
			t.waiting = time.Time{}
			continue
		}
		if t.waiting.IsZero() {
			t.waiting = now
		}
		if now.Sub(t.waiting) >= d.keyframeWait {
			return waited(ErrNoKeyframe, d.keyframeWait, "set the encoder's key frame interval to 2 seconds")
		}
	}
	if now.Sub(d.sampled) >= d.silence {
		return fmt.Errorf("%w for %s", ErrSilent, d.silence)
	}
	return nil
}

// checkParameters gives up waiting for parameters that are told in the stream only. Sound that never comes is left
// out; without its pictures a stream is nothing.
func (d *demuxer) checkParameters(now time.Time) error {
	if d.described || now.Sub(d.started) < d.parametersWait {
		return nil
	}
	kept := make([]*track, 0, len(d.tracks))
	for _, t := range d.tracks {
		if t.essence.codec() != nil {
			kept = append(kept, t)
			continue
		}
		name := strings.ToLower(t.format.Codec())
		err := waited(ErrNoParameters, d.parametersWait,
			"the "+name+" track is left out; check that the encoder sends it")
		if t.kind() == media.Video {
			return waited(ErrNoParameters, d.parametersWait,
				"set the encoder to send the "+name+" parameter sets before every key frame")
		}
		d.receiver.Warn(err)
	}
	if len(kept) == len(d.tracks) {
		return nil
	}
	d.tracks = kept
	if len(kept) == 0 {
		return waited(ErrNoParameters, d.parametersWait, "none of the tracks tells what it is")
	}
	return nil
}
