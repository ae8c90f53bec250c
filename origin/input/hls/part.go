package hls

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/isobmff"
)

// maxFailures is how many segments in a row may fail before the connection is given up.
const maxFailures = 4

// part is what comes of one media playlist.
type part struct {
	pull *Pull
	follower
	in intake

	unpacker unpacker
	kind     kind
	header   []byte // that the unpacker was made for
	epoch    uint64 // discontinuity sequence number of the segment that was read last
	failures int
	// fit is what to add to the times of segments that begin anew, by the first of them. It may be nil.
	fit func(at time.Duration) time.Duration
}

// read waits for the next segment, fetches it and unpacks it into the intake. A segment that cannot be had is left out with a
// warning. It is io.EOF behind the last of a film.
func (p *part) read(ctx context.Context) (lasts time.Duration, err error) {
	s, err := p.segment(ctx)
	if err != nil {
		return 0, err
	}
	if s.gap {
		p.next = s.sequence + 1
		p.broken = true
		p.in.Warn(fmt.Errorf("segment %d is missing at the portal (EXT-X-GAP)", s.sequence))
		return s.duration, nil
	}
	sequence := s.sequence
	body, init, err := p.body(ctx, s)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	p.pull.meter.segment(err)
	if err == nil {
		if err = p.unpack(s, body, init); err != nil {
			p.pull.meter.broken()
		}
	}
	if err == nil {
		p.failures = 0
		return s.duration, nil
	}
	p.broken = true
	p.failures++
	if final(err) || p.failures >= maxFailures {
		return 0, err
	}
	p.in.Warn(fmt.Errorf("segment %d is left out: %w", sequence, err))
	return s.duration, nil
}

// final says that an error is of the stream and not of a segment.
func final(err error) bool {
	for _, of := range []error{
		errEncrypted, isobmff.ErrEncrypted, errForeign, errSound,
		input.ErrNoTracks, input.ErrNoParameters, input.ErrNoKeyframe, input.ErrSilent,
	} {
		if errors.Is(err, of) {
			return true
		}
	}
	return false
}

// unpack delivers a segment's samples to the intake.
func (p *part) unpack(s *segment, body, init []byte) error {
	k, err := kindOf(body, init)
	if err != nil {
		return err
	}
	if s.discontinuity || p.broken || k != p.kind || !bytes.Equal(init, p.header) {
		p.restart()
	}
	if p.unpacker == nil {
		p.unpacker = p.pull.newUnpacker(k, init, &p.in)
		p.kind, p.header = k, init
		p.in.align = nil
		p.in.shift = 0
		if p.fit != nil {
			p.in.align = p.fit
		}
	}
	p.broken, p.epoch = false, s.epoch
	p.in.segment(s.wall)
	return safely(p.unpacker, body, s.duration)
}

// restart has the next segment read without regard for the ones before.
func (p *part) restart() {
	if p.unpacker != nil {
		p.unpacker.close()
	}
	p.unpacker = nil
}

// rewind goes back to a film's beginning. Its list is read again, because addresses in it may hold only for so long.
func (p *part) rewind(ctx context.Context) error {
	p.restart()
	list, from, err := p.fetch(ctx)
	if err != nil {
		return err
	}
	if !list.ended || len(list.segments) == 0 {
		return fmt.Errorf("%s: the film has become another stream", where(p.url))
	}
	p.take(list, from)
	p.next, p.broken = list.sequence, true
	return nil
}

// ended says that a film is read to its end.
func (p *part) ended(err error) bool { return errors.Is(err, io.EOF) }
