package timeline_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

func contextOf() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}

// TestReadersWhileAppending has readers ask everything of a timeline that grows, flushes and expires: what they see is
// always without a hole.
func TestReadersWhileAppending(t *testing.T) {
	ctx := t.Context()
	store := newStore(t)
	var clock struct {
		sync.Mutex
		now time.Time
	}
	l := line(store, filepath.Join(t.TempDir(), "journal"))
	l.Recent, l.FlushEvery, l.Retention = 10*time.Minute, time.Millisecond, 3*time.Hour
	l.Now = func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return clock.now
	}
	require.NoError(t, l.Open(ctx))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for r := range 3 {
		readers.Go(func() {
			var version uint64
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				tail := l.Tail()
				if tail.Version < version {
					t.Errorf("version went back")
				}
				version = tail.Version
				last := tail.Last()
				if last == nil {
					continue
				}
				for _, entries := range [][]timeline.Entry{tail.Entries, between(t, l, last.End().Add(-time.Duration(r+1)*20*time.Minute), last.End())} {
					for n := 1; n < len(entries); n++ {
						if entries[n].Seq != entries[n-1].Seq+1 {
							t.Errorf("hole between %d and %d", entries[n-1].Seq, entries[n].Seq)
							return
						}
					}
				}
				old := tail.Entries[0]
				if found, err := l.Find(ctx, old.Hour(), old.Seq); err == nil && found.Object != old.Object {
					t.Errorf("found another entry")
				}
				if _, _, ok := l.Span(); !ok {
					t.Errorf("no span")
				}
			}
		})
	}
	readers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if err := l.Expire(ctx); err != nil {
					t.Errorf("expire: %v", err)
				}
				time.Sleep(time.Millisecond)
			}
		}
	})
	for _, e := range hourOf(6000, start, 0) {
		clock.Lock()
		clock.now = e.Start
		clock.Unlock()
		require.NoError(t, l.Append(l.Prepare(e)))
	}
	close(done)
	readers.Wait()
	require.NoError(t, l.Close(ctx))
	from, to, ok := l.Span()
	require.True(t, ok)
	require.NoError(t, l.Expire(ctx))
	all := between(t, l, start, to)
	require.Equal(t, uint64(5999), all[len(all)-1].Seq)
	require.Equal(t, to.Sub(all[0].Start), time.Duration(len(all))*4*time.Second)
	require.False(t, all[0].Start.Before(from))
}

func between(t testing.TB, l *timeline.Timeline, from, to time.Time) []timeline.Entry {
	entries, err := l.Between(t.Context(), from, to)
	if err != nil {
		t.Errorf("between: %v", err)
	}
	return entries
}

// TestHourOvertakenByFlush: a reader who read an index before it was written anew must not leave the old one in the cache.
func TestHourOvertakenByFlush(t *testing.T) {
	ctx := t.Context()
	store := newStore(t)
	l := line(store, filepath.Join(t.TempDir(), "journal"))
	l.Recent = 4 * time.Minute
	require.NoError(t, l.Open(ctx))
	entries := hourOf(800, start, 0)
	appendAll(t, l, entries[:100])
	require.NoError(t, l.Flush(ctx))
	appendAll(t, l, entries[100:200])
	require.Positive(t, l.Tail().Entries[0].Seq)
	require.NoError(t, l.Flush(ctx))

	name := fmt.Sprintf("channels/edu1/index/%d.idx", timeline.HourOf(start))
	gate := make(chan string)
	store.mutex.Lock()
	store.block = map[string]chan string{name: gate}
	store.mutex.Unlock()
	read := make(chan error)
	go func() {
		_, err := l.Find(ctx, timeline.HourOf(start), 0)
		read <- err
	}()
	<-gate // It has the old bytes.
	store.mutex.Lock()
	store.block = nil
	store.mutex.Unlock()
	appendAll(t, l, entries[200:300])
	require.NoError(t, l.Flush(ctx))
	gate <- ""
	require.NoError(t, <-read)
	appendAll(t, l, entries[300:])
	require.NoError(t, l.Flush(ctx))
	first := l.Tail().Entries[0].Seq
	require.Greater(t, first, uint64(200))
	_, err := l.Find(ctx, timeline.HourOf(start), first-1)
	require.NoError(t, err)
	require.Len(t, between(t, l, start, start.Add(time.Hour)), 800)
	require.NoError(t, l.Close(ctx))
}

