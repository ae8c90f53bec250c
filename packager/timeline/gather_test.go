package timeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// past is a feed with some hours behind it, and what its segments hold.
type past struct {
	dir    string
	store  object.Store
	now    time.Time
	line   *timeline.Timeline
	all    []timeline.Entry
	bodies [][]byte
}

const perHour = 6

func newPast(t testing.TB, dir string, hours int) *past {
	p := &past{dir: dir, store: storeIn(t, filepath.Join(dir, "store")).Store, now: start.Truncate(time.Hour)}
	p.open(t, p.store)
	for range hours {
		for i := range perHour {
			e := p.line.Prepare(timeline.Entry{
				Kind: timeline.Live, Start: p.now.Add(time.Duration(i) * time.Minute), Duration: time.Minute, Independent: true,
				Init: "0123456789abcdef", Tracks: []timeline.Range{{Length: 900}, {Offset: 900, Length: 4}},
			})
			e.Object = p.line.MediaName(e.Seq)
			body, err := timeline.BuildObject(&e, fmt.Appendf(nil, "%0900d%04d", e.Seq, e.Seq))
			require.NoError(t, err)
			require.NoError(t, p.store.Put(t.Context(), e.Object, body))
			require.NoError(t, p.line.Append(e))
			p.all, p.bodies = append(p.all, e), append(p.bodies, body)
		}
		p.now = p.now.Add(time.Hour)
	}
	require.NoError(t, p.line.Flush(t.Context()))
	return p
}

func (p *past) open(t testing.TB, store object.Store) {
	p.line = &timeline.Timeline{
		Name: "feeds/hall1", Store: store, Journal: filepath.Join(p.dir, "journal"), Owns: true, Chunks: true,
		Retention: 1000 * time.Hour, FlushEvery: time.Hour, Recent: time.Minute, Now: func() time.Time { return p.now },
	}
	require.NoError(t, p.line.Open(t.Context()))
}

// whole asks for every entry and every byte, of the feed and through a channel, as one with nothing in memory.
func (p *past) whole(t testing.TB) {
	t.Helper()
	got, err := p.line.Between(t.Context(), p.all[0].Start, p.now.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, got, len(p.all))
	r := timeline.Reader{Store: p.store, Hours: new(timeline.HourCache)}
	for i := range p.all {
		e := got[i]
		e.At = timeline.Range{}
		require.Equal(t, p.all[i], e)
		channel := p.all[i]
		channel.Seq, channel.RefHour = 77, channel.Hour()
		for _, e := range []timeline.Entry{got[i], channel} {
			b, err := r.Entry(t.Context(), &e)
			require.NoError(t, err)
			require.Equal(t, string(p.bodies[i]), string(b))
		}
	}
}

func (p *past) objects(t testing.TB, part string) (names []string) {
	for info, err := range p.store.List(t.Context(), "feeds/hall1/"+part) {
		require.NoError(t, err)
		names = append(names, info.Name)
	}
	return names
}

func (p *past) settle(t testing.TB) {
	for range 4 {
		p.now = p.now.Add(20 * time.Minute)
		require.NoError(t, p.line.Housekeep(t.Context()))
	}
}

