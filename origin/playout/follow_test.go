package playout_test

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/origin/playout"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// house is a store with feeds and channels in it.
type house struct {
	t     require.TestingT
	dir   string
	store object.Store
	log   *strings.Builder
}

func newHouse(t require.TestingT, dir string) *house {
	folder := &object.Folder{Root: filepath.Join(dir, "objects")}
	require.NoError(t, folder.Initialize())
	return &house{t: t, dir: dir, store: folder, log: new(strings.Builder)}
}

func (h *house) timeline(name string, owns bool) *timeline.Timeline {
	return &timeline.Timeline{
		Name: name, Store: h.store, Journal: filepath.Join(h.dir, strings.ReplaceAll(name, "/", "-")), Owns: owns,
		Retention: 48 * time.Hour, FlushEvery: 10 * time.Minute,
	}
}

func (h *house) open(name string, owns bool) *timeline.Timeline {
	t := h.timeline(name, owns)
	require.NoError(h.t, t.Open(context.Background()))
	return t
}

func (h *house) close(t *timeline.Timeline) { require.NoError(h.t, t.Close(context.Background())) }

// put appends a segment of a feed as a live input makes them: it is there when its time is over.
func (h *house) put(t *timeline.Timeline, duration, silence time.Duration, disc bool) {
	time.Sleep(silence + duration)
	at := 10 * time.Second
	if last := t.Tail().Last(); last != nil {
		at = last.Time + last.Duration
		if disc || silence > 0 {
			at += 500 * time.Millisecond
		}
	}
	e := t.Prepare(timeline.Entry{
		Start: time.Now().Add(-duration), Duration: duration, Time: at, Kind: timeline.Live, Independent: true,
		Discontinuity: disc || silence > 0, Init: "0123456789abcdef",
	})
	e.Object = t.MediaName(e.Seq)
	require.NoError(h.t, t.Append(e))
}

// following is a channel on the air.
type following struct {
	*playout.Follow
	stop context.CancelFunc
	done chan error
}

func (h *house) follow(name string, feed *timeline.Timeline, ready <-chan struct{}) *following {
	f := &following{Follow: &playout.Follow{
		Channel: h.timeline(name, false), Feed: feed, FeedReady: ready,
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}, done: make(chan error, 1)}
	f.Initialize()
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	go func() { f.done <- f.Run(ctx) }()
	synctest.Wait()
	return f
}

func (h *house) end(f *following) {
	f.stop()
	require.NoError(h.t, <-f.done)
}

func opened() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// all is what a channel has put out since ever.
func (h *house) all(name string) []timeline.Entry {
	t := h.open(name, false)
	defer h.close(t)
	from, to, ok := t.Span()
	if !ok {
		return nil
	}
	entries, err := t.Between(context.Background(), from.Add(-time.Hour), to)
	require.NoError(h.t, err)
	return entries
}

// requireOrder checks what every timeline promises.
func (h *house) requireOrder(entries []timeline.Entry) {
	disc := uint64(0)
	for i := range entries {
		e := &entries[i]
		require.EqualValues(h.t, i, e.Seq)
		if e.Discontinuity {
			disc++
		}
		require.Equal(h.t, disc, e.Disc)
		if i > 0 {
			require.False(h.t, e.Start.Before(entries[i-1].End()))
		}
	}
}

// step is one thing that happens to a station.
type step struct {
	restart           string // "channel" or "everything", or empty for a segment
	duration, silence time.Duration
	disc              bool
}

func drawStep(t *rapid.T) step {
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0:
		return step{restart: "channel"}
	case 1:
		return step{restart: "everything"}
	}
	return step{
		duration: time.Duration(rapid.IntRange(1, 8000).Draw(t, "ms")) * time.Millisecond,
		silence:  rapid.SampledFrom([]time.Duration{0, 0, 0, 0, time.Second, 3 * time.Hour}).Draw(t, "silence"),
		disc:     rapid.IntRange(0, 9).Draw(t, "disc") == 0,
	}
}

