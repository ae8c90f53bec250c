package access

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Throttle slows those who guess passwords, without a way to lock out those who know theirs:
//
//   - one address that fails at one account waits longer each time, up to 15 minutes;
//   - an address that fails at many accounts waits up to a minute;
//   - an account that fails from many addresses makes those wait that have failed at it, up to 30 seconds;
//     an address that has not may always try, so that strangers cannot keep the owner out;
//   - a browser that signed in before carries a device mark (OWASP calls it a device cookie) and is counted
//     by it alone, so that nobody else behind the same address, or at the same account, is in its way.
//
// Its memory is bounded, the longest unused is forgotten. The zero value is ready.
type Throttle struct {
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time

	mu    sync.Mutex
	table *simplelru.LRU[string, *failures]
}

// Attempt is one try to sign in.
type Attempt struct {
	// Account is the name that was typed.
	Account string
	// Address is the client's.
	Address netip.Addr
	// Device is the mark of a browser that signed in to this account before, or empty.
	Device string
}

// failures counts how often it went wrong, and until when to wait.
type failures struct {
	count int
	last  time.Time
	until time.Time
}

// backoff is how many failures are free and how the wait grows after them.
type backoff struct {
	free int
	most time.Duration
}

// The waits of each kind of key. They double from one second.
const (
	throttleEntries = 32768
	// forgiveAfter is how long without failures clears a count.
	forgiveAfter = time.Hour
)

type throttleKey struct {
	key string
	backoff
}

func (a Attempt) keys(failedBefore func(key string) bool) []throttleKey {
	account := strings.ToLower(strings.TrimSpace(normalise(clipName(a.Account))))
	if a.Device != "" {
		return []throttleKey{{"device " + account + " " + a.Device, backoff{free: 8, most: 5 * time.Minute}}}
	}
	address := network(a.Address)
	pair := throttleKey{"pair " + account + " " + address, backoff{free: 5, most: 15 * time.Minute}}
	keys := []throttleKey{pair, {"address " + address, backoff{free: 20, most: time.Minute}}}
	if failedBefore(pair.key) {
		keys = append(keys, throttleKey{"account " + account, backoff{free: 10, most: 30 * time.Second}})
	}
	return keys
}

// network is what one customer of a provider has: an IPv4 address or an IPv6 /64.
func network(address netip.Addr) string {
	address = address.Unmap()
	if address.Is6() {
		if prefix, err := address.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}

// clipName keeps a hostile name from filling the table.
func clipName(name string) string {
	if len(name) > 8*MaxName {
		return name[:8*MaxName]
	}
	return name
}

// Begin counts an attempt as failed, before its password is looked at, so that many at once do not slip
// through together. It returns how long to wait instead, or 0 where the attempt may go on; an attempt that
// has to wait is not counted.
func (t *Throttle) Begin(attempt Attempt) (wait time.Duration) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.table == nil {
		table, err := simplelru.NewLRU[string, *failures](throttleEntries, nil)
		if err != nil {
			return time.Minute // Cannot be: it refuses sizes below one alone. To refuse is the safe side.
		}
		t.table = table
	}
	keys := attempt.keys(func(key string) bool {
		found, ok := t.table.Peek(key)
		return ok && found.count > 0 && now.Sub(found.last) < forgiveAfter
	})
	for _, key := range keys {
		if found, ok := t.table.Peek(key.key); ok && found.until.After(now) {
			wait = max(wait, found.until.Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, key := range keys {
		t.fail(key, now)
	}
	return 0
}

func (t *Throttle) fail(key throttleKey, now time.Time) {
	found, ok := t.table.Get(key.key)
	if !ok {
		found = &failures{}
		t.table.Add(key.key, found)
	}
	if now.Sub(found.last) >= forgiveAfter {
		found.count = 0
	}
	found.count++
	found.last = now
	if over := found.count - key.free; over >= 0 {
		found.until = now.Add(min(key.most, time.Second<<min(over, 20)))
	}
}

// Succeed takes an attempt back that Begin counted: the password was right. What the address did at other
// accounts and what others did at the account still counts.
func (t *Throttle) Succeed(attempt Attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.table == nil {
		return
	}
	for i, key := range attempt.keys(func(string) bool { return true }) {
		found, ok := t.table.Peek(key.key)
		if !ok {
			continue
		}
		if i == 0 {
			t.table.Remove(key.key)
			continue
		}
		found.count = max(0, found.count-1)
		found.until = time.Time{}
	}
}

func (t *Throttle) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}