// TestGather: closed hours end as one object each, the open one stays as it is, and nobody sees a difference.
func TestGather(t *testing.T) {
	p := newPast(t, t.TempDir(), 4)
	require.NoError(t, p.line.Housekeep(t.Context()))
	require.Len(t, p.objects(t, "chunks/"), 2, "so many at once")
	require.Len(t, p.objects(t, "media/"), 4*perHour, "readers with an older index still read them")
	p.whole(t)
	p.settle(t)
	require.Len(t, p.objects(t, "chunks/"), 3)
	require.Len(t, p.objects(t, "media/"), perHour)
	p.whole(t)
	kept := p.line.Archived()
	require.Equal(t, 3, kept.Hours)
	require.Equal(t, 3, kept.Gathered)
	var sum int64
	for _, b := range p.bodies[:3*perHour] {
		sum += int64(len(b))
	}
	require.Equal(t, sum, kept.Bytes)

	require.NoError(t, p.line.Close(t.Context()))
	p.open(t, p.store)
	p.whole(t)
	// The books can be lost.
	require.NoError(t, p.store.Delete(t.Context(), "feeds/hall1/archive.json"))
	require.NoError(t, p.line.Close(t.Context()))
	p.open(t, p.store)
	p.settle(t)
	require.Equal(t, kept, p.line.Archived())
	p.whole(t)

	// And everything goes with its hour.
	p.line.Retention = time.Hour
	require.NoError(t, p.line.Housekeep(t.Context()))
	require.Empty(t, p.objects(t, "chunks/"))
	require.Len(t, p.objects(t, "index/"), 1)
	require.Equal(t, int64(3), p.line.Archived().TooOld)
	require.NoError(t, p.line.Close(t.Context()))
}

// mortal is a store under a process that is killed at a certain change of it: before it is carried out or after.
type mortal struct {
	object.Store
	left  int
	after bool
	dead  bool
}

var errKilled = errors.New("killed")

func (m *mortal) change(do func() error) error {
	if m.dead {
		return errKilled
	}
	m.left--
	if m.left >= 0 {
		return do()
	}
	m.dead = true
	if m.after {
		_ = do()
	}
	return errKilled
}

func (m *mortal) Put(ctx context.Context, name string, body []byte) error {
	return m.change(func() error { return m.Store.Put(ctx, name, body) })
}

func (m *mortal) PutStream(ctx context.Context, name string, body io.Reader, size int64) error {
	return m.change(func() error { return m.Store.PutStream(ctx, name, body, size) })
}

func (m *mortal) Delete(ctx context.Context, name string) error {
	return m.change(func() error { return m.Store.Delete(ctx, name) })
}

// TestGatherKilledAnywhere kills the process at each change of the store in turn, from the first look at an hour to the last
// object removed, and also twice: nothing is ever missing, and the next run finishes.
func TestGatherKilledAnywhere(t *testing.T) {
	root := t.TempDir()
	for _, after := range []bool{false, true} {
		for at := 0; ; at++ {
			dir, err := os.MkdirTemp(root, "")
			require.NoError(t, err)
			p := newPast(t, dir, 3)
			killed := false
			for _, again := range []int{at, at / 2, 1} {
				m := &mortal{Store: p.store, left: again, after: after}
				p.line.Abandon()
				p.open(t, m)
				for range 4 {
					p.now = p.now.Add(20 * time.Minute)
					if err := p.line.Housekeep(t.Context()); err != nil {
						require.ErrorIs(t, err, errKilled)
					}
				}
				killed = killed || m.dead
				p.line.Abandon()
				p.open(t, p.store)
				p.whole(t)
			}
			p.settle(t)
			p.whole(t)
			require.Len(t, p.objects(t, "chunks/"), 2)
			require.Len(t, p.objects(t, "media/"), perHour)
			p.line.Abandon()
			require.NoError(t, os.RemoveAll(dir))
			if !killed {
				require.Greater(t, at, 10)
				break
			}
		}
	}
}

// TestGatherWaitsForTheSpool: what is on the local disk alone is not gathered.
func TestGatherWaitsForTheSpool(t *testing.T) {
	p := newPast(t, t.TempDir(), 3)
	settled := false
	p.line.Settled = func(before time.Time) bool {
		require.False(t, before.After(p.now))
		return settled
	}
	p.settle(t)
	require.Empty(t, p.objects(t, "chunks/"))
	settled = true
	p.settle(t)
	require.Len(t, p.objects(t, "chunks/"), 2)
	p.whole(t)
	p.line.Abandon()
}

