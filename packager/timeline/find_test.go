package timeline_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/timeline"
)

// TestFindSeq: whatever the durations and the silences, each number is found, and none that never was.
func TestFindSeq(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		l := line(storeIn(t, filepath.Join(dir, "store")), filepath.Join(dir, "journal"))
		l.Recent = 10 * time.Minute
		require.NoError(t, l.Open(t.Context()))
		defer func() { require.NoError(t, l.Close(t.Context())) }()
		at := start
		for range rapid.IntRange(1, 12).Draw(t, "runs") {
			at = at.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 3 * time.Hour, 50 * time.Hour}).Draw(t, "silence"))
			step := rapid.SampledFrom([]time.Duration{4 * time.Second, time.Minute, 800 * time.Millisecond}).Draw(t, "duration")
			for range rapid.IntRange(1, 150).Draw(t, "entries") {
				require.NoError(t, l.Append(l.Prepare(timeline.Entry{Kind: timeline.Live, Start: at, Duration: step})))
				at = at.Add(step)
			}
			require.NoError(t, l.Flush(t.Context()))
		}
		next := l.Tail().Next
		for range 40 {
			seq := uint64(rapid.IntRange(0, int(next)-1).Draw(t, "seq"))
			e, err := l.FindSeq(t.Context(), seq)
			require.NoError(t, err, seq)
			require.Equal(t, seq, e.Seq)
		}
		_, err = l.FindSeq(t.Context(), next+uint64(rapid.IntRange(0, 9).Draw(t, "beyond")))
		require.ErrorIs(t, err, timeline.ErrUnknown)
	})
}

// TestFindSeqReadsFewHours: a number of a week ago is found with a few looks.
func TestFindSeqReadsFewHours(t *testing.T) {
	store := newStore(t)
	l := line(store, filepath.Join(t.TempDir(), "journal"))
	l.Recent = 10 * time.Minute
	require.NoError(t, l.Open(t.Context()))
	at := start
	for range 7 * 24 * 60 {
		require.NoError(t, l.Append(l.Prepare(timeline.Entry{Kind: timeline.Live, Start: at, Duration: time.Minute})))
		at = at.Add(time.Minute)
	}
	require.NoError(t, l.Close(t.Context()))
	l.Hours = new(timeline.HourCache)
	e, err := l.FindSeq(t.Context(), 123)
	require.NoError(t, err)
	require.Equal(t, uint64(123), e.Seq)
	require.LessOrEqual(t, store.reads("/index/"), 4)
}