// TestRestartChangesNothing: a channel that is restarted at any points has the timeline of one that never was.
func TestRestartChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 25).Draw(rt, "steps")
		var want, got []timeline.Entry
		var log string
		synctest.Test(t, func(t *testing.T) { want, got, log = live(t, steps) })
		require.Equal(rt, want, got)
		require.Empty(rt, log)
	})
}

// live returns the timelines of two channels that follow the same feed, the second of which is restarted.
func live(t *testing.T, steps []step) (steady, shaky []timeline.Entry, log string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "playout")
	require.NoError(t, err)
	defer func() { require.NoError(t, os.RemoveAll(dir)) }()
	h := newHouse(t, dir)
	feed := h.open("feeds/hall1", true)
	one := h.follow("channels/steady", feed, opened())
	two := h.follow("channels/shaky", feed, opened())
	for _, s := range steps {
		switch s.restart {
		case "channel": // It is off until the next restart.
			if two != nil {
				h.end(two)
				two = nil
			} else {
				two = h.follow("channels/shaky", feed, opened())
			}
		case "everything":
			h.end(one)
			if two != nil {
				h.end(two)
			}
			h.close(feed)
			feed = h.open("feeds/hall1", true)
			one, two = h.follow("channels/steady", feed, opened()), h.follow("channels/shaky", feed, opened())
		default:
			h.put(feed, s.duration, s.silence, s.disc)
		}
		synctest.Wait()
	}
	if two == nil {
		two = h.follow("channels/shaky", feed, opened())
		synctest.Wait()
	}
	h.end(two)
	h.end(one)
	h.close(feed)
	steady, shaky = h.all("channels/steady"), h.all("channels/shaky")
	h.requireOrder(steady)
	return steady, shaky, h.log.String()
}

// TestCatchUp fills in what the feed put out while the channel was away for longer than anything is kept in memory.
func TestCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, t.TempDir())
		feed := h.open("feeds/hall1", true)
		channel := h.follow("channels/edu1", feed, opened())
		for range 10 {
			h.put(feed, 4*time.Second, 0, false)
		}
		synctest.Wait()
		h.end(channel)
		for range 5 * 900 { // Five hours.
			h.put(feed, 4*time.Second, 0, false)
		}
		channel = h.follow("channels/edu1", feed, opened())
		synctest.Wait()
		h.put(feed, 4*time.Second, 0, false)
		synctest.Wait()
		h.end(channel)
		h.close(feed)
		entries := h.all("channels/edu1")
		h.requireOrder(entries)
		require.Len(t, entries, 10+5*900+1)
		require.Zero(t, entries[len(entries)-1].Disc)
		require.Equal(t, entries[100].Seq, entries[100].Ref)
	})
}

func TestSwitchToAnotherFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, t.TempDir())
		one, two := h.open("feeds/hall1", true), h.open("feeds/hall2", true)
		channel := h.follow("channels/edu1", one, opened())
		h.put(two, 4*time.Second, 0, false) // Nobody follows it yet.
		for range 5 {
			h.put(one, 4*time.Second, 0, false)
		}
		synctest.Wait()
		h.end(channel)
		h.put(two, 6*time.Second, 0, true) // The end of the one before lies 6 s back: this fits.
		channel = h.follow("channels/edu1", two, opened())
		h.put(two, 4*time.Second, 0, false)
		synctest.Wait()
		h.end(channel)
		channel = h.follow("channels/edu1", one, opened()) // And back.
		h.put(one, 4*time.Second, 2*time.Second, false)
		synctest.Wait()
		h.end(channel)
		h.close(one)
		h.close(two)

		entries := h.all("channels/edu1")
		h.requireOrder(entries)
		require.Len(t, entries, 8)
		for i, want := range []bool{false, false, false, false, false, true, false, true} {
			require.Equal(t, want, entries[i].Discontinuity, "entry %d", i)
			require.Equal(t, i >= 5 && i < 7, strings.HasPrefix(entries[i].Object, "feeds/hall2/"), "entry %d", i)
		}
		for i := range entries[1:] {
			last, next := &entries[i], &entries[i+1]
			require.LessOrEqual(t, next.Start.Sub(last.End()), 10*time.Second)
			step := next.Time + next.Shift - last.Time - last.Shift - last.Duration
			require.GreaterOrEqual(t, step, time.Duration(0))
			require.LessOrEqual(t, step, 10*time.Second)
		}
	})
}