// TestGatherLeavesOutWhatIsMissing: a lost or spoilt segment keeps the hour's others from nothing.
func TestGatherLeavesOutWhatIsMissing(t *testing.T) {
	p := newPast(t, t.TempDir(), 3)
	require.NoError(t, p.store.Delete(t.Context(), p.all[2].Object))
	require.NoError(t, p.store.Put(t.Context(), p.all[4].Object, p.bodies[3]))
	p.settle(t)
	require.Len(t, p.objects(t, "chunks/"), 2)
	require.Len(t, p.objects(t, "media/"), perHour+1, "what is not understood is not removed")
	r := timeline.Reader{Store: p.store}
	for i := range p.all[:perHour] {
		e, err := p.line.FindSeq(t.Context(), uint64(i))
		require.NoError(t, err)
		b, err := r.Entry(t.Context(), &e)
		switch i {
		case 2:
			require.ErrorIs(t, err, object.ErrNotFound)
		case 4:
			require.NoError(t, err)
			require.Equal(t, p.bodies[3], b)
		default:
			require.NoError(t, err)
			require.Equal(t, p.bodies[i], b)
		}
	}
	p.line.Abandon()
}

// TestRepairFromChunks: indexes of gathered hours are made anew out of the chunks, and lost chunks become gaps.
func TestRepairFromChunks(t *testing.T) {
	p := newPast(t, t.TempDir(), 4)
	p.settle(t)
	require.NoError(t, p.line.Close(t.Context()))
	index := timeline.IndexName("feeds/hall1", timeline.HourOf(p.all[0].Start))
	sound, err := p.store.Get(t.Context(), index, 0, -1)
	require.NoError(t, err)
	for name, spoilt := range map[string][]byte{"damaged": []byte("PTL2 no more"), "lost": nil} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, p.store.Delete(t.Context(), index))
			if spoilt != nil {
				require.NoError(t, p.store.Put(t.Context(), index, spoilt))
			}
			n, err := p.line.Rebuild(t.Context())
			require.NoError(t, err)
			require.Equal(t, 4*perHour, n)
			rebuilt, err := p.store.Get(t.Context(), index, 0, -1)
			require.NoError(t, err)
			require.Equal(t, sound, rebuilt)
		})
	}
	bad, err := p.line.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, bad)

	chunk := p.objects(t, "chunks/")[1]
	require.NoError(t, p.store.Delete(t.Context(), chunk))
	bad, err = p.line.Verify(t.Context())
	require.NoError(t, err)
	require.Len(t, bad, 1)
	require.ErrorContains(t, bad[0].Err, chunk)
	_, err = p.line.Rebuild(t.Context())
	require.NoError(t, err)
	bad, err = p.line.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, bad)
	p.open(t, p.store)
	e, err := p.line.FindSeq(t.Context(), perHour+1)
	require.NoError(t, err)
	require.Equal(t, timeline.Gap, e.Kind)
	p.line.Abandon()
}

// TestExpireByBytes: the oldest hours go first, as many as there are too many bytes.
func TestExpireByBytes(t *testing.T) {
	p := newPast(t, t.TempDir(), 6)
	var sum int64
	for _, b := range p.bodies {
		sum += int64(len(b))
	}
	p.line.MaxBytes = sum*2/3 + 500
	p.settle(t)
	require.Equal(t, p.all[2*perHour].Hour(), p.line.Tail().First)
	require.Equal(t, int64(2), p.line.Archived().TooMany)
	require.Len(t, p.objects(t, "index/"), 4)
	require.NotContains(t, strings.Join(p.objects(t, "chunks/"), " "), fmt.Sprint(p.all[0].Hour()))
	p.all, p.bodies = p.all[2*perHour:], p.bodies[2*perHour:]
	p.whole(t)
	p.line.MaxBytes = 1
	p.settle(t)
	require.Equal(t, p.all[len(p.all)-1].Hour(), p.line.Tail().First, "the hour that is on the air stays")
	p.line.Abandon()
}
