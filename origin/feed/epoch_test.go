package feed_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// mediaTime is the media time at which a segment's picture begins.
func (h *hall) mediaTime(t testing.TB, e *timeline.Entry) (at time.Duration) {
	t.Helper()
	r := e.Tracks[0]
	fragment, err := h.store.Get(t.Context(), e.Object, r.Offset, r.Length)
	require.NoError(t, err)
	first := errors.New("first")
	require.ErrorIs(t, segment.Samples(fragment, func(s segment.StoredSample) error {
		at = media.Duration(s.DTS, 90000)
		return first
	}), first)
	return at
}

// requireGoesOn checks that media times rise over discontinuities, with hardly a pause.
func (h *hall) requireGoesOn(t testing.TB, entries []timeline.Entry) {
	t.Helper()
	require.Equal(t, 10*time.Second, h.mediaTime(t, &entries[0]))
	for i := 1; i < len(entries); i++ {
		step := h.mediaTime(t, &entries[i]) - h.mediaTime(t, &entries[i-1]) - entries[i-1].Duration
		if entries[i].Discontinuity {
			require.GreaterOrEqual(t, step, 400*time.Millisecond)
			require.LessOrEqual(t, step, 700*time.Millisecond)
			continue
		}
		require.InDelta(t, 0, step.Seconds(), 0.1)
	}
}

func TestMediaTimesGoOnOverReconnectionAndRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t,
			func(c *camera) { c.play(21 * time.Second) },
			func(c *camera) { c.clock = time.Hour; c.play(time.Hour) },
			func(c *camera) { c.play(time.Hour) },
		)
		h.run(t, time.Minute)
		h.Feed = h.newFeed()
		entries := h.run(t, time.Minute)
		require.Equal(t, 2, discontinuities(entries))
		h.requireGoesOn(t, entries)
	})
}

func TestMediaTimesBeginAnewWhereTheLastSegmentCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hour := func(c *camera) { c.play(time.Hour) }
		h := newHall(t, hour, hour)
		h.run(t, time.Minute)
		last := h.Timeline.Tail().Last()
		require.NoError(t, h.store.Put(t.Context(), timeline.InitName(last.Init), []byte("{")))
		h.Feed = h.newFeed()
		entries := h.run(t, 30*time.Second)
		require.Equal(t, 1, discontinuities(entries))
		require.Equal(t, 1, strings.Count(h.log.String(), "media times begin anew"))
		for i := range entries {
			if entries[i].Discontinuity {
				require.Equal(t, 10*time.Second, h.mediaTime(t, &entries[i]))
			}
		}
	})
}
