package mpegts

import "fmt"

// silence is how streams are waited for that are declared but have nothing in them: encoders declare the sound they
// are set to, with or without a microphone.
type silence struct {
	waiting bool // not all streams were heard since the program was declared
	begun   bool
	first   int64 // time stamp since then
}

// patient is how long is waited, by the time stamps of the streams that speak.
const patient = 90000 * 3 / 2

// heard notes that something came of a stream.
func (d *Demuxer) heard(s *stream, p *pes) {
	s.Heard = true
	w := &d.service.silence
	if !w.waiting || !p.stamped {
		return
	}
	quiet := 0
	for _, t := range d.service.streams {
		if !t.Heard {
			quiet++
		}
	}
	if quiet == 0 {
		w.waiting = false
		return
	}
	t := d.clock.time(p.dts)
	if !w.begun {
		w.begun, w.first = true, t
	}
	if t-w.first < patient && t-w.first > -patient {
		return
	}
	w.waiting = false
	for _, t := range d.service.streams {
		if !t.Heard {
			d.Receiver.Warn(fmt.Errorf("the %s track (PID %d) is declared but silent: "+
				"the feed goes on without it, and takes it on when it speaks", t.Name, t.declared.pid))
		}
	}
	d.describe(func(s *stream) bool { return s.Heard })
}

// admit says whether a stream's samples are wanted. One that was silent is taken on once it is known what it is.
func (d *Demuxer) admit(s *stream) bool {
	if d.stream.Has(&s.Track) {
		return true
	}
	if s.Essence.Codec() == nil {
		return false
	}
	d.describe(func(t *stream) bool { return t == s || d.stream.Has(&t.Track) })
	return d.stream.Has(&s.Track)
}
