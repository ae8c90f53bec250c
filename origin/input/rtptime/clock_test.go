package rtptime

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWallTime(t *testing.T) {
	at := func(fraction uint64) uint64 {
		return uint64(time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC).Unix()+2208988800)<<32 | fraction
	}
	for _, c := range []struct {
		name string
		ntp  uint64
		want string // empty if it is no clock
	}{
		// Read as nanoseconds these fractions would be 0.429, 2.147 and 4.290 s: the fault of gortsplib v4.
		{".000", at(0), "2026-11-23T04:00:00Z"},
		{".100", at(429496730), "2026-11-23T04:00:00.1Z"},
		{".250", at(1 << 30), "2026-11-23T04:00:00.25Z"},
		{".500", at(1 << 31), "2026-11-23T04:00:00.5Z"},
		{".999", at(4290672329), "2026-11-23T04:00:00.999Z"},
		{"the last unit of a second", at(0xFFFFFFFF), "2026-11-23T04:00:00.999999999Z"},
		{"a clock that was never set", 0, ""},
		{"time since boot", 86400 << 32, ""},
		{"1970", 2208988800 << 32, ""},
		{"the end of 2014", uint64(time.Date(2014, 12, 31, 23, 59, 59, 0, time.UTC).Unix()+2208988800) << 32, ""},
		{"2015", uint64(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).Unix()+2208988800) << 32, "2015-01-01T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := Wall(c.ntp)
			require.Equal(t, c.want != "", ok)
			if ok {
				require.Equal(t, c.want, got.Format(time.RFC3339Nano))
			}
		})
	}
}

func TestSenderReportRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// NTP seconds end in 2036 (RFC 5905 §6).
		want := time.Unix(rapid.Int64Range(1420070400, 2085978495).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		got, ok := Wall(SenderReport(1, want, 2, 3, 4).NTPTime)
		require.True(t, ok)
		require.Equal(t, want, got)
	})
}

func TestSenderClock(t *testing.T) {
	wall := time.Date(2026, 11, 23, 4, 0, 0, 500_000_000, time.UTC)
	c := senderClock{known: true, wall: wall, ticks: 1000}
	require.Equal(t, wall, c.at(1000, 90000))
	require.Equal(t, wall.Add(40*time.Millisecond), c.at(4600, 90000))
	require.Equal(t, wall.Add(-40*time.Millisecond), c.at(-2600, 90000))
	require.Equal(t, wall.Add(24*time.Hour), c.at(1000+86400*90000, 90000), "long after the 32 bits have wrapped")
	require.True(t, (&senderClock{}).at(5, 90000).IsZero())
}

func TestScaleRoundsDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "v")
		m := rapid.Int64Range(1, 192000).Draw(t, "m")
		d := rapid.Int64Range(1, 192000).Draw(t, "d")
		got := scale(v, m, d)
		// got <= v*m/d < got+1, without dividing.
		require.LessOrEqual(t, got*d, v*m)
		require.Less(t, v*m, (got+1)*d)
	})
}

func FuzzWallTime(f *testing.F) {
	f.Add(uint64(0))
	f.Add(uint64(0xFFFFFFFFFFFFFFFF))
	f.Add(uint64(0xED4D3F0080000000))
	f.Fuzz(func(t *testing.T, ntp uint64) {
		got, ok := Wall(ntp)
		if !ok {
			return
		}
		require.GreaterOrEqual(t, got.Year(), 2015)
		require.LessOrEqual(t, got.Year(), 2100)
		require.Equal(t, int64(ntp>>32)-2208988800, got.Unix())
		back, ok := Wall(NTP(got))
		require.True(t, ok)
		require.Equal(t, got, back)
	})
}
