package object_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
	"podium.tv/podium/testserver"
)

// TestOutage takes a real MinIO away under a channel that goes on the air: stopped, and frozen. It lasts a minute in
// all where PODIUM_TEST is "full".
func TestOutage(t *testing.T) {
	stopped, frozen, every := 2*time.Second, 2*time.Second, 20*time.Millisecond
	if os.Getenv("PODIUM_TEST") == "full" {
		stopped, frozen, every = 40*time.Second, 20*time.Second, 100*time.Millisecond
	}
	server := testserver.StartMinIO(t)
	bucket := newBucket(t, server)
	bucket.Timeout = time.Second
	remote := &faulty{Store: bucket} // only for its log
	s := newSpool(t, &object.Spool{Remote: remote, RetryFirst: 50 * time.Millisecond, RetryLast: time.Second, Settle: 2 * time.Second})
	ctx := t.Context()

	put, unread := 0, 0
	var slowest time.Duration
	onAir := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(every) {
			start := time.Now()
			require.NoError(t, s.Put(ctx, segmentName(put), segmentBody(put)))
			require.NoError(t, s.Put(ctx, "live/hall1/index", fmt.Append(nil, put)))
			slowest = max(slowest, time.Since(start))

			// The newest segment is served all the time, from the spool or, where it is just uploaded, from the store.
			got, err := s.Get(ctx, segmentName(put), 0, -1)
			if err != nil {
				require.ErrorIs(t, err, object.ErrAway)
				unread++
			} else {
				require.True(t, bytes.Equal(segmentBody(put), got))
			}
			put++
		}
	}
	onAir(500 * time.Millisecond)
	drain(t, s)

	server.Kill()
	onAir(stopped)
	waiting := s.Pending()
	require.True(t, waiting.Away)
	require.Greater(t, waiting.Objects, int(stopped/every)/2)
	server.Start()
	onAir(500 * time.Millisecond)
	drain(t, s)

	server.Freeze()
	onAir(frozen)
	require.Greater(t, s.Pending().Objects, 20)
	server.Thaw()
	onAir(500 * time.Millisecond)

	drainCtx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	require.NoError(t, s.Drain(drainCtx))
	t.Logf("%d segments; the slowest two puts took %v", put, slowest)
	require.Less(t, slowest, time.Second, "a put waited for the store")
	require.LessOrEqual(t, unread, 2, "only what was uploaded at the very instant at which the store went away")

	// Nothing is lost, and each segment went up before all that came after it.
	for n := range put {
		got, err := bucket.Get(ctx, segmentName(n), 0, -1)
		require.NoError(t, err)
		require.True(t, bytes.Equal(segmentBody(n), got), "segment %d", n)
	}
	got, err := bucket.Get(ctx, "live/hall1/index", 0, -1)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(put-1), string(got))
	next := 0
	for _, line := range remote.done() {
		if line == "put "+segmentName(next) {
			next++
		} else {
			require.Equal(t, "put live/hall1/index", line)
		}
	}
	require.Equal(t, put, next)
}

func segmentName(n int) string { return fmt.Sprintf("live/hall1/2026112304/%06d.m4s", n) }

func segmentBody(n int) []byte { return randomBody(uint64(n), 20_000) }
