package whip

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// receive reads a stream until the connection is over. Of each kind only the first is read: an offer has no more, and a
// simulcast's other qualities were not agreed on.
func (p *session) receive(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	kind := pictureTrack
	if t.Kind() == webrtc.RTPCodecTypeAudio {
		kind = soundTrack
	}
	p.mutex.Lock()
	one := p.remotes[kind]
	if one == nil {
		one = &remote{ssrc: uint32(t.SSRC())}
		p.remotes[kind] = one
	} else {
		one = nil
	}
	p.mutex.Unlock()
	go p.reports(kind, one, r)
	jitter := arrivalJitter{rate: float64(t.Codec().ClockRate)}
	now := p.server.now()
	for {
		packet, _, err := t.ReadRTP()
		if err != nil {
			return // The connection is over, and that is told elsewhere.
		}
		if one == nil {
			continue
		}
		at := now()
		p.received.Add(1)
		if kind == pictureTrack {
			p.jitter.Store(int64(jitter.observe(packet, at)))
		}
		p.give(event{media: kind, at: at, packet: packet})
	}
}

// reports reads what the sender says of its clock. Reading also keeps the machinery below going.
func (p *session) reports(kind media, one *remote, r *webrtc.RTPReceiver) {
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			report, ok := packet.(*rtcp.SenderReport)
			if !ok || one == nil || report.SSRC != one.ssrc {
				continue
			}
			p.mutex.Lock()
			one.report = report
			p.mutex.Unlock()
			p.give(event{media: kind, report: report})
		}
	}
}

// arrivalJitter is the mean deviation of packets' spacing (RFC 3550 §6.4.1).
type arrivalJitter struct {
	rate    float64
	begun   bool
	stamp   uint32
	at      time.Time
	seconds float64
}

func (j *arrivalJitter) observe(p *rtp.Packet, at time.Time) time.Duration {
	if j.begun && j.rate > 0 {
		d := at.Sub(j.at).Seconds() - float64(int32(p.Timestamp-j.stamp))/j.rate
		if d < 0 {
			d = -d
		}
		j.seconds += (d - j.seconds) / 16
	}
	j.begun, j.stamp, j.at = true, p.Timestamp, at
	return time.Duration(j.seconds * float64(time.Second))
}

// ssrc is that of a stream that comes in.
func (p *session) ssrc(kind media) uint32 {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if one := p.remotes[kind]; one != nil {
		return one.ssrc
	}
	return 0
}
