package socket

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// cookies show that a caller gets what is sent to its address, so that nothing need be remembered of it before (§4.3.1.1).
type cookies struct {
	key [32]byte
}

func newCookies() (c cookies) {
	_, _ = rand.Read(c.key[:]) // It never fails.
	return c
}

// cookiePeriod is how long one is good for, at least, in microseconds.
const cookiePeriod = 30_000_000

func (c *cookies) of(a netip.AddrPort, period int64) uint32 {
	mac := hmac.New(sha256.New, c.key[:])
	_, _ = mac.Write(binary.BigEndian.AppendUint64([]byte(a.String()), uint64(period)))
	return binary.BigEndian.Uint32(mac.Sum(nil))
}

func (c *cookies) give(a netip.AddrPort, now int64) uint32 { return c.of(a, now/cookiePeriod) }

func (c *cookies) good(cookie uint32, a netip.AddrPort, now int64) bool {
	period := now / cookiePeriod
	return cookie == c.of(a, period) || cookie == c.of(a, period-1)
}

// anyNumber is a random one that is not 0.
func anyNumber() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return binary.BigEndian.Uint32(b[:])&(sequenceMask>>1) | 1
}
