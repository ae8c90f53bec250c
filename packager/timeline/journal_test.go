package timeline_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// line is a timeline that flushes only when told.
func line(store object.Store, journal string) *timeline.Timeline {
	return &timeline.Timeline{Name: "channels/edu1", Store: store, Journal: journal, FlushEvery: time.Hour, Now: func() time.Time { return start }}
}

func appendAll(t testing.TB, l *timeline.Timeline, entries []timeline.Entry) {
	t.Helper()
	for i := range entries {
		require.NoError(t, l.Append(l.Prepare(entries[i])))
	}
}

// TestJournalTornAtEveryByte: whatever a loss of power leaves of the journal, what stands before is taken up.
func TestJournalTornAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	store := newStore(t)
	path := filepath.Join(dir, "journal")
	l := line(store, path)
	require.NoError(t, l.Open(t.Context()))
	entries := hourOf(5, start, 0)
	appendAll(t, l, entries[:2])
	require.NoError(t, l.Flush(t.Context()))
	appendAll(t, l, entries[2:])
	whole := append([]timeline.Entry(nil), l.Tail().Entries...)
	l.Abandon()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	_, kept, err := timeline.ParseJournal(b)
	require.NoError(t, err)
	require.Equal(t, whole, kept)
	for n := range len(b) + 1 {
		torn := filepath.Join(dir, "torn")
		require.NoError(t, os.WriteFile(torn, b[:n], 0o600))
		_, kept, err := timeline.ParseJournal(b[:n])
		require.NoError(t, err)
		l := line(store, torn)
		require.NoError(t, l.Open(t.Context()))
		require.Equal(t, whole[:max(2, len(kept))], l.Tail().Entries)
		l.Abandon()
	}
	// The same, of a single bit.
	for n := range b {
		spoilt := append([]byte(nil), b...)
		spoilt[n] ^= 4
		_, kept, err := timeline.ParseJournal(spoilt)
		require.NoError(t, err)
		require.Equal(t, whole[:len(kept)], append([]timeline.Entry{}, kept...))
		require.Less(t, len(kept), len(whole))
	}
}

// TestOpenWithoutStore: with its journal a timeline opens, shows a live window and goes on; without, it says why not.
func TestOpenWithoutStore(t *testing.T) {
	ctx := t.Context()
	store := newStore(t)
	path := filepath.Join(t.TempDir(), "journal")
	l := line(store, path)
	require.NoError(t, l.Open(ctx))
	appendAll(t, l, hourOf(200, start, 0))
	require.NoError(t, l.Close(ctx))

	store.set(true)
	l = line(store, path)
	require.NoError(t, l.Open(ctx))
	require.Len(t, l.Tail().Live(time.Minute), 15)
	_, to, ok := l.Span()
	require.True(t, ok)
	require.Equal(t, start.Add(800*time.Second), to)
	e := l.Prepare(timeline.Entry{Start: start, Duration: 4 * time.Second, Discontinuity: true})
	require.EqualValues(t, 200, e.Seq)
	require.EqualValues(t, 4-3, e.Disc)
	require.Equal(t, to, e.Start, "time does not go back")
	require.NoError(t, l.Append(e))
	_, err := l.Between(ctx, start, to)
	require.ErrorIs(t, err, object.ErrAway)
	require.ErrorIs(t, l.Flush(ctx), object.ErrAway)
	store.set(false)
	all, err := l.Between(ctx, start, to.Add(time.Minute))
	require.NoError(t, err)
	require.Len(t, all, 201)
	require.NoError(t, l.Close(ctx))

	store.set(true)
	err = line(store, filepath.Join(t.TempDir(), "none")).Open(ctx)
	require.ErrorIs(t, err, object.ErrAway)
	require.ErrorContains(t, err, "no journal")
	require.ErrorContains(t, err, "channels/edu1")

	store.set(false)
	require.ErrorContains(t, line(store, "").Open(ctx), "journal path is empty")
}

