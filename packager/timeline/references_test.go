package timeline_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// follower is a channel that refers to a feed's entries.
type follower struct {
	past *past
	dir  string
	line *timeline.Timeline
}

func (f *follower) open(t testing.TB, store object.Store, refs *timeline.References) {
	f.line = &timeline.Timeline{
		Name: "channels/edu1", Store: store, Journal: filepath.Join(f.dir, "journal"), References: refs,
		Retention: 1000 * time.Hour, FlushEvery: time.Hour, Recent: time.Minute, Now: func() time.Time { return f.past.now },
	}
	require.NoError(t, f.line.Open(t.Context()))
}

func (f *follower) show(t testing.TB, at time.Time, entries []timeline.Entry) {
	begin := entries[0].Start
	for _, e := range entries {
		e.Ref, e.RefHour, e.Start = e.Seq, e.Hour(), at.Add(e.Start.Sub(begin))
		require.NoError(t, f.line.Append(f.line.Prepare(e)))
	}
}

// TestReferencesKeepMediaAlive: a feed's hour stays while a channel shows it, also one that shows another feed by now, is
// not on the air, or has lost its references; and goes when the channel lets it go.
func TestReferencesKeepMediaAlive(t *testing.T) {
	ctx := t.Context()
	p := newPast(t, t.TempDir(), 8)
	p.settle(t)
	first := p.all[0].Hour()
	refs := &timeline.References{Store: p.store}
	refs.Expect([]string{"channels/edu1", "channels/new"})
	f := &follower{past: p, dir: t.TempDir()}
	f.open(t, p.store, refs)
	f.show(t, p.all[0].Start, p.all[:3*perHour])
	// Then another feed, and last again something of the first feed's fourth hour.
	other := p.all[4*perHour : 6*perHour]
	foreign := make([]timeline.Entry, len(other))
	for i := range other {
		foreign[i] = other[i]
		foreign[i].Object = timeline.MediaName("feeds/hall2", other[i].Seq)
	}
	f.show(t, foreign[0].Start, foreign)
	f.show(t, p.now, p.all[4*perHour:4*perHour+2])

	p.line.References = refs
	p.line.Retention = time.Minute
	expire := func(want int64) {
		t.Helper()
		require.NoError(t, p.line.Housekeep(ctx))
		require.Equal(t, want, p.line.Tail().First)
	}
	expire(first)
	require.Equal(t, 7, p.line.Archived().Held)

	// The station is started again; the channel is not on the air yet.
	require.NoError(t, f.line.Close(ctx))
	refs = &timeline.References{Store: p.store}
	refs.Expect([]string{"channels/edu1"})
	p.line.References = refs
	expire(first)

	// The channel lets the first two hours go.
	f.open(t, p.store, refs)
	f.line.Retention = p.now.Sub(p.all[2*perHour].Start)
	require.NoError(t, f.line.Housekeep(ctx))
	expire(first + 2)
	f.line.Retention = p.now.Sub(p.all[4*perHour].Start)
	require.NoError(t, f.line.Housekeep(ctx))
	expire(first + 4) // Shown again in the newest hour.
	require.NoError(t, f.line.Close(ctx))

	// The references are lost, or spoilt: the channel's index tells.
	for _, spoil := range []func(name string) error{
		func(name string) error { return p.store.Delete(ctx, name) },
		func(name string) error { return p.store.Put(ctx, name, []byte("{")) },
	} {
		require.NoError(t, spoil(timeline.ReferencesName("channels/edu1")))
		refs = &timeline.References{Store: p.store}
		refs.Expect([]string{"channels/edu1"})
		p.line.References = refs
		expire(first + 4)
	}

	// Nothing is known: nothing goes.
	away := storeIn(t, filepath.Join(p.dir, "store"))
	away.set(true)
	refs = &timeline.References{Store: away}
	refs.Expect([]string{"channels/edu1"})
	p.line.References = refs
	require.ErrorIs(t, p.line.Housekeep(ctx), object.ErrAway)
	require.Equal(t, first+4, p.line.Tail().First)

	// The channel is taken out of the configuration.
	refs.Expect(nil)
	expire(p.all[len(p.all)-1].Hour())
	p.line.Abandon()
}

// TestReferencesOfRenditionsAndUnflushed: what was appended a moment ago counts, and so do further renditions.
func TestReferencesOfRenditionsAndUnflushed(t *testing.T) {
	p := newPast(t, t.TempDir(), 3)
	refs := &timeline.References{Store: p.store}
	refs.Expect([]string{"channels/edu1"})
	f := &follower{past: p, dir: t.TempDir()}
	f.open(t, p.store, refs)
	e := p.all[len(p.all)-1]
	e.Also = []timeline.Rendition{{Name: "720p", Object: timeline.MediaName("feeds/small", 3), RefHour: p.all[0].Hour()}}
	f.show(t, p.now, []timeline.Entry{e})
	for _, c := range []struct {
		owner string
		hour  int64
		want  bool
	}{
		{"feeds/small", p.all[0].Hour(), true},
		{"feeds/small", p.all[0].Hour() + 1, false},
		{"feeds/hall1", e.Hour(), true},
		{"feeds/hall1", e.Hour() - 1, false},
	} {
		held, err := refs.Held(t.Context(), c.owner, c.hour)
		require.NoError(t, err)
		require.Equal(t, c.want, held, c)
	}
	f.line.Abandon()
	p.line.Abandon()
}
