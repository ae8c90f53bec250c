package play_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestGatheringChangesNoByte follows views over the life of their hours: each playlist, and each segment in it in both forms,
// is the same bytes while the hours are objects of their own, while both are there, when the objects are gone, and after a
// restart with nothing in memory.
func TestGatheringChangesNoByte(t *testing.T) {
	a := newAir(t)
	a.line.Chunks = true
	a.run(50 * time.Minute)
	a.silence(5 * time.Second)
	a.run(20 * time.Minute)
	a.gap(4 * time.Second)
	a.run(55 * time.Minute)
	a.flush()
	require.NoError(t, a.line.Flush(t.Context()))

	from := signOn.Add(49 * time.Minute)
	views := []string{
		fmt.Sprintf("archive-%d-1500/1.m3u8", from.Unix()), fmt.Sprintf("archive-%d-1500/2.m3u8", from.Unix()),
		fmt.Sprintf("mono-archive-%d-1500.m3u8", from.Unix()), fmt.Sprintf("archive-%d-7200/1.m3u8", signOn.Unix()),
	}
	look := func() map[string]string {
		a.cold()
		all := map[string]string{}
		for _, path := range views {
			w := a.get(path)
			require.Equal(t, 200, w.Code)
			all[path] = w.Body.String()
		}
		entries, err := a.line.Between(t.Context(), from, from.Add(25*time.Minute))
		require.NoError(t, err)
		for i := range entries {
			for _, suffix := range []string{".ts", "-1.m4s", "-2.m4s"} {
				path := fmt.Sprintf("seg-%d-%d%s", entries[i].Hour(), entries[i].Seq, suffix)
				w := a.get(path)
				all[path] = fmt.Sprint(w.Code, w.Body.String())
			}
		}
		return all
	}
	want := look()
	same := func() {
		t.Helper()
		got := look()
		require.Len(t, got, len(want))
		for path := range want {
			require.Equal(t, want[path], got[path], path)
		}
	}
	objects := func(part string) (n int) {
		for _, err := range a.folder.List(t.Context(), "feeds/hall1/"+part) {
			require.NoError(t, err)
			n++
		}
		return n
	}
	require.Zero(t, objects("chunks/"))
	before := objects("media/")
	// The clock is turned for the housekeeping alone: a view's window shall not move.
	now := a.now
	housekeep := func(after time.Duration) {
		a.now = now.Add(after)
		require.NoError(t, a.line.Housekeep(t.Context()))
		a.now = now
	}
	housekeep(10 * time.Minute)
	require.Equal(t, 2, objects("chunks/"))
	require.Equal(t, before, objects("media/"))
	same()
	housekeep(30 * time.Minute)
	require.Less(t, objects("media/"), 150)
	same()
	require.NoError(t, a.line.Close(t.Context()))
	require.NoError(t, a.line.Open(t.Context()))
	same()
}