// TestJournalOnFullDisk: entries that the journal could not take are published, and are in it as soon as there is room.
func TestJournalOnFullDisk(t *testing.T) {
	if dir := os.Getenv("PODIUM_TEST_LIMIT"); dir != "" {
		if err := appendOverLimit(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestJournalOnFullDisk$")
	cmd.Env = append(os.Environ(), "PODIUM_TEST_LIMIT="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func appendOverLimit(dir string) error {
	signal.Ignore(unix.SIGXFSZ)
	folder := &object.Folder{Root: filepath.Join(dir, "store")}
	if err := folder.Initialize(); err != nil {
		return err
	}
	path := filepath.Join(dir, "journal")
	l := line(folder, path)
	ctx, cancel := contextOf()
	defer cancel()
	if err := l.Open(ctx); err != nil {
		return err
	}
	limit := func(n uint64) error { return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: 1 << 40}) }
	entries := hourOf(30, start, 0)
	failed := 0
	for i := range entries {
		switch i {
		case 5:
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			// The next record fits in part only.
			if err := limit(uint64(info.Size()) + 100); err != nil {
				return err
			}
		case 15:
			if err := limit(1 << 30); err != nil {
				return err
			}
		}
		if err := l.Append(l.Prepare(entries[i])); errors.Is(err, unix.EFBIG) {
			failed++
		} else if err != nil {
			return err
		}
	}
	if failed != 10 || l.Tail().Next != 30 {
		return fmt.Errorf("%d failed, expected 10 of %d", failed, l.Tail().Next)
	}
	l.Abandon()
	again := line(folder, path)
	if err := again.Open(ctx); err != nil {
		return err
	}
	defer again.Abandon()
	if n := again.Tail().Next; n != 30 {
		return fmt.Errorf("went on with %d, expected 30", n)
	}
	return nil
}

func FuzzParseJournal(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "journal")
	l := line(newStore(f), path)
	require.NoError(f, l.Open(f.Context()))
	appendAll(f, l, hourOf(3, start, 0))
	l.Abandon()
	b, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add([]byte{0, 0, 0, 2, 0x2d, 0x1f, 0x0a, 0x3b, '{', '}'})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, entries, err := timeline.ParseJournal(b)
		if err != nil {
			require.Empty(t, entries)
		}
		for i := 1; i < len(entries); i++ {
			require.Equal(t, entries[i-1].Seq+1, entries[i].Seq)
		}
	})
}

func FuzzReadObject(f *testing.F) {
	e := hourOf(1, start, 7)[0]
	b, err := timeline.BuildObject(&e, []byte("moof and mdat"))
	require.NoError(f, err)
	f.Add(b)
	f.Add(b[:20])
	f.Add(segment.AppendRecord(nil, []byte(`{"tr":[{"o":-1,"n":9223372036854775807}]}`)))
	f.Add(segment.AppendRecord(nil, []byte(`null`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := timeline.ReadObject(b)
		if err != nil {
			require.Zero(t, e)
			return
		}
		for _, r := range e.Tracks {
			require.GreaterOrEqual(t, r.Offset, int64(0))
			require.GreaterOrEqual(t, r.End(), r.Offset)
		}
	})
}

func TestObjectRoundTrip(t *testing.T) {
	e := hourOf(1, start, 7)[0]
	e.Tracks = []timeline.Range{{Offset: 0, Length: 4}, {Offset: 4, Length: 3}}
	b, err := timeline.BuildObject(&e, []byte("moofmda"))
	require.NoError(t, err)
	require.Equal(t, "moof", string(b[e.Tracks[0].Offset:e.Tracks[0].End()]))
	require.Equal(t, "mda", string(b[e.Tracks[1].Offset:e.Tracks[1].End()]))
	got, err := timeline.ReadObject(b)
	require.NoError(t, err)
	require.Equal(t, e, got)
	e.Occurrence = string(make([]byte, 64<<10))
	_, err = timeline.BuildObject(&e, nil)
	require.ErrorContains(t, err, "at most")
}
