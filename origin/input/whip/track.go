package whip

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph265"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/rtptime"
	packaged "podium.tv/podium/packager/media"
)

// depacketizer makes access units of packets.
type depacketizer interface {
	Decode(pkt *rtp.Packet) ([][]byte, error)
}

// track is a stream on its way from packets to samples. The demuxer owns it.
type track struct {
	elementary.Track
	media media
	video elementary.Video // of pictures
	audio elementary.Audio // of sound

	depacketizer depacketizer
	fresh        func() (depacketizer, error)
	unit         rtptime.AccessUnit

	time   rtptime.Track
	seen   bool               // a packet came
	added  bool               // to the stream
	report *rtcp.SenderReport // the last one

	waiting  reorder
	previous uint16 // sequence number of the last packet in order
	torn     bool   // packets of the access unit at stamp are missing
	broken   bool   // pictures that others refer to are missing, until a key frame comes
	stamp    uint32

	keyed time.Time // when the last key frame came
}

// clock takes in what a sender report tells.
func (t *track) clock(r *rtcp.SenderReport) {
	t.report = r
	if !t.Heard {
		return
	}
	if wall, ok := rtptime.Wall(r.NTPTime); ok {
		t.time.SetClock(wall, r.RTPTime)
	}
}

// hear takes note of a packet in order; it says that packets are missing before it.
func (t *track) hear(p *rtp.Packet) (gap bool) {
	first := !t.Heard
	gap = !first && p.SequenceNumber != t.previous+1
	t.Heard, t.previous = true, p.SequenceNumber
	t.time.Unwrap(p.Timestamp)
	if first && t.report != nil {
		t.clock(t.report)
	}
	return gap
}

// lose drops what is left of an access unit whose packets are missing: half a picture is worse than the one before it.
func (t *track) lose(p *rtp.Packet) error {
	if t.video == nil {
		return nil
	}
	t.video.Lost()
	t.unit.Reset()
	t.torn, t.broken, t.stamp = true, true, p.Timestamp
	d, err := t.fresh()
	if err != nil {
		return err
	}
	t.depacketizer = d
	return nil
}

// read gives the sample that a packet completes. It is false where it completes none.
func (t *track) read(p *rtp.Packet) (s packaged.Sample, ok bool, err error) {
	// A third party's reader of what a stranger sends must not end the process.
	defer func() {
		if broken := recover(); broken != nil {
			s, ok, err = packaged.Sample{}, false, fmt.Errorf("packet that cannot be read: %v", broken)
		}
	}()
	if t.torn && t.video != nil {
		if p.Timestamp == t.stamp {
			return s, false, nil
		}
		t.torn = false
	}
	if t.audio != nil {
		s, _, err = t.audio.Frame(p.Payload, t.time.PTS(t.time.Peek(p.Timestamp), int64(t.audio.Timescale())))
		s.Wall = t.time.Wall(t.time.Peek(p.Timestamp))
		return s, err == nil, err
	}
	units, err := t.depacketizer.Decode(p)
	switch {
	case errors.Is(err, rtph264.ErrMorePacketsNeeded), errors.Is(err, rtph265.ErrMorePacketsNeeded):
		t.unit.Incomplete(p)
		return s, false, nil
	case errors.Is(err, rtph264.ErrNonStartingPacketAndNoPrevious), errors.Is(err, rtph265.ErrNonStartingPacketAndNoPrevious):
		return s, false, nil
	case err != nil:
		return s, false, err
	}
	ticks := t.time.Peek(t.unit.Complete(p))
	s, ok, err = t.video.Sample(units, t.time.PTS(ticks, elementary.VideoTimescale))
	s.Wall = t.time.Wall(ticks)
	return s, ok && err == nil, err
}
