package rtsp

import (
	"context"
	"fmt"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/rtptime"
	"podium.tv/podium/packager/media"
)

// demuxer turns the packets of one connection into tracks and samples. One goroutine owns it.
type demuxer struct {
	stream elementary.Stream
	tracks []*track
	now    func() time.Time

	base   rtptime.Base
	events []event
	frames []frame
}

// begin takes the tracks on.
func (d *demuxer) begin() {
	d.stream.Packets = "RTP packets"
	for _, t := range d.tracks {
		d.stream.Add(&t.Track)
	}
	d.stream.Begin(d.now())
}

// run takes events until ctx is done or ended tells why the connection is over.
func (d *demuxer) run(ctx context.Context, q *queue, ended <-chan error) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	d.begin()
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
			if err := d.stream.Check(d.now()); err != nil {
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
		d.stream.Receiver.Warn(e.note)
	case e.broken != nil:
		d.stream.Broken(e.broken)
	case e.report != nil:
		d.senderReport(e.medium, e.report)
	case e.packet != nil:
		return d.packet(e.track, e.packet, e.at)
	}
	return nil
}

// report tells the receiver what went wrong since the last time.
func (d *demuxer) report(q *queue) {
	d.stream.Dropped(q.dropped.Swap(0))
	d.stream.Report()
}

// senderReport ties the wall clock of a medium's sender to the RTP time of its track. Reports of other
// synchronization sources than the track's are of a mixer or of a stream that is gone.
func (d *demuxer) senderReport(medium *description.Media, sr *rtcp.SenderReport) {
	wall, ok := rtptime.Wall(sr.NTPTime)
	if !ok {
		return
	}
	for _, t := range d.tracks {
		switch {
		case t.medium != medium:
		case !t.Heard:
			t.early = sr
		case t.ssrc == sr.SSRC:
			t.time.SetClock(wall, sr.RTPTime)
		}
	}
}

// packet takes one RTP packet; its error is what the receiver says of the tracks, and final.
func (d *demuxer) packet(t *track, pkt *rtp.Packet, at time.Time) error {
	if !d.stream.Has(&t.Track) {
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
		if err := d.stream.Deliver(&t.Track, s, at); err != nil {
			return err
		}
	}
	return nil
}

// sequence counts what is missing before pkt.
func (d *demuxer) sequence(t *track, pkt *rtp.Packet) {
	if t.Heard && pkt.SequenceNumber != t.sequence+1 {
		if gap := pkt.SequenceNumber - t.sequence - 1; gap < 1<<15 {
			d.stream.Lost(uint64(gap))
		}
		t.essence.Lost()
	}
	first := !t.Heard
	t.Heard, t.sequence, t.ssrc = true, pkt.SequenceNumber, pkt.SSRC
	t.time.Unwrap(pkt.Timestamp)
	if first && t.early != nil && t.early.SSRC == t.ssrc {
		if wall, ok := rtptime.Wall(t.early.NTPTime); ok {
			t.time.SetClock(wall, t.early.RTPTime)
		}
	}
}

// read gives the frames that pkt completed. What a stranger sends must not end the process, whatever the
// depacketizer of a third party makes of it.
func (d *demuxer) read(t *track, pkt *rtp.Packet, at time.Time) (frames []frame, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			t.essence.Lost()
			d.stream.Broken(fmt.Errorf("packet that cannot be read: %v", p))
			frames, ok = nil, false
		}
	}()
	if t.essence.starts(pkt) {
		d.base.Observe(&t.time, at)
	}
	frames, err := t.essence.read(d.frames[:0], pkt)
	d.frames = frames[:0]
	t.time.ClockRate = int64(t.essence.clockRate())
	if err == errMore { //nolint:errorlint // It is never wrapped, and this is the hot path.
		return nil, false
	}
	if err != nil {
		d.stream.Broken(err)
		return nil, false
	}
	return frames, t.time.Anchored()
}

// sample gives the sample that a frame is, with its times.
func (d *demuxer) sample(t *track, f frame) (s media.Sample, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			t.essence.Lost()
			d.stream.Broken(fmt.Errorf("frame that cannot be read: %v", p))
			ok = false
		}
	}()
	timescale := int64(t.essence.Timescale())
	if timescale == 0 {
		return s, false
	}
	ticks := t.time.Peek(f.stamp)
	s, ok, err := t.essence.sample(f, t.time.PTS(ticks, timescale)+f.offset)
	if err != nil {
		d.stream.Broken(err)
	}
	if !ok || err != nil {
		return s, false
	}
	if wall := t.time.Wall(ticks); !wall.IsZero() {
		s.Wall = wall.Add(rtptime.Duration(f.offset, timescale))
	}
	return s, true
}
