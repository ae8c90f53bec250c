package mpegts

// stampBits is the width of time stamps, of 90 kHz: they wrap around every 26.5 hours (ISO 13818-1 §2.4.3.7).
const stampBits = 33

// stamp is a time stamp as it stands in the stream.
type stamp int64

// clock makes times that do not wrap of all stamps of a program. Each is taken for what is nearest to the one before: a wrap is
// a small step then, and the clock of a source that began anew is a jump, which the feed knows to tell from a pause.
type clock struct {
	last  int64
	begun bool
}

// maxTime is far enough from where times overflow: a hundred years. Nothing but a stream of jumps gets there.
const maxTime = 1 << 48

func (c *clock) time(s stamp) int64 {
	if !c.begun {
		c.begun, c.last = true, int64(s)
		return c.last
	}
	t := c.last + nearest(int64(s)-c.last)
	if t > maxTime || t < -maxTime {
		t = int64(s)
	}
	c.last = t
	return t
}

// nearest is the difference between two stamps, either way.
func nearest(d int64) int64 { return d << (64 - stampBits) >> (64 - stampBits) }
