package timeline_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// TestTimelineSurvives runs a timeline beside a model through any sequence of what can happen to it.
func TestTimelineSurvives(t *testing.T) {
	for name, owns := range map[string]bool{"feed": true, "channel": false} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			rapid.Check(t, func(t *rapid.T) {
				dir, err := os.MkdirTemp(root, "")
				require.NoError(t, err)
				defer os.RemoveAll(dir)
				w := &world{
					dir: dir, owns: owns, now: time.Date(2026, 11, 23, 3, 58, 0, 0, time.UTC),
					store: storeIn(t, filepath.Join(dir, "store")),
				}
				w.recent = rapid.SampledFrom([]time.Duration{time.Minute, 30 * time.Minute, 2 * time.Hour}).Draw(t, "recent")
				w.open(t)
				defer func() { w.line.Abandon() }()
				t.Repeat(map[string]func(*rapid.T){
					"append":    w.append,
					"append 20": w.appendMany,
					"flush":     w.flush,
					"restart":   w.restart,
					"kill":      w.kill,
					"away":      func(*rapid.T) { w.store.set(true) },
					"back":      func(*rapid.T) { w.store.set(false) },
					"away soon": func(t *rapid.T) {
						w.store.after(rapid.IntRange(0, 3).Draw(t, "puts"), rapid.Bool().Draw(t, "late"))
					},
					"tear journal": w.tear,
					"lose journal": w.lose,
					"damage index": w.damage,
					"expire":       w.expire,
					"housekeep":    w.housekeep,
					"":             w.check,
				})
			})
		})
	}
}

// world is a timeline with what is known of it.
type world struct {
	dir    string
	owns   bool
	recent time.Duration
	store  *faulty
	line   *timeline.Timeline
	now    time.Time

	model   []timeline.Entry // from sequence number zero on
	stored  map[uint64]bool  // whose media is in the store
	flushed int              // as of the last Flush that succeeded
	first   int64            // the first hour that has not expired
}

func (w *world) journal() string { return filepath.Join(w.dir, "journal", "feed.log") }

func (w *world) fresh() *timeline.Timeline {
	return &timeline.Timeline{
		Name: "feeds/hall1", Store: w.store, Journal: w.journal(), Recent: w.recent, FlushEvery: time.Hour,
		Retention: 24 * time.Hour, Owns: w.owns, Chunks: true, GatherAfter: 1, GatherGrace: time.Hour, Now: func() time.Time { return w.now },
	}
}

func (w *world) open(t *rapid.T) {
	if w.stored == nil {
		w.stored = make(map[uint64]bool)
	}
	w.line = w.fresh()
	err := w.line.Open(t.Context())
	if err != nil {
		// Only where neither the store nor the journal can tell.
		require.True(t, w.store.isAway(), "%v", err)
		require.ErrorIs(t, err, object.ErrAway)
		w.store.set(false)
		require.NoError(t, w.line.Open(t.Context()))
	}
}

func (w *world) append(t *rapid.T) {
	step := rapid.SampledFrom([]time.Duration{
		0, 0, 0, 0, 0, 3 * time.Millisecond, -time.Minute, time.Minute, 29 * time.Minute, 10 * time.Hour, -2 * time.Hour,
	}).Draw(t, "clock step")
	w.now = w.now.Add(step)
	w.put(t, timeline.Entry{
		Discontinuity: rapid.IntRange(0, 4).Draw(t, "discontinuity") == 0,
		Duration:      rapid.SampledFrom([]time.Duration{4 * time.Second, 4*time.Second + 333, 40 * time.Millisecond, time.Minute}).Draw(t, "duration"),
	})
}

func (w *world) appendMany(t *rapid.T) {
	step := rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "pauses")
	for range 20 {
		w.now = w.now.Add(step)
		w.put(t, timeline.Entry{Duration: 4 * time.Second})
	}
}