// TestSilenceIsCached: hours in which nothing was put out are asked for once.
func TestSilenceIsCached(t *testing.T) {
	ctx := t.Context()
	store := newStore(t)
	l := line(store, filepath.Join(t.TempDir(), "journal"))
	require.NoError(t, l.Open(ctx))
	appendAll(t, l, hourOf(10, start, 0))
	appendAll(t, l, hourOf(900, start.Add(100*time.Hour), 10))
	appendAll(t, l, hourOf(900, start.Add(110*time.Hour), 910))
	require.NoError(t, l.Close(ctx))
	l = line(store, filepath.Join(t.TempDir(), "another"))
	require.NoError(t, l.Open(ctx))
	before := store.reads("index/")
	for range 3 {
		require.Len(t, between(t, l, start, start.Add(200*time.Hour)), 1810)
	}
	require.LessOrEqual(t, store.reads("index/")-before, 111)
	_, err := l.Between(ctx, start, start.Add(timeline.MaxWindow+1))
	require.ErrorContains(t, err, "longer than")
	require.NoError(t, l.Close(ctx))
}

// TestExpireOwnMediaOnly keeps what others own, and the span is right across a restart.
func TestExpireOwnMediaOnly(t *testing.T) {
	ctx := t.Context()
	store := newStore(t)
	now := start
	open := func() *timeline.Timeline {
		l := &timeline.Timeline{
			Name: "feeds/hall1", Store: store, Journal: filepath.Join(t.TempDir(), "journal"), Owns: true,
			FlushEvery: time.Hour, Retention: 2 * time.Hour, Now: func() time.Time { return now },
		}
		require.NoError(t, l.Open(ctx))
		return l
	}
	l := open()
	own := hourOf(3000, start, 0)
	own[1].Object, own[2].Object = "feeds/hall10/media/0/1.cmaf", "assets/a/media/1.cmaf"
	for i := range own {
		if i < 5 {
			require.NoError(t, store.Put(ctx, own[i].Object, []byte("x")))
		}
	}
	appendAll(t, l, own) // None of it has been flushed.
	now = start.Add(3*time.Hour + time.Minute)
	require.NoError(t, l.Expire(ctx))
	for i, there := range []bool{false, true, true, false, false} {
		_, err := store.Stat(ctx, own[i].Object)
		if there {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, object.ErrNotFound)
		}
	}
	from, _, _ := l.Span()
	require.Equal(t, start.Add(time.Hour), from)
	require.NoError(t, l.Close(ctx))
	l = open()
	from, to, ok := l.Span()
	require.True(t, ok)
	require.Equal(t, start.Add(time.Hour), from)
	require.Equal(t, own[2999].End(), to)
	require.Len(t, between(t, l, start, to), 2100)
	_, err := l.Find(ctx, timeline.HourOf(start), 5)
	require.ErrorIs(t, err, timeline.ErrUnknown)
	now = now.Add(1000 * time.Hour)
	require.NoError(t, l.Expire(ctx))
	require.NotNil(t, l.Tail().Last(), "the last hour stays")
	require.NoError(t, l.Close(ctx))
}

// feedWithMedia is a feed's timeline with each segment's object in the store.
func feedWithMedia(t *testing.T, store object.Store, journal string, n int) *timeline.Timeline {
	t.Helper()
	l := &timeline.Timeline{Name: "feeds/hall1", Store: store, Journal: journal, Owns: true, FlushEvery: time.Hour}
	require.NoError(t, l.Open(t.Context()))
	for _, e := range hourOf(n, start.Add(40*time.Minute), 0) {
		e.Tracks = []timeline.Range{{Offset: 0, Length: 2}, {Offset: 2, Length: 3}}
		e = l.Prepare(e)
		e.Object = l.MediaName(e.Seq)
		body, err := timeline.BuildObject(&e, []byte("media"))
		require.NoError(t, err)
		require.NoError(t, store.Put(t.Context(), e.Object, body))
		require.NoError(t, l.Append(e))
	}
	return l
}

