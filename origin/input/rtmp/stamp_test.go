package rtmp

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTimeline(t *testing.T) {
	for _, c := range []struct {
		name   string
		stamps []uint32
		want   []int64
	}{
		{"from zero", []uint32{0, 40, 80}, []int64{0, 40, 80}},
		{"from a phone's uptime", []uint32{4_000_000_000, 4_000_000_040}, []int64{0, 40}},
		{"over the end of 32 bits", []uint32{math.MaxUint32 - 19, 20, 60}, []int64{0, 40, 80}},
		{"sound a little before", []uint32{100, 90, 113}, []int64{0, -10, 13}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var line timeline
			for i, stamp := range c.stamps {
				require.Equal(t, c.want[i], line.unwrap(stamp))
			}
		})
	}
}

// Frames of sound follow one another without the jitter of milliseconds, and never far from their stamps.
func TestSoundClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{22050, 44100, 48000}).Draw(t, "rate")
		lasts := rapid.SampledFrom([]int64{1024, 1152, 960}).Draw(t, "frame")
		lost := rapid.IntRange(0, 200).Draw(t, "lost")
		var (
			clock soundClock
			last  int64
			jumps int
		)
		for n := range int64(1000) {
			exact := n
			if n >= 500 {
				exact += int64(lost)
			}
			at := clock.place(exact*lasts*1000/int64(rate), rate, lasts)
			require.InDelta(t, exact*lasts, at, float64(rate)/1000*(soundTolerance+1))
			if n > 0 && at != last+lasts {
				jumps++
				require.Greater(t, at, last)
			}
			last = at
		}
		require.LessOrEqual(t, jumps, 1)
		if int64(lost)*lasts*1000 > int64(rate)*(soundTolerance+2) {
			require.Equal(t, 1, jumps)
		}
	})
}

func TestPictureClock(t *testing.T) {
	var clock pictureClock
	for _, c := range []struct{ ms, composition, pts, dts int64 }{
		{0, 80, 80, 0},
		{40, 200, 240, 40},
		{80, 0, 80, 80},
		{120, -40, 80, 80}, // From here decoding is put forward.
		{160, 0, 160, 120},
	} {
		pts, dts, err := clock.place(c.ms, c.composition)
		require.NoError(t, err)
		require.Equal(t, c.pts*90, pts)
		require.Equal(t, c.dts*90, dts)
	}
	for _, composition := range []int64{-maxComposition - 1, maxComposition + 1, 1<<23 - 1, -1 << 23} {
		_, _, err := clock.place(0, composition)
		require.ErrorContains(t, err, "composition time")
	}
}