func (w *world) put(t *rapid.T, e timeline.Entry) {
	e.Kind, e.Init, e.Start, e.Independent = timeline.Live, "0123456789abcdef", w.now, true
	e.Tracks = []timeline.Range{{Offset: 0, Length: 10}, {Offset: 10, Length: 5}}
	e.TS = timeline.Counters{PAT: 1, PMT: 2, Tracks: []uint8{3, 15}}
	want := e
	want.Start = want.Start.Truncate(time.Microsecond)
	want.Seq = uint64(len(w.model))
	if n := len(w.model); n > 0 {
		last := &w.model[n-1]
		want.Disc = last.Disc
		if e.Discontinuity {
			want.Disc++
		}
		if end := last.End(); want.Start.Before(end) {
			want.Start = end.Add(999).Truncate(time.Microsecond)
		}
	} else {
		want.Discontinuity = false
		w.first = want.Hour()
	}
	got := w.line.Prepare(e)
	require.Equal(t, want, got)

	got.Object = w.line.MediaName(got.Seq)
	body, err := timeline.BuildObject(&got, []byte("0123456789abcde"))
	require.NoError(t, err)
	err = w.store.Put(t.Context(), got.Object, body)
	if err != nil {
		require.ErrorIs(t, err, object.ErrAway)
	}
	// What fails may be there all the same.
	there, _ := w.store.Store.Get(t.Context(), got.Object, 0, -1)
	w.stored[got.Seq] = err == nil || bytes.Equal(there, body)
	tail := w.line.Tail()
	require.NoError(t, w.line.Append(got))
	<-tail.Changed()
	require.Greater(t, w.line.Tail().Version, tail.Version)
	w.model = append(w.model, got)
	w.now = w.now.Add(got.Duration)
}

func (w *world) flush(t *rapid.T) {
	if err := w.line.Flush(t.Context()); err != nil {
		require.True(t, w.store.isAway(), "%v", err)
		return
	}
	w.flushed = len(w.model)
}

func (w *world) restart(t *rapid.T) {
	if err := w.line.Close(t.Context()); err != nil {
		require.True(t, w.store.isAway(), "%v", err)
	} else {
		w.flushed = len(w.model)
	}
	w.open(t)
	w.same(t, len(w.model))
}

func (w *world) kill(t *rapid.T) {
	w.line.Abandon()
	w.open(t)
	w.same(t, len(w.model))
}

// tear cuts bytes off the journal's end, as a loss of power might: what stands before is not lost.
func (w *world) tear(t *rapid.T) {
	w.line.Abandon()
	w.store.set(false)
	b, err := os.ReadFile(w.journal())
	require.NoError(t, err)
	b = b[:len(b)-rapid.IntRange(1, len(b)).Draw(t, "torn")]
	require.NoError(t, os.WriteFile(w.journal(), b, 0o600))
	_, kept, err := timeline.ParseJournal(b)
	require.NoError(t, err)
	least := w.flushed
	if n := len(kept); n > 0 {
		least = max(least, int(kept[n-1].Seq)+1)
	}
	w.open(t)
	w.same(t, w.alsoStored(least))
}

func (w *world) lose(t *rapid.T) {
	w.line.Abandon()
	w.store.set(false)
	require.NoError(t, os.Remove(w.journal()))
	w.open(t)
	w.same(t, w.alsoStored(w.flushed))
}

// alsoStored is how many entries there are where those of a journal are lost, but the segments are found by name.
func (w *world) alsoStored(n int) int {
	for w.owns && n < len(w.model) && w.stored[uint64(n)] {
		n++
	}
	return n
}

// same asks for at least the first entries of the model and forgets of it what was lost.
func (w *world) same(t *rapid.T, least int) {
	next := int(w.line.Tail().Next)
	require.GreaterOrEqual(t, next, least, "entries were lost")
	require.LessOrEqual(t, next, len(w.model))
	for _, lost := range w.model[next:] {
		// Segments beyond a hole that nothing bridges could be taken for what comes next: not here.
		require.NoError(t, w.store.Store.Delete(t.Context(), lost.Object))
	}
	w.model = w.model[:next]
	tail := w.line.Tail()
	if next > 0 {
		require.Equal(t, w.model[next-1].Disc, tail.NextDisc)
		require.NotNil(t, tail.Last(), "the last entry is known")
		w.equal(t, w.model[next-len(tail.Entries):], tail.Entries)
	}
}

// equal compares entries; one whose media was lost may have become a gap.
func (w *world) equal(t *rapid.T, want, got []timeline.Entry) {
	require.Len(t, got, len(want))
	for i := range want {
		g := got[i]
		if !w.stored[g.Seq] {
			w.model[g.Seq].Kind = g.Kind // The journal calls it a gap; an index from before the crash does not.
		}
		g.At = timeline.Range{} // Where it lies is not what it is; read asks for that.
		require.Equal(t, w.model[g.Seq], g)
		require.Equal(t, want[i].Seq, g.Seq)
	}
}

