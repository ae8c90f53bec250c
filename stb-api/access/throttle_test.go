package access_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
)

func TestWaitsDouble(t *testing.T) {
	at := &clock{at: noon}
	throttle := &access.Throttle{Now: at.now}
	attempt := access.Attempt{Account: "li", Address: home}
	for range 4 {
		require.Zero(t, throttle.Begin(attempt), "some failures are free")
	}
	var waits []time.Duration
	for range 14 {
		require.Zero(t, throttle.Begin(attempt))
		wait := throttle.Begin(attempt)
		require.Equal(t, wait, throttle.Begin(attempt), "to ask while waiting does not make it longer")
		waits = append(waits, wait)
		at.pass(wait)
	}
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, waits[:4])
	require.Equal(t, 15*time.Minute, waits[13])
	at.pass(2 * time.Hour)
	require.Zero(t, throttle.Begin(attempt))
	require.Zero(t, throttle.Begin(attempt), "an hour without failures is forgiven")
}

func TestStrangersCannotKeepOthersOut(t *testing.T) {
	at := &clock{at: noon}
	throttle := &access.Throttle{Now: at.now}
	address := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}) }
	// A thousand addresses fail at one account.
	for i := range 1000 {
		throttle.Begin(access.Attempt{Account: "li", Address: address(i)})
	}
	require.Zero(t, throttle.Begin(access.Attempt{Account: "li", Address: home}), "a new address may always try")
	require.LessOrEqual(t, throttle.Begin(access.Attempt{Account: "li", Address: home}), 30*time.Second)
	require.Zero(t, throttle.Begin(access.Attempt{Account: "wang", Address: home}), "other accounts are free")
}

func TestOneAddressAtManyAccountsIsSlowed(t *testing.T) {
	at := &clock{at: noon}
	throttle := &access.Throttle{Now: at.now}
	free := 0
	for i := range 100 {
		if throttle.Begin(access.Attempt{Account: fmt.Sprint("a", i), Address: home}) == 0 {
			free++
		}
	}
	require.Equal(t, 20, free)
	require.LessOrEqual(t, throttle.Begin(access.Attempt{Account: "b", Address: home}), time.Minute)
}

func TestIPv6IsCountedByNetwork(t *testing.T) {
	throttle := &access.Throttle{Now: fixed(noon)}
	for i := range 5 {
		require.Zero(t, throttle.Begin(access.Attempt{Account: "li", Address: netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1))}))
	}
	require.Positive(t, throttle.Begin(access.Attempt{Account: "li", Address: netip.MustParseAddr("2001:db8::ffff")}))
	require.Zero(t, throttle.Begin(access.Attempt{Account: "li", Address: netip.MustParseAddr("2001:db8:0:1::1")}))
	for range 5 {
		throttle.Begin(access.Attempt{Account: "wang", Address: home})
	}
	require.Positive(t, throttle.Begin(access.Attempt{Account: "wang", Address: netip.MustParseAddr("::ffff:192.0.2.1")}))
}

func TestSuccessClears(t *testing.T) {
	throttle := &access.Throttle{Now: fixed(noon)}
	attempt := access.Attempt{Account: "li", Address: home}
	throttle.Succeed(attempt)
	for range 100 {
		require.Zero(t, throttle.Begin(attempt))
		throttle.Succeed(attempt)
	}
	// An account of one's own does not wash the address clean.
	for i := range 20 {
		require.Zero(t, throttle.Begin(access.Attempt{Account: fmt.Sprint("a", i), Address: strange}))
		if i < 19 {
			own := access.Attempt{Account: "own", Address: strange}
			require.Zero(t, throttle.Begin(own))
			throttle.Succeed(own)
		}
	}
	require.Positive(t, throttle.Begin(access.Attempt{Account: "x", Address: strange}))
}

func TestTableIsBounded(t *testing.T) {
	throttle := &access.Throttle{Now: fixed(noon)}
	name := make([]byte, 1<<20)
	for i := range 200 {
		name[0] = byte(i)
		throttle.Begin(access.Attempt{Account: string(name), Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})})
	}
	require.Zero(t, throttle.Begin(access.Attempt{}), "an address that is not known is one of its own")
}
