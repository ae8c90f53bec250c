package health

import (
	"time"

	"podium.tv/podium/packager/media"
)

// Report is how a source is, in figures.
type Report struct {
	Verdict
	Grade   Grade
	Reasons []Notice // why it is not OK, the worst first

	Tracks []Track
	FPS    float64 // pictures a second
	// GOP is the last distance of key frames, and the longest of the last minute.
	GOP, LongestGOP GOP
	// Jitter is how unevenly pictures (or else sound) come (RFC 3550 §6.4.1).
	Jitter time.Duration
	// Skew is how far sound is stamped ahead of the pictures that come with it; it is 0 where there are not both.
	Skew time.Duration
	// Network is what the input knows of its packets, nil where it knows nothing.
	Network *Network
	// LastError is what went wrong last and Advice what to do about it, if that is known.
	LastError   string
	LastErrorAt time.Time
	Advice      Notice
}

// Track is a track in figures.
type Track struct {
	Kind          media.Kind
	Codec         string
	Width, Height int     // of pictures
	NominalFPS    float64 // as the parameter sets tell, 0 where they do not
	SampleRate    int     // of sound
	Channels      int
}

// Network is how a connection's packets fare.
type Network struct {
	Peer string
	// Loss and Recovered are percents of the last ten seconds: never came, and came when they were asked for again.
	Loss, Recovered float64
	// NACKs and Continuity are of the whole connection: requests for packets, and MPEG-TS packets that do not continue.
	NACKs, Continuity uint64
	RTT, Latency      time.Duration
	Bandwidth         float64 // bits a second, 0 where it is not known
}

// Report is how the source is by now.
func (m *Monitor) Report(now time.Time) Report {
	if m == nil {
		return Report{Grade: Off}
	}
	m.poll(now)
	m.mu.Lock()
	defer m.mu.Unlock()
	r := Report{Verdict: m.verdict(now), Grade: Off}
	if m.faults.last != nil {
		r.LastError, r.LastErrorAt, r.Advice = m.faults.last.Error(), m.faults.at, Advise(m.faults.last)
	}
	if !m.connected {
		return r
	}
	r.FPS = m.frames.rate.perSecond(now)
	r.GOP, r.LongestGOP, r.Skew = m.gop.last, m.gop.most(now), m.skew.mean
	for i := range m.tracks {
		if t := &m.tracks[i]; t.Codec != nil {
			r.Tracks = append(r.Tracks, t.figures())
		}
		if i == m.picture || m.picture < 0 && i == 0 {
			r.Jitter = m.tracks[i].jitter.mean
		}
	}
	if n := &m.net; n.known {
		lost, recovered := n.loss()
		r.Network = &Network{
			Peer: n.now.Peer, Loss: lost, Recovered: recovered, NACKs: n.now.Asked, Continuity: n.now.ContinuityError,
			RTT: n.now.RTT, Latency: n.now.Latency, Bandwidth: n.now.Bandwidth,
		}
	}
	if len(m.tracks) > 0 {
		r.Grade, r.Reasons = m.grade(&r)
	}
	return r
}

func (t *track) figures() Track {
	f := Track{Kind: t.Kind(), Codec: t.Codec.Name()}
	switch t.Kind() {
	case media.Video:
		f.Width, f.Height, f.NominalFPS = t.picture.Width, t.picture.Height, t.picture.FrameRate
	case media.Audio:
		f.SampleRate, f.Channels = t.Timescale, media.ChannelsOf(t.Codec)
		if c, ok := t.Codec.(*media.MP2); ok {
			f.SampleRate = c.SampleRate
		}
	default:
	}
	return f
}