// damage spoils an index object between a crash and the next start; a feed finds the entries in its segments.
func (w *world) damage(t *rapid.T) {
	w.store.set(false)
	if !w.owns || len(w.model) == 0 {
		return
	}
	for _, stored := range w.stored {
		if !stored {
			return // What has neither index nor segment is lost, or a gap.
		}
	}
	w.line.Abandon()
	var names []string
	for info, err := range w.store.List(t.Context(), "feeds/hall1/index/") {
		require.NoError(t, err)
		names = append(names, info.Name)
	}
	if len(names) > 0 {
		name := rapid.SampledFrom(names).Draw(t, "index")
		b, err := w.store.Get(t.Context(), name, 0, -1)
		require.NoError(t, err)
		spoilt := append([]byte(nil), b...)
		spoilt[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= 0x40
		require.NoError(t, w.store.Put(t.Context(), name, spoilt))
		repairing := w.fresh()
		bad, err := repairing.Verify(t.Context())
		require.NoError(t, err)
		if head, err := w.store.Get(t.Context(), "feeds/hall1/head.json", 0, -1); err == nil && len(head) > 0 && len(bad) > 0 {
			require.ErrorContains(t, bad[0].Err, name)
		}
		if rapid.Bool().Draw(t, "repair") {
			_, err := repairing.Rebuild(t.Context())
			require.NoError(t, err)
			again, err := w.store.Get(t.Context(), name, 0, -1)
			require.NoError(t, err)
			decoded, err := timeline.DecodeIndex(b)
			require.NoError(t, err)
			rebuilt, err := timeline.DecodeIndex(again)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(rebuilt), len(decoded))
			for i := range decoded {
				// A chunk may be there that the index, which was to follow it, did not tell of: where a segment lies differs.
				require.NoError(t, w.read(t, &rebuilt[i]))
				decoded[i].At, rebuilt[i].At = timeline.Range{}, timeline.Range{}
				require.Equal(t, decoded[i], rebuilt[i])
			}
		} else {
			// Reads answer without the hour; then it is as it was.
			w.open(t)
			w.same(t, len(w.model))
			require.NoError(t, w.settled(func() error {
				_, err := w.line.Between(t.Context(), w.model[0].Start, w.model[0].Start.Add(timeline.MaxWindow))
				return err
			}))
			w.line.Abandon()
			require.NoError(t, w.store.Put(t.Context(), name, b))
		}
	}
	w.open(t)
	w.same(t, len(w.model))
}

// read reads an entry's media wherever it lies, as one who has nothing in memory.
func (w *world) read(t *rapid.T, e *timeline.Entry) error {
	b, err := timeline.Reader{Store: w.store}.Entry(t.Context(), e)
	if err == nil {
		got, err := timeline.ReadObject(b)
		require.NoError(t, err)
		require.Equal(t, e.Seq, got.Seq)
		require.True(t, e.Start.Equal(got.Start))
	}
	return err
}

func (w *world) expire(t *rapid.T) { w.expiring(t, w.line.Expire) }

// housekeep moves segments into chunks and drops what is old.
func (w *world) housekeep(t *rapid.T) {
	w.now = w.now.Add(rapid.SampledFrom([]time.Duration{0, time.Minute, 2 * time.Hour}).Draw(t, "pause"))
	w.expiring(t, w.line.Housekeep)
}

func (w *world) expiring(t *rapid.T, do func(context.Context) error) {
	before := w.first
	err := do(t.Context())
	if err != nil {
		require.True(t, w.store.isAway(), "%v", err)
	}
	limit := timeline.HourOf(w.now.Add(-24 * time.Hour))
	if n := len(w.model); n > 0 {
		limit = min(limit, w.model[n-1].Hour())
	}
	if err == nil && len(w.model) > 0 {
		w.first = max(before, limit)
	}
	w.first = max(w.first, w.line.Tail().First)
	if err != nil || w.store.isAway() {
		return
	}
	for i := range w.model {
		e := &w.model[i]
		if !w.stored[e.Seq] {
			continue
		}
		err := w.read(t, e)
		if e.Hour() >= w.first || !w.owns {
			require.NoError(t, err, "segment %d of hour %d, first %d", e.Seq, e.Hour(), w.first)
		} else {
			require.ErrorIs(t, err, object.ErrNotFound)
		}
	}
}

