// Package health tells how a feed's source is: figures for people, grades with reasons, and for how long it has lacked what a feed
// wants of it.
package health

import (
	"sync"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// Monitor watches one source of a feed over all its connections. The source's goroutine tells it what comes in, and anybody may ask. The
// zero value is ready; a nil Monitor takes everything and knows nothing.
type Monitor struct {
	// Meter is what the input knows of its network. It may be nil, and is set before the monitor is used.
	Meter input.Meter

	mu        sync.Mutex
	connected bool
	since     time.Time // of being connected or not
	tracks    []track
	picture   int       // the track whose pictures count, or -1
	pictured  time.Time // the last picture, or when the connection began
	sounded   time.Time // the last frame of any sound
	loud      time.Time // the last frame of sound that was not digital silence
	hasSound  bool

	rate   rate
	gop    gop
	frames frameRate
	skew   skew
	faults faults
	look   looks
	net    network
}

// track is what is known of one track of a connection.
type track struct {
	media.Track

	picture media.Picture
	silence silence
	jitter  jitter

	seen    bool
	dts     int64
	arrived time.Time
	moved   time.Time // when its DTS last advanced or jumped
}

// Begin says that the source connects, or waits for somebody who publishes. What was measured of the connection before is
// forgotten; faults stay.
func (m *Monitor) Begin(now time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begin(now)
}

func (m *Monitor) begin(now time.Time) {
	m.reset()
	m.connected, m.since, m.pictured = true, now, now
}

// End says that the connection ended, and of what.
func (m *Monitor) End(err error, now time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.connected, m.since = false, now
	m.reset()
	if err != nil {
		m.faults.last, m.faults.at = err, now
	}
}

func (m *Monitor) reset() {
	m.tracks, m.picture, m.hasSound = nil, -1, false
	m.sounded, m.loud = time.Time{}, time.Time{}
	m.rate, m.gop, m.frames, m.skew, m.look, m.net = rate{}, gop{}, frameRate{}, skew{}, looks{}, network{}
}

// Describe takes a connection's tracks, and again where they change.
func (m *Monitor) Describe(tracks []media.Track, now time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.connected {
		m.begin(now)
	}
	m.tracks, m.picture = make([]track, len(tracks)), -1
	sound := false
	for i := range tracks {
		t := &m.tracks[i]
		t.Track = tracks[i]
		if t.Codec == nil || t.Timescale <= 0 {
			continue
		}
		switch t.Kind() {
		case media.Video:
			t.picture = media.PictureOf(t.Codec)
			if m.picture < 0 {
				m.picture = i
				m.frames.nominal = t.picture.FrameRate
			}
		case media.Audio:
			sound = true
			t.silence = silenceOf(t.Codec)
		default:
		}
	}
	if sound && !m.hasSound {
		m.sounded, m.loud = now, now
	}
	m.hasSound = m.hasSound || sound // An encoder that loses its sound on the way lacks it.
	m.gop.forget()
}

// Sample takes note of a sample as it came in. It keeps nothing of it.
func (m *Monitor) Sample(n int, s *media.Sample, now time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if n < 0 || n >= len(m.tracks) || m.tracks[n].Codec == nil || m.tracks[n].Timescale <= 0 {
		return
	}
	t := &m.tracks[n]
	size := s.Size()
	if size == 0 {
		return
	}
	m.rate.add(size, now)
	t.stamp(s.DTS, now)
	switch {
	case n == m.picture:
		m.pictured = now
		m.frames.add(now)
		m.gop.add(s.Sync, s.DTS, t.Timescale, now)
		m.skew.picture(s.DTS, t.Timescale, now)
	case t.Kind() == media.Audio:
		m.sounded = now
		if t.silence == nil || !t.silence.silent(s.Units) {
			m.loud = now
		}
		m.skew.sound(s.DTS, t.Timescale, now)
	}
}

// stamp takes note of a sample's DTS.
func (t *track) stamp(dts int64, now time.Time) {
	step := dts - t.dts
	if !t.seen || step > 0 || -step > int64(t.Timescale) {
		t.moved = now // A jump back is another fault than standing still.
	}
	if t.seen {
		t.jitter.add(now.Sub(t.arrived), media.Duration(step, t.Timescale))
	}
	t.seen, t.dts, t.arrived = true, dts, now
}

// Warn takes note of a fault that the source goes on with.
func (m *Monitor) Warn(err error, now time.Time) {
	if m == nil || err == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults.add(err, now)
}

// Look takes note of what eyes saw on the last key picture.
func (m *Monitor) Look(l Look, now time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.connected {
		m.look.add(l, now)
	}
}