func TestRebuild(t *testing.T) {
	ctx := t.Context()
	store := newStore(t)
	l := feedWithMedia(t, store, filepath.Join(t.TempDir(), "journal"), 1500)
	require.NoError(t, l.Close(ctx))
	want := make(map[string]string)
	for info, err := range store.List(ctx, "feeds/hall1/") {
		require.NoError(t, err)
		b, err := store.Get(ctx, info.Name, 0, -1)
		require.NoError(t, err)
		want[info.Name] = string(b)
	}
	closed := &timeline.Timeline{Name: "feeds/hall1", Store: store, Owns: true}
	hour := timeline.HourOf(start)
	name := func(n int64) string { return fmt.Sprintf("feeds/hall1/index/%d.idx", hour+n) }
	for what, spoil := range map[string]func(){
		"nothing": func() {},
		"an hour cut short": func() {
			require.NoError(t, store.Put(ctx, name(1), []byte(want[name(1)][:100])))
		},
		"the head": func() { require.NoError(t, store.Put(ctx, "feeds/hall1/head.json", []byte("{"))) },
		"all of it gone": func() {
			for n := range int64(3) {
				require.NoError(t, store.Delete(ctx, name(n)))
			}
			require.NoError(t, store.Delete(ctx, "feeds/hall1/head.json"))
		},
	} {
		spoil()
		bad, err := closed.Verify(ctx)
		require.NoError(t, err, what)
		switch what {
		case "an hour cut short":
			require.Len(t, bad, 1)
			require.Equal(t, hour+1, bad[0].Hour)
			require.ErrorContains(t, bad[0].Err, name(1))
		case "the head":
			require.Len(t, bad, 1)
			require.ErrorContains(t, bad[0].Err, "head.json")
			err := (&timeline.Timeline{Name: "feeds/hall1", Store: store, Journal: filepath.Join(t.TempDir(), "j")}).Open(ctx)
			require.ErrorContains(t, err, "podium check --repair")
		default:
			require.Empty(t, bad, what)
		}
		n, err := closed.Rebuild(ctx)
		require.NoError(t, err)
		require.Equal(t, 1500, n)
		for name, body := range want {
			got, err := store.Get(ctx, name, 0, -1)
			require.NoError(t, err)
			require.Equal(t, body, string(got), "%s, %s", what, name)
		}
	}

	// A segment that is lost leaves a gap, and numbers are counted on.
	require.NoError(t, store.Delete(ctx, "feeds/hall1/media/0/500.cmaf"))
	require.NoError(t, store.Delete(ctx, name(1)))
	n, err := closed.Rebuild(ctx)
	require.NoError(t, err)
	require.Equal(t, 1500, n)
	b, err := store.Get(ctx, name(1), 0, -1)
	require.NoError(t, err)
	entries, err := timeline.DecodeIndex(b)
	require.NoError(t, err)
	gap := entries[200]
	require.Equal(t, timeline.Gap, gap.Kind)
	require.EqualValues(t, 500, gap.Seq)
	require.Equal(t, 4*time.Second, gap.Duration)
	require.Equal(t, entries[199].End(), gap.Start)

	require.NoError(t, store.Put(ctx, "feeds/empty/index/5.idx", []byte("bad")))
	n, err = (&timeline.Timeline{Name: "feeds/empty", Store: store, Owns: true}).Rebuild(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

// TestDamagedHour: a damaged index keeps neither the feed from going on nor from expiring, nor viewers from other hours.
func TestDamagedHour(t *testing.T) {
	ctx := t.Context()
	store := newStore(t)
	journal := filepath.Join(t.TempDir(), "journal")
	require.NoError(t, feedWithMedia(t, store, journal, 3000).Close(ctx))
	hour := timeline.HourOf(start)
	for _, n := range []int64{0, 3} { // The first and the last.
		require.NoError(t, store.Put(ctx, fmt.Sprintf("feeds/hall1/index/%d.idx", hour+n), []byte("damaged")))
	}
	now := start.Add(4 * time.Hour)
	l := &timeline.Timeline{
		Name: "feeds/hall1", Store: store, Journal: journal, Owns: true, FlushEvery: time.Hour, Recent: time.Minute,
		Retention: 3 * time.Hour, Now: func() time.Time { return now },
	}
	require.NoError(t, l.Open(ctx))
	require.EqualValues(t, 3000, l.Tail().Next)
	require.Len(t, between(t, l, start, now), 2700, "the first hour is silence")
	_, err := l.Find(ctx, hour, 5)
	require.ErrorIs(t, err, timeline.ErrUnknown)
	appendAll(t, l, hourOf(1, now, 0))
	require.NoError(t, l.Flush(ctx))
	require.NoError(t, l.Expire(ctx))
	_, err = store.Stat(ctx, "feeds/hall1/media/0/0.cmaf")
	require.ErrorIs(t, err, object.ErrNotFound)
	_, err = store.Stat(ctx, "feeds/hall1/media/0/299.cmaf")
	require.ErrorIs(t, err, object.ErrNotFound)
	_, err = store.Stat(ctx, "feeds/hall1/media/0/300.cmaf")
	require.NoError(t, err)
	require.NoError(t, l.Close(ctx))
	bad, err := l.Verify(ctx)
	require.NoError(t, err)
	require.Len(t, bad, 1)
	require.Equal(t, hour+3, bad[0].Hour)
	_, err = l.Rebuild(ctx)
	require.NoError(t, err)
	bad, err = l.Verify(ctx)
	require.NoError(t, err)
	require.Empty(t, bad)
}

func TestAppendOutOfTurn(t *testing.T) {
	l := line(newStore(t), filepath.Join(t.TempDir(), "journal"))
	require.NoError(t, l.Open(t.Context()))
	e := l.Prepare(timeline.Entry{Start: start, Duration: -time.Second, Discontinuity: true})
	require.False(t, e.Discontinuity, "there is nothing before it")
	require.Zero(t, e.Duration)
	require.NoError(t, l.Append(e))
	require.ErrorContains(t, l.Append(e), "0 is not the next one, 1")
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, l.Close(t.Context()), "once more")
	require.NoError(t, new(timeline.Timeline).Close(t.Context()), "never opened")
}

func BenchmarkAppend(b *testing.B) {
	l := line(newStore(b), filepath.Join(b.TempDir(), "journal"))
	require.NoError(b, l.Open(b.Context()))
	defer l.Abandon()
	e := hourOf(1, start, 0)[0]
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Append(l.Prepare(e)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBetween7Days(b *testing.B) {
	ctx := b.Context()
	store := newStore(b)
	l := line(store, filepath.Join(b.TempDir(), "journal"))
	require.NoError(b, l.Open(ctx))
	for hour := range 168 {
		for _, e := range hourOf(900, start.Add(time.Duration(hour)*time.Hour), 0) {
			require.NoError(b, l.Append(l.Prepare(e)))
		}
		require.NoError(b, l.Flush(ctx))
	}
	defer l.Abandon()
	run := func(b *testing.B) {
		entries, err := l.Between(ctx, start, start.Add(168*time.Hour))
		if err != nil || len(entries) != 168*900 {
			b.Fatal(len(entries), err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.Hours = new(timeline.HourCache)
			run(b)
		}
	})
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		run(b)
		for b.Loop() {
			run(b)
		}
	})
}

// TestExpireUnflushed drops an hour that only the journal tells of and then loses the journal: the numbers of what follows
// must not be given again.
func TestExpireUnflushed(t *testing.T) {
	store, dir, now := newStore(t), t.TempDir(), start
	open := func(journal string) *timeline.Timeline {
		l := &timeline.Timeline{
			Name: "feeds/hall1", Store: store, Journal: filepath.Join(dir, journal), Owns: true,
			FlushEvery: time.Hour, Retention: 2 * time.Hour, Now: func() time.Time { return now },
		}
		require.NoError(t, l.Open(t.Context()))
		return l
	}
	l := open("journal")
	appendAll(t, l, hourOf(10, start, 0))
	now = start.Add(5 * time.Hour)
	appendAll(t, l, hourOf(10, now, 10))
	require.NoError(t, l.Expire(t.Context()))
	l.Abandon()
	l = open("another")
	require.EqualValues(t, 20, l.Tail().Next)
	require.NoError(t, l.Close(t.Context()))
}
