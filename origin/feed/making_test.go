package feed_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// watch gathers every edge of a feed's timeline until the feed has ended.
func watch(f *feed.Feed, done <-chan struct{}) (edges []*timeline.Edge) {
	<-f.Ready()
	for edge := f.Timeline.Edge(); ; edge = f.Timeline.Edge() {
		edges = append(edges, edge)
		select {
		case <-edge.Changed():
		case <-done:
			return edges
		}
	}
}

// TestSegmentInTheMaking has a camera that is cut off, comes back, and jumps. Each part is shown when its last frame has
// lasted, and what was shown of a segment is what it became.
func TestSegmentInTheMaking(t *testing.T) {
	for _, wall := range []feed.WallClock{feed.Arrival, feed.Sender} {
		t.Run(string(wall), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHall(t,
					func(c *camera) { c.play(21 * time.Second) },
					func(c *camera) {
						c.play(9 * time.Second)
						c.clock += time.Hour
						c.play(13 * time.Second)
					},
				)
				h.PartTarget, h.Wall = 200*time.Millisecond, wall
				ctx, stop := context.WithTimeout(t.Context(), time.Minute)
				defer stop()
				h.Initialize()
				done, failed := make(chan struct{}), make(chan error, 1)
				go func() {
					failed <- h.Run(ctx)
					close(done)
				}()
				edges := watch(h.Feed, done)
				require.NoError(t, <-failed)

				entries := h.Timeline.Tail().Entries
				requireStrict(t, 2*h.Target, entries)
				require.Equal(t, 2, discontinuities(entries))
				shown := map[uint64]int{}
				for _, edge := range edges {
					if edge.Making != nil {
						requireBecame(t, edge.Making, entries)
						shown[edge.Making.Entry.Seq]++
					}
				}
				whole := 0
				for seq, times := range shown {
					if times >= 10 {
						whole++
					}
					require.Less(t, seq, uint64(len(entries)))
				}
				require.GreaterOrEqual(t, whole, 7, "segments shown as they come: %v", shown)
				requireSettled(t, h, edges)
			})
		})
	}
}

// requireBecame checks that a segment became what was shown of it.
func requireBecame(t *testing.T, m *timeline.Making, entries []timeline.Entry) {
	t.Helper()
	require.Less(t, m.Entry.Seq, uint64(len(entries)))
	e := &entries[m.Entry.Seq]
	require.Equal(t, e.Seq, m.Entry.Seq)
	require.Equal(t, e.Disc, m.Entry.Disc)
	require.Equal(t, e.Discontinuity, m.Entry.Discontinuity)
	require.Equal(t, e.Start, m.Entry.Start)
	require.Equal(t, e.Time, m.Entry.Time)
	require.Equal(t, e.Init, m.Entry.Init)
	require.Equal(t, e.Independent, m.Entry.Independent)
	require.Equal(t, 200*time.Millisecond, m.Parts.Target)
}

// requireSettled checks that the parts of finished segments are their stored bytes.
func requireSettled(t *testing.T, h *hall, edges []*timeline.Edge) {
	t.Helper()
	last := edges[len(edges)-1]
	require.GreaterOrEqual(t, len(last.Made), 2)
	for _, made := range last.Made {
		e := last.Tail.Entries[made.Seq]
		object, err := h.store.Get(t.Context(), e.Object, 0, -1)
		require.NoError(t, err)
		for track, parts := range made.Parts.Tracks {
			stored := object[e.Tracks[track].Offset:e.Tracks[track].End()]
			var samples []byte
			for i := range parts {
				require.NoError(t, segment.Samples(parts[i].Append(nil), func(s segment.StoredSample) error {
					samples = append(samples, s.Data...)
					return nil
				}))
			}
			require.NotEmpty(t, samples)
			require.True(t, bytes.HasSuffix(stored, samples), "track %d", track)
		}
	}
}
