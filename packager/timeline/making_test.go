package timeline_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

func parts(n int) segment.Parts {
	p := segment.Parts{Target: time.Second, Tracks: [][]segment.Part{make([]segment.Part, n)}}
	for i := range p.Tracks[0] {
		p.Tracks[0][i].Duration = time.Second
	}
	return p
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestEdge(t *testing.T) {
	l := line(newStore(t), filepath.Join(t.TempDir(), "journal"))
	require.NoError(t, l.Open(t.Context()))
	start := time.Now().Truncate(time.Second)
	segmentAt := func(n int) timeline.Entry {
		return l.Prepare(timeline.Entry{Start: start.Add(time.Duration(n) * 4 * time.Second), Duration: 4 * time.Second, Kind: timeline.Live})
	}
	for n := range 5 {
		for have := 1; have <= 3; have++ {
			before, tail := l.Edge(), l.Tail()
			require.NoError(t, l.Make(&timeline.Making{Entry: segmentAt(n), Parts: parts(have)}))
			require.Same(t, tail, l.Tail(), "who looks at whole segments notices nothing")
			require.True(t, closed(before.Changed()))
			edge := l.Edge()
			require.Same(t, tail, edge.Tail)
			require.False(t, closed(edge.Changed()))
			require.Greater(t, edge.Version, before.Version)
			require.EqualValues(t, n, edge.Making.Entry.Seq)
			require.Len(t, edge.PartsOf(uint64(n)).Tracks[0], have)
		}
		before := l.Edge()
		require.NoError(t, l.Finish(segmentAt(n), parts(4)))
		require.True(t, closed(before.Changed()))
		edge := l.Edge()
		require.Nil(t, edge.Making)
		require.Same(t, l.Tail(), edge.Tail)
		require.Len(t, edge.PartsOf(uint64(n)).Tracks[0], 4)
		require.Len(t, edge.Made, min(n+1, 4))
	}
	require.Zero(t, l.Edge().PartsOf(0).Target, "given up")

	// One without parts, and one that nobody waits for.
	require.NoError(t, l.Append(segmentAt(5)))
	require.Zero(t, l.Edge().PartsOf(5).Target)
	require.Len(t, l.Edge().Made, 3)
	e := segmentAt(6)
	e.Seq++
	require.ErrorContains(t, l.Make(&timeline.Making{Entry: e}), "is not the next one")

	// A crash loses the segment in the making and nothing else.
	require.NoError(t, l.Make(&timeline.Making{Entry: segmentAt(6), Parts: parts(1)}))
	l.Abandon()
	again := line(l.Store, l.Journal)
	require.NoError(t, again.Open(t.Context()))
	require.Nil(t, again.Edge().Making)
	require.EqualValues(t, 6, again.Edge().Tail.Next)
	require.NoError(t, again.Close(t.Context()))
}
