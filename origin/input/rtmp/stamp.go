package rtmp

import "fmt"

// timeline unwraps the 32-bit milliseconds of a connection's messages, which all its chunk streams share: they come around after
// 49.7 days, and phones begin them with their uptime.
type timeline struct {
	known bool
	last  uint32
	at    int64
}

// unwrap gives the milliseconds of a message near the one before it.
func (t *timeline) unwrap(stamp uint32) int64 {
	if !t.known {
		t.known, t.last, t.at = true, stamp, 0
		return 0
	}
	t.at += int64(int32(stamp - t.last))
	t.last = stamp
	return t.at
}

// soundTolerance is how far, in milliseconds, counted samples and stamps may be apart.
const soundTolerance = 50

// soundClock finds the times of a sound track's frames in samples. RTMP tells them in milliseconds, and a frame of AAC lasts 21.33:
// taken as they are, frames would overlap and gape by up to a millisecond, which players play as clicks and which no two
// segments agree in. So frames are put end to end by their samples, as long as that stays near what the stamps say; where frames
// are missing, or after an hour of a sampling clock that is not the encoder's other one, the stamp holds again.
type soundClock struct {
	known bool
	rate  int
	next  int64
}

// place gives the time of a frame that came with a stamp, in samples.
func (c *soundClock) place(ms int64, rate int, lasts int64) int64 {
	told := inSamples(ms, int64(rate))
	off := c.next - told
	if !c.known || c.rate != rate || off > inSamples(soundTolerance, int64(rate)) || -off > inSamples(soundTolerance, int64(rate)) {
		c.known, c.rate, c.next = true, rate, told
	}
	at := c.next
	c.next += lasts
	return at
}

func inSamples(ms, rate int64) int64 { return ms/1000*rate + ms%1000*rate/1000 }

// pictureClock makes the times of pictures what a decoder can use: by composition times below zero, as some phones send them, a
// picture would be shown before it is decoded.
type pictureClock struct {
	shift int64 // milliseconds that decoding is put forward by; it only grows
}

const (
	ticksPerMillisecond = 90 // of video's 90 kHz
	// maxComposition is the longest time, in milliseconds, that is believed to lie between decoding and showing a picture:
	// 16 pictures may be reordered (H.264 §A.3.1), which slow encoders send in less than four seconds.
	maxComposition = 10_000
)

// place gives presentation and decoding time in 90 kHz.
func (c *pictureClock) place(ms, composition int64) (pts, dts int64, err error) {
	if composition < -maxComposition || composition > maxComposition {
		return 0, 0, fmt.Errorf("picture with a composition time of %d ms: at most %d expected", composition, maxComposition)
	}
	c.shift = max(c.shift, -composition)
	return (ms + composition) * ticksPerMillisecond, (ms - c.shift) * ticksPerMillisecond, nil
}
