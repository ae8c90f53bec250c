package mpegts

import (
	"errors"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
)

// Demuxer takes one transport stream apart and delivers the tracks of one of its programs. It follows changes of the
// program, and does not wait for streams that are declared but silent. One goroutine at a time calls its methods, but
// for Errors and Counts. It must not be copied.
type Demuxer struct {
	Receiver input.Receiver
	// Program is the program_number of what is delivered; 0 is the first program with pictures or sound.
	Program int
	// Now defaults to time.Now.
	Now func() time.Time
	// ParametersWait, KeyframeWait and Silence are what is waited for at most: tables and a track's parameters, a random
	// access point, anything at all. They default to 10, 20 and 20 seconds.
	ParametersWait, KeyframeWait, Silence time.Duration

	began  time.Time
	at     time.Time // of the write in hand
	failed error
	closed bool

	framing  framing
	counters counters
	router   router
	tables   tables
	service  service
	stream   elementary.Stream
	clock    clock
}

var errClosed = errors.New("the demuxer is closed")

// Write takes any number of bytes; where they are cut does not matter. Its error is final.
func (d *Demuxer) Write(p []byte) (int, error) {
	if d.closed {
		return 0, errClosed
	}
	d.begin()
	d.at = d.Now()
	for rest := p; len(rest) > 0 && d.failed == nil; {
		n := min(len(rest), maxWrite)
		d.framing.feed(rest[:n])
		d.run(false)
		rest = rest[n:]
	}
	if d.failed != nil {
		return 0, d.failed
	}
	return len(p), nil
}

// maxWrite bounds what is copied at a time where the bytes begin in the middle of a packet.
const maxWrite = 64 << 10

// run takes all packets that are whole.
func (d *Demuxer) run(end bool) {
	losses, packets := d.framing.losses, uint64(0)
	for packet := d.framing.next(end); packet != nil && d.failed == nil; packet = d.framing.next(end) {
		packets++
		d.packet(packet)
	}
	d.framing.keep()
	d.counters.packets.Add(packets)
	if n := d.framing.losses - losses; n > 0 {
		d.counters.sync.Add(n)
		d.stream.Broken(errSync)
	}
}

var errSync = errors.New("bytes that are no MPEG-TS packets were in between")

func (d *Demuxer) begin() {
	if !d.began.IsZero() {
		return
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.ParametersWait <= 0 {
		d.ParametersWait = 10 * time.Second
	}
	d.began = d.Now()
	d.stream.Receiver, d.stream.Packets = d.Receiver, "MPEG-TS packets"
	d.stream.ParametersWait, d.stream.KeyframeWait, d.stream.Silence = d.ParametersWait, d.KeyframeWait, d.Silence
	d.stream.Begin(d.began)
	d.router.table(pidPAT)
}

// Tick tells the receiver what went wrong, and ends a stream that gets nowhere. Call it each second.
func (d *Demuxer) Tick(now time.Time) error {
	if d.closed {
		return errClosed
	}
	d.begin()
	d.stream.Report()
	if d.failed == nil {
		d.failed = d.check(now)
	}
	return d.failed
}

// Close delivers what is in the making, and tells the receiver what went wrong at last.
func (d *Demuxer) Close() {
	if d.closed {
		return
	}
	d.begin()
	d.at = d.Now()
	d.run(true)
	for _, s := range d.service.streams {
		if d.failed == nil {
			d.flush(s)
		}
	}
	d.closed = true
	d.stream.Report()
}
