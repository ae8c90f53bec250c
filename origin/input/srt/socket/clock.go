package socket

// clock tells when a packet is due: the latency after it was sent, on the sender's clock as it is seen from here (§4.5). All its
// times are microseconds.
//
// The sender's clock and ours drift apart, by up to some seconds a day, so the offset follows the fastest packets of each interval: a
// packet cannot come before it was sent, and of some hundreds one comes without a wait.
type clock struct {
	offset  int64 // our time of the sender's timestamp 0
	latency int64

	sent    int64 // the newest timestamp, unwrapped
	started bool

	least int64 // how late the fastest packet of this interval was
	until int64 // when this interval ends
}

const (
	driftEvery = 10_000_000
	driftStep  = 10_000    // at most so much each time: a thousandth
	driftLeap  = 5_000_000 // what differs by more is another clock
)

// unwrap makes timestamps of 32 bits, which wrap after 71 minutes, go on.
func (c *clock) unwrap(stamp uint32) int64 {
	if !c.started {
		c.started, c.sent = true, int64(stamp)
		return c.sent
	}
	return c.sent + int64(int32(stamp-uint32(c.sent)))
}

// set ties a timestamp to our time.
func (c *clock) set(stamp uint32, now int64) {
	c.started = false
	c.offset = now - c.unwrap(stamp)
	c.least, c.until = 0, 0
}

// due is when a packet with that timestamp is delivered. Packets that were sent again tell nothing about the clock.
func (c *clock) due(stamp uint32, now int64, again bool) int64 {
	if !again {
		c.observe(stamp, now)
	}
	return c.offset + c.unwrap(stamp) + c.latency
}

// observe learns from a packet that was sent at that timestamp and is there now.
func (c *clock) observe(stamp uint32, now int64) {
	sent := c.unwrap(stamp)
	late := now - c.offset - sent
	if late > driftLeap || late < -driftLeap {
		c.set(stamp, now)
		return
	}
	c.sent = max(c.sent, sent)
	if c.until == 0 {
		c.least, c.until = late, now+driftEvery
		return
	}
	c.least = min(c.least, late)
	if now < c.until {
		return
	}
	c.offset += min(max(c.least, -driftStep), driftStep)
	c.until = 0
}
