package aac

import (
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"

	"podium.tv/podium/packager/media"
)

const (
	// maxWaiting bounds the packets that wait for the child: five seconds of those of 20 ms.
	maxWaiting = 256
	// maxGap is how much that is missing is filled with silence. Past it, and where times jump back, a child begins anew.
	maxGap = 2 * rate
	// restartEvery is how long is waited before a child that died is replaced.
	restartEvery = time.Second
)

// silence is a packet of 20 ms without sound, and breath one of 2.5 ms (RFC 6716 §3.1).
func silence() []byte { return []byte{0xF8, 0xFF, 0xFE} }
func breath() []byte  { return []byte{0xE0, 0xFF, 0xFE} }

const (
	silenceLasts = 960
	breathLasts  = 120
)

// encoder makes AAC of one track's Opus.
type encoder struct {
	receiver *Receiver
	track    int
	packets  chan media.Sample
	stop     chan struct{}
	done     chan struct{}
}

func newEncoder(r *Receiver, track int) *encoder {
	e := &encoder{
		receiver: r, track: track,
		packets: make(chan media.Sample, maxWaiting), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go e.run()
	return e
}

func (e *encoder) offer(s media.Sample) {
	select {
	case e.packets <- s:
	default: // The child is stuck, and is about to be replaced.
	}
}

func (e *encoder) close() {
	close(e.stop)
	<-e.done
}

// run feeds one child after the other.
func (e *encoder) run() {
	defer close(e.done)
	var (
		current *child
		failed  time.Time
	)
	defer func() {
		if current != nil {
			current.end()
		}
	}()
	for {
		select {
		case <-e.stop:
			return
		case s := <-e.packets:
			if current != nil && current.astray(s.PTS) {
				current.end()
				current = nil
			}
			if current == nil {
				if time.Since(failed) < restartEvery {
					continue
				}
				var err error
				if current, err = e.begin(s.PTS); err != nil {
					failed = time.Now()
					e.complain(err)
					continue
				}
			}
			if err := current.feed(s); err != nil {
				current.end()
				e.complain(fmt.Errorf("%w: %w", err, current.reason()))
				current, failed = nil, time.Now()
			}
		}
	}
}

func (e *encoder) begin(pts int64) (*child, error) {
	return startChild(e.receiver.FFmpeg, e.receiver.Bitrate, pts, func(s media.Sample) { e.receiver.deliver(e.track, s) })
}

func (e *encoder) complain(err error) {
	e.receiver.log().Warn("AAC encoder failed and is started anew", "err", err)
	e.receiver.Warn(fmt.Errorf("make AAC of the Opus sound: %w; is ffmpeg whole?", err))
}

// feed gives a packet to the child, after silence for what is missing before it.
func (c *child) feed(s media.Sample) error {
	if len(s.Units) != 1 {
		return nil
	}
	lasts := opus.PacketDuration2(s.Units[0])
	if lasts <= 0 {
		return nil
	}
	gap := s.PTS - c.next()
	if gap <= -lasts {
		return nil // It was there already.
	}
	for ; gap >= silenceLasts; gap -= silenceLasts {
		if err := c.write(silence(), silenceLasts); err != nil {
			return err
		}
	}
	for ; gap >= breathLasts; gap -= breathLasts {
		if err := c.write(breath(), breathLasts); err != nil {
			return err
		}
	}
	return c.write(s.Units[0], lasts)
}

// astray says that a time does not continue the child's.
func (c *child) astray(pts int64) bool {
	gap := pts - c.next()
	return gap > maxGap || gap < -maxGap
}
