package health

import "time"

// Verdict is for how long a source has lacked what a feed wants of it; 0 where it does not lack it, and where it is not connected
// all but Connected are 0. It is what a feed leaves a source for.
type Verdict struct {
	Connected bool
	Since     time.Time // of being connected or not
	// NoVideoFor counts from the connection's beginning, until something else than pictures is all that was described.
	NoVideoFor time.Duration
	// NoAudioFor counts where the connection had sound.
	NoAudioFor time.Duration
	// StandingFor: pictures come and their stamps stand still.
	StandingFor time.Duration
	// SilentFor: all sound is digital silence.
	SilentFor time.Duration
	// BlackFor and FrozenFor are by the last look of eyes.
	BlackFor, FrozenFor time.Duration
	// Errors are of the last minute: packets lost or unreadable, and other faults of the source.
	Errors float64
	// Bitrate is in bits a second, of the last two seconds.
	Bitrate float64
	// Pictures says that pictures were described, Sound that sound was.
	Pictures, Sound bool
}

// Verdict is how the source is by now.
func (m *Monitor) Verdict(now time.Time) Verdict {
	if m == nil {
		return Verdict{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.verdict(now)
}

func (m *Monitor) verdict(now time.Time) Verdict {
	v := Verdict{Connected: m.connected, Since: m.since}
	if !m.connected {
		return v
	}
	v.Pictures, v.Sound = m.picture >= 0, m.hasSound
	v.Errors, v.Bitrate = m.faults.perMinute(now), 8*m.rate.perSecond(now)
	v.BlackFor, v.FrozenFor = m.look.lasts(now)
	if m.picture >= 0 || len(m.tracks) == 0 {
		v.NoVideoFor = since(m.pictured, now)
	}
	if m.picture >= 0 {
		if t := &m.tracks[m.picture]; t.arrived.After(t.moved) {
			v.StandingFor = since(t.moved, now)
		}
	}
	if m.hasSound {
		v.NoAudioFor = since(m.sounded, now)
		if m.sounded.After(m.loud) {
			v.SilentFor = since(m.loud, now)
		}
	}
	return v
}

// since is never negative: a clock that is set back does not undo what was seen.
func since(at, now time.Time) time.Duration { return max(now.Sub(at), 0) }