// window asks for the same in pieces.
func (w *world) window(t *rapid.T, from, to time.Time, want []timeline.Entry) {
	var pieces []timeline.Piece
	require.NoError(t, w.settled(func() (err error) {
		pieces, err = w.line.Window(t.Context(), from, to)
		return err
	}))
	n := 0
	for i := range pieces {
		require.NoError(t, pieces[i].Walk(func(e *timeline.Entry) bool {
			require.Less(t, n, len(want))
			same := want[n]
			if pieces[i].Packed != nil {
				same.Object = "" // Left out.
			}
			require.Equal(t, same, *e)
			n++
			return true
		}))
	}
	require.Len(t, want, n)
}

// settled asks again where the answer is that the store is away and it is not any more: readers of one hour
// share one read, and this one may have joined a read that began before the store came back.
func (w *world) settled(ask func() error) error {
	err := ask()
	for n := 0; n < 1000 && errors.Is(err, object.ErrAway) && !w.store.isAway(); n++ {
		time.Sleep(time.Millisecond)
		err = ask()
	}
	return err
}

// check asks all the questions that viewers ask.
func (w *world) check(t *rapid.T) {
	if len(w.model) == 0 {
		_, _, ok := w.line.Span()
		require.False(t, ok)
		return
	}
	tail := w.line.Tail()
	require.EqualValues(t, len(w.model), tail.Next)
	last := &w.model[len(w.model)-1]
	require.Equal(t, last.Seq, tail.Last().Seq)

	window := rapid.SampledFrom([]time.Duration{0, time.Second, 30 * time.Second}).Draw(t, "window")
	live := tail.Live(window)
	var sum time.Duration
	n := len(w.model)
	for n > 0 && sum < window {
		n--
		sum += w.model[n].Duration
	}
	if missing := n - (len(w.model) - len(tail.Entries)); missing >= 0 { // All in memory.
		w.equal(t, w.model[n:], live)
	}

	var there []timeline.Entry
	for i := range w.model {
		if w.model[i].Hour() >= w.first {
			there = append(there, w.model[i])
		}
	}
	require.NotEmpty(t, there)
	from, to, ok := w.line.Span()
	require.True(t, ok)
	require.Equal(t, last.End(), to)
	if w.line.Tail().First == w.first {
		require.False(t, from.After(there[0].Start))
	}

	edge := func(label string) time.Time {
		e := &there[rapid.IntRange(0, len(there)-1).Draw(t, label)]
		at := rapid.SampledFrom([]time.Time{e.Start, e.End(), e.Start.Truncate(time.Hour), e.Start.Add(time.Hour)}).Draw(t, label)
		return at.Add(rapid.SampledFrom([]time.Duration{0, 0, 1, -1, time.Second, -time.Minute, -time.Hour}).Draw(t, label))
	}
	from, to = edge("from"), edge("to")
	var got []timeline.Entry
	err := w.settled(func() (err error) {
		got, err = w.line.Between(t.Context(), from, to)
		return err
	})
	switch {
	case err != nil && to.Sub(from) > timeline.MaxWindow:
	case err != nil:
		require.True(t, w.store.isAway(), "%v", err)
		require.ErrorIs(t, err, object.ErrAway)
	case w.store.isAway() || w.line.Tail().First != w.first:
		// It may tell what has expired already where a crash came before the head was written.
	default:
		var want []timeline.Entry
		for i := range there {
			if there[i].End().After(from) && there[i].Start.Before(to) {
				want = append(want, there[i])
			}
		}
		if !to.After(from) {
			want = nil
		}
		w.equal(t, want, got)
	}

	if err == nil && !w.store.isAway() {
		w.window(t, from, to, got)
	}

	e := &there[rapid.IntRange(0, len(there)-1).Draw(t, "find")]
	var found timeline.Entry
	err = w.settled(func() (err error) {
		found, err = w.line.Find(t.Context(), e.Hour(), e.Seq)
		return err
	})
	if err != nil {
		if !w.store.isAway() {
			t.Fatalf("find %d in %d, memory from %d: %v", e.Seq, e.Hour(), tail.Entries[0].Seq, err)
		}
	} else {
		w.equal(t, []timeline.Entry{*e}, []timeline.Entry{found})
	}
	for _, wrong := range []struct {
		hour int64
		seq  uint64
	}{{e.Hour() + 1, e.Seq}, {e.Hour(), uint64(len(w.model))}, {e.Hour() - 1, e.Seq}, {-1, 0}, {1 << 60, 0}} {
		err = w.settled(func() error {
			_, err := w.line.Find(context.Background(), wrong.hour, wrong.seq)
			return err
		})
		require.Error(t, err)
		if !w.store.isAway() {
			require.ErrorIs(t, err, timeline.ErrUnknown)
		}
	}
}
