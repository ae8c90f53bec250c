package pace_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/pace"
)

func TestClock(t *testing.T) {
	t.Parallel()
	const s, ms = time.Second, time.Millisecond
	type step struct {
		busy time.Duration // before it is asked for
		at   time.Duration // media time
		out  time.Duration // when it is handed out, since the beginning
		off  time.Duration // that it was put off
	}
	for _, c := range []struct {
		name  string
		clock pace.Clock
		steps []step
	}{
		{"in step", pace.Clock{}, []step{{0, 5 * s, 0, 0}, {0, 6 * s, s, 0}, {300 * ms, 7 * s, 2 * s, 0}}},
		{"tracks that are interleaved", pace.Clock{}, []step{{0, 0, 0, 0}, {0, s, s, 0}, {0, 500 * ms, s, 0}, {0, 2 * s, 2 * s, 0}}},
		{"a little late, caught up with", pace.Clock{}, []step{{0, 0, 0, 0}, {1900 * ms, s, 1900 * ms, 0}, {0, 2 * s, 2 * s, 0}}},
		{"too late, put off", pace.Clock{}, []step{{0, 0, 0, 0}, {5 * s, s, 5 * s, 4 * s}, {0, 2 * s, 6 * s, 0}}},
		{"back to the beginning", pace.Clock{}, []step{{0, 100 * s, 0, 0}, {0, 101 * s, s, 0}, {0, 0, s, 0}, {0, s, 2 * s, 0}}},
		{"a leap ahead", pace.Clock{}, []step{{0, 0, 0, 0}, {0, s, s, 0}, {0, 100 * s, s, 0}, {0, 101 * s, 2 * s, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				clock := c.clock
				for i, step := range c.steps {
					time.Sleep(step.busy)
					off, err := clock.Wait(t.Context(), step.at)
					require.NoError(t, err)
					require.Equal(t, step.out, time.Since(began), "step %d", i)
					require.Equal(t, step.off, off, "step %d", i)
				}
			})
		})
	}
}

func TestClockSlews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var clock pace.Clock
		for at := time.Duration(0); at <= 10_000*time.Second; at += time.Second {
			_, err := clock.Wait(t.Context(), at)
			require.NoError(t, err)
			if at == 1000*time.Second {
				clock.Slew(1e-4)
			}
			if at == 6000*time.Second {
				clock.Slew(-1e-4)
			}
		}
		require.InDelta(t, 10_000-0.5+0.4, time.Since(began).Seconds(), 0.001)
	})
}

func TestClockEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var clock pace.Clock
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := clock.Wait(ctx, 0)
		require.NoError(t, err)
		_, err = clock.Wait(ctx, 9*time.Second)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
