package timeline_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

func TestClosedTimeline(t *testing.T) {
	store := &object.Folder{Root: t.TempDir()}
	require.NoError(t, store.Initialize())
	defer func() { require.NoError(t, store.Close()) }()
	_, err := timeline.ReadClosed(t.Context(), store, "assets/a")
	require.ErrorIs(t, err, object.ErrNotFound)
	require.Error(t, timeline.WriteClosed(t.Context(), store, "assets/a", nil))

	entries := make([]timeline.Entry, 2000)
	for i := range entries {
		entries[i] = timeline.Entry{Duration: 4 * time.Second, Kind: timeline.Asset, Discontinuity: i == 1000}
	}
	require.NoError(t, timeline.WriteClosed(t.Context(), store, "assets/a", entries))
	got, err := timeline.ReadClosed(t.Context(), store, "assets/a")
	require.NoError(t, err)
	require.Len(t, got, 2000)
	last := got[1999]
	require.Equal(t, uint64(1999), last.Seq)
	require.Equal(t, uint64(1), last.Disc)
	require.Equal(t, time.Unix(1999*4, 0).UTC(), last.Start)
	require.Equal(t, int64(2), last.Hour())

	require.NoError(t, store.Put(t.Context(), "assets/a/index.idx", []byte("PTL3 and more")))
	_, err = timeline.ReadClosed(t.Context(), store, "assets/a")
	require.ErrorIs(t, err, timeline.ErrBadIndex)
}