// TestSwitchInTheMiddleOfASegment keeps dates honest: a segment that began while another feed was shown is left out.
func TestSwitchInTheMiddleOfASegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, t.TempDir())
		one, two := h.open("feeds/hall1", true), h.open("feeds/hall2", true)
		channel := h.follow("channels/edu1", one, opened())
		h.put(one, 4*time.Second, 0, false)
		synctest.Wait()
		h.end(channel)
		time.Sleep(2 * time.Second)
		e := two.Prepare(timeline.Entry{Start: time.Now().Add(-4 * time.Second), Duration: 4 * time.Second, Kind: timeline.Live})
		e.Object = two.MediaName(e.Seq)
		require.NoError(t, two.Append(e)) // Half of it was before hall1's end.
		channel = h.follow("channels/edu1", two, opened())
		h.put(two, 4*time.Second, 0, false)
		synctest.Wait()
		h.end(channel)
		h.close(one)
		h.close(two)
		entries := h.all("channels/edu1")
		h.requireOrder(entries)
		require.Len(t, entries, 2)
		require.WithinDuration(t, time.Now().Add(-4*time.Second), entries[1].Start, time.Millisecond)
	})
}

func TestFeedNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, t.TempDir())
		ready := make(chan struct{})
		feed := h.timeline("feeds/hall1", true)
		channel := h.follow("channels/edu1", feed, ready)
		synctest.Wait()
		select {
		case <-channel.Ready():
			t.Fatal("ready before its feed")
		default:
		}
		require.NoError(t, feed.Open(t.Context()))
		close(ready)
		<-channel.Ready()
		h.end(channel)
		h.close(feed)

		never := h.follow("channels/edu2", feed, make(chan struct{}))
		synctest.Wait()
		h.end(never)
	})
}

func TestExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, t.TempDir())
		feed := h.open("feeds/hall1", true)
		channel := h.follow("channels/edu1", feed, opened())
		for range 60 * 60 { // Sixty hours.
			h.put(feed, time.Minute, 0, false)
		}
		synctest.Wait()
		from, to, ok := channel.Channel.Span()
		require.True(t, ok)
		require.InDelta(t, 48*time.Hour, to.Sub(from), float64(90*time.Minute))
		h.end(channel)
		h.close(feed)
		require.Empty(t, h.log.String())
	})
}

// awayStore is a store that cannot be reached.
type awayStore struct{}

func (awayStore) Put(context.Context, string, []byte) error { return object.ErrAway }

func (awayStore) PutStream(context.Context, string, io.Reader, int64) error { return object.ErrAway }

func (awayStore) Get(context.Context, string, int64, int64) ([]byte, error) {
	return nil, object.ErrAway
}

func (awayStore) Stat(context.Context, string) (object.Info, error) {
	return object.Info{}, object.ErrAway
}

func (awayStore) Delete(context.Context, string) error                       { return object.ErrAway }
func (awayStore) List(context.Context, string) iter.Seq2[object.Info, error] { return nil }
func (awayStore) Check(context.Context) error                                { return object.ErrAway }

func (awayStore) Open(context.Context, string, int64) (io.ReadCloser, object.Info, error) {
	return nil, object.Info{}, object.ErrAway
}

func TestStoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, t.TempDir())
		feed := h.open("feeds/hall1", true)
		defer h.close(feed)
		folder := h.store
		h.store = awayStore{}
		channel := h.follow("channels/edu1", feed, opened())
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.Contains(t, h.log.String(), "timeline does not open, channel waits")
		channel.stop()
		require.ErrorIs(t, <-channel.done, object.ErrAway)
		h.store = folder
	})
}
