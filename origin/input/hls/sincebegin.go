package hls

import "time"

// sinceBegin is a clock that goes as media does. Segments come in bursts, and what is waited for in them, such as a track
// that was announced, is waited for by what came and not by how long it took.
type sinceBegin struct{ passed time.Duration }

func (c *sinceBegin) now() time.Time { return time.Unix(0, 0).Add(c.passed) }

func (c *sinceBegin) after(d time.Duration) time.Time {
	c.passed += min(max(d, 100*time.Millisecond), maxDuration)
	return c.now()
}
