package timeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// TestReaderFindsSegmentsWhereverTheyLie: as an object of their own, in the chunk, for the owner and for a channel, with an
// index in memory from before the hour was gathered.
func TestReaderFindsSegmentsWhereverTheyLie(t *testing.T) {
	ctx := t.Context()
	store := newStore(t)
	hour := timeline.HourOf(start)
	var owned, gathered []timeline.Entry
	var bodies [][]byte
	var chunk []byte
	for i := range 5 {
		e := timeline.Entry{Seq: uint64(i), Start: start.Add(time.Duration(i) * time.Second), Duration: time.Second, Kind: timeline.Live}
		e.Object = timeline.MediaName("feeds/hall1", e.Seq)
		e.Tracks = []timeline.Range{{Length: 4}}
		body, err := timeline.BuildObject(&e, []byte(fmt.Sprint("seg", i)))
		require.NoError(t, err)
		require.NoError(t, store.Put(ctx, e.Object, body))
		owned = append(owned, e)
		e.At = timeline.Range{Offset: int64(len(chunk)), Length: int64(len(body))}
		gathered = append(gathered, e)
		bodies, chunk = append(bodies, body), append(chunk, body...)
	}
	index := timeline.IndexName("feeds/hall1", hour)
	require.NoError(t, store.Put(ctx, index, timeline.EncodeIndex(nil, owned)))
	reader := timeline.Reader{Store: store, Hours: new(timeline.HourCache)}
	check := func(reader timeline.Reader) {
		t.Helper()
		for i := range owned {
			channel := owned[i]
			channel.Seq, channel.Ref, channel.RefHour = 900+channel.Seq, channel.Seq, hour
			channel.Start = channel.Start.Add(3 * time.Hour)
			channel.Also = []timeline.Rendition{{Name: "720p", Object: channel.Object, RefHour: hour}}
			for _, e := range []timeline.Entry{owned[i], channel} {
				got, err := reader.Entry(ctx, &e)
				require.NoError(t, err)
				require.Equal(t, string(bodies[i]), string(got))
			}
			got, err := reader.Rendition(ctx, &channel, &channel.Also[0])
			require.NoError(t, err)
			require.Equal(t, string(bodies[i]), string(got))
		}
	}
	check(reader)

	// Gathered: the objects are still there, then they go while the index in memory does not know.
	require.NoError(t, store.Put(ctx, timeline.ChunkName("feeds/hall1", hour), chunk))
	require.NoError(t, store.Put(ctx, index, timeline.EncodeIndex(nil, gathered)))
	check(reader)
	for i := range owned {
		require.NoError(t, store.Delete(ctx, owned[i].Object))
	}
	check(reader)
	check(timeline.Reader{Store: store})
	before := store.reads("/media/")
	check(reader) // It goes straight to the chunk now.
	require.Equal(t, before, store.reads("/media/"))
	old := owned[3] // From before RefHour was kept, by a clock that was a little behind.
	old.Ref, old.Start = 3, old.Start.Add(-time.Hour)
	got, err := reader.Entry(ctx, &old)
	require.NoError(t, err)
	require.Equal(t, string(bodies[3]), string(got))

	// A run that does not hold the segment is never given out for it.
	gathered[2].At = gathered[1].At
	require.NoError(t, store.Put(ctx, index, timeline.EncodeIndex(nil, gathered)))
	_, err = timeline.Reader{Store: store}.Entry(ctx, &owned[2])
	require.ErrorIs(t, err, object.ErrNotFound)
}

func TestMediaNames(t *testing.T) {
	for name, want := range map[string]struct {
		owner string
		seq   uint64
		ok    bool
	}{
		"feeds/hall1/media/0/7.cmaf":     {"feeds/hall1", 7, true},
		"assets/x/media/12/12345.cmaf":   {"assets/x", 12345, true},
		"feeds/hall1/media/1/12345.cmaf": {},
		"feeds/hall1/media/0/07.cmaf":    {},
		"feeds/hall1/chunks/7.cmaf":      {},
		"feeds/hall1/media/7.cmaf":       {},
		"":                               {},
	} {
		owner, seq, ok := timeline.ParseMediaName(name)
		require.Equal(t, want.ok, ok, name)
		if ok {
			require.Equal(t, want.owner, owner)
			require.Equal(t, want.seq, seq)
		}
	}
}
