package rtsp

import "github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

// sbrClock finds out by which sampling rate the RTP times of an HE-AAC track run. RFC 3640 says the output's,
// which is twice the core's (ffmpeg does so); gortsplib and what is built on it send the core's. The second packet
// shows it. Tracks without explicit spectral band replication have one rate only.
type sbrClock struct {
	current  int
	doubled  int // the output's rate; zero once it is settled
	previous bool
	stamp    uint32
	length   int64 // samples in the previous packet, at the core's rate
}

func newSBRClock(conf *mpeg4audio.AudioSpecificConfig) sbrClock {
	c := sbrClock{current: conf.SampleRate}
	if conf.ExtensionSampleRate == 2*conf.SampleRate {
		c.doubled = conf.ExtensionSampleRate
	}
	return c
}

func (c *sbrClock) lost() { c.previous = false }

// observe takes the RTP time of a packet and the samples in it.
func (c *sbrClock) observe(stamp uint32, length int64) {
	if c.doubled == 0 {
		return
	}
	if c.previous {
		switch step := int64(int32(stamp - c.stamp)); step {
		case 2 * c.length:
			c.current, c.doubled = c.doubled, 0
			return
		case c.length:
			c.doubled = 0
			return
		}
	}
	c.previous, c.stamp, c.length = true, stamp, length
}
