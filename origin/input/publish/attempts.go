package publish

import (
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// attempts limits how often an address may try a wrong key, and how often that is logged. Addresses are forgotten
// oldest first. The zero value is ready.
type attempts struct {
	mutex sync.Mutex
	byIP  *lru.Cache[netip.Addr, *attempt]
}

type attempt struct {
	tries  *rate.Limiter
	logged *rate.Limiter
	muted  int // failures since the last log line
}

// An encoder with a wrong key tries again every few seconds; a guesser as fast as it can.
const (
	attemptsBurst  = 10
	attemptsEvery  = 2 * time.Second
	attemptsLogged = 10 * time.Second
	attemptsKept   = 4096
)

func (a *attempts) of(ip netip.Addr) *attempt {
	if ip.Is6() && !ip.Is4In6() {
		// A household has a /64 to try from.
		if prefix, err := ip.Prefix(64); err == nil {
			ip = prefix.Addr()
		}
	}
	if a.byIP == nil {
		cache, err := lru.New[netip.Addr, *attempt](attemptsKept)
		if err != nil {
			return nil // The size is positive, so it cannot be.
		}
		a.byIP = cache
	}
	if one, ok := a.byIP.Get(ip); ok {
		return one
	}
	one := &attempt{
		tries:  rate.NewLimiter(rate.Every(attemptsEvery), attemptsBurst),
		logged: rate.NewLimiter(rate.Every(attemptsLogged), 1),
	}
	a.byIP.Add(ip, one)
	return one
}

// blocked says whether the address has used up its wrong keys.
func (a *attempts) blocked(ip netip.Addr, now time.Time) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	one := a.of(ip)
	return one != nil && one.tries.TokensAt(now) < 1
}

// failed counts a wrong key. It says whether to log it, and how many were not logged before it.
func (a *attempts) failed(ip netip.Addr, now time.Time) (log bool, muted int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	one := a.of(ip)
	if one == nil {
		return true, 0
	}
	one.tries.AllowN(now, 1)
	if !one.logged.AllowN(now, 1) {
		one.muted++
		return false, 0
	}
	muted, one.muted = one.muted, 0
	return true, muted
}
