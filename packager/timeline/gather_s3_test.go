package timeline_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
	"podium.tv/podium/testserver"
)

// TestGatherInMinIO gathers into a real bucket behind a spool, in parts and while the store goes away in the middle.
func TestGatherInMinIO(t *testing.T) {
	if testing.Short() {
		t.Skip("starts MinIO")
	}
	server := testserver.StartMinIO(t)
	bucket := &object.Bucket{
		Endpoint: server.Endpoint, Name: "podium-archive", AccessKey: server.AccessKey, SecretKey: server.SecretKey,
		Timeout: 2 * time.Second, PartSize: 5 << 20,
	}
	require.NoError(t, bucket.Initialize())
	t.Cleanup(func() { _ = bucket.Close() })
	spool := &object.Spool{Remote: bucket, Folder: filepath.Join(t.TempDir(), "spool"), Direct: 1 << 20}
	require.NoError(t, spool.Initialize())
	p := newPast(t, t.TempDir(), 3)
	// The same past, with segments large enough that an hour takes several parts.
	large := &past{dir: t.TempDir(), store: spool, now: p.all[0].Start}
	large.open(t, spool)
	for i := range p.all {
		e := large.line.Prepare(timeline.Entry{
			Kind: timeline.Live, Start: p.all[i].Start, Duration: time.Minute, Independent: true, Init: "0123456789abcdef",
			Tracks: []timeline.Range{{Length: 3 << 20}},
		})
		e.Object = large.line.MediaName(e.Seq)
		media := make([]byte, 3<<20)
		for n := range media {
			media[n] = byte(n*7 + i)
		}
		body, err := timeline.BuildObject(&e, media)
		require.NoError(t, err)
		require.NoError(t, spool.Put(t.Context(), e.Object, body))
		require.NoError(t, large.line.Append(e))
		large.all, large.bodies = append(large.all, e), append(large.bodies, body)
	}
	large.now = p.now
	require.NoError(t, large.line.Flush(t.Context()))
	require.NoError(t, spool.Drain(t.Context()))

	server.Stop()
	large.now = large.now.Add(20 * time.Minute)
	require.Error(t, large.line.Housekeep(t.Context()))
	server.Start()
	require.Eventually(t, func() bool {
		large.now = large.now.Add(20 * time.Minute)
		return large.line.Housekeep(t.Context()) == nil && large.line.Archived().Gathered == 2
	}, time.Minute, 100*time.Millisecond)
	large.settle(t)
	require.NoError(t, spool.Drain(t.Context()))
	require.Len(t, large.objects(t, "chunks/"), 2)
	require.Len(t, large.objects(t, "media/"), perHour)
	large.store = bucket // Nothing is in the spool alone.
	large.whole(t)
	large.line.Abandon()
	p.line.Abandon()
	require.NoError(t, spool.Close(t.Context()))
}
