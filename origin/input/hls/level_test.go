package hls_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/hls"
)

// TestLevel has a portal's clock run away from ours, either way and faster than clocks do: media follows it, and goes back to our
// clock's pace when as much lies ready as at the beginning.
func TestLevel(t *testing.T) {
	t.Parallel()
	const target = 4 * time.Second
	for _, step := range []time.Duration{20 * time.Millisecond, -20 * time.Millisecond} {
		var l hls.Level
		lay := 10 * time.Second
		for range 32 {
			require.Zero(t, l.Observe(lay, target))
		}
		for range 100 {
			lay += step
			l.Observe(lay, target)
		}
		require.InDelta(t, 1e-4*step.Seconds()/0.02, l.Observe(lay, target), 1e-9)
		for range 100 {
			lay -= step
			l.Observe(lay, target)
		}
		for range 32 {
			l.Observe(lay, target)
		}
		require.Zero(t, l.Observe(lay, target))
	}
}
