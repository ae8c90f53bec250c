package epg_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/epg"
	"podium.tv/podium/storage/catalogue"
)

func house(t *testing.T) *catalogue.DB {
	t.Helper()
	db, err := catalogue.Open(t.Context(), catalogue.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "podium.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	two := catalogue.Channel{ID: "edu2", Number: 2, Name: "二套", Enabled: true}
	off := catalogue.Channel{ID: "edu3", Number: 3, Name: "停播"}
	require.NoError(t, db.PutChannels(t.Context(), edu1, two, off))
	_, err = db.ReplaceProgrammes(t.Context(), "edu1", dawn, dawn.Add(24*time.Hour), []catalogue.Programme{
		programme("a", 60, 90), programme("b", 90, 120), programme("c", 200, 230),
	})
	require.NoError(t, err)
	return db
}

// faulty is a source that can be made to fail, and counts what it is asked for.
type faulty struct {
	epg.Source
	mu    sync.Mutex
	err   error
	reads []string
}

func (f *faulty) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *faulty) read() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.reads
	f.reads = nil
	return out
}

func (f *faulty) Revisions(ctx context.Context) (catalogue.Revisions, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return catalogue.Revisions{}, f.err
	}
	return f.Source.Revisions(ctx)
}

func (f *faulty) Programmes(ctx context.Context, channel string, from, to time.Time) ([]catalogue.Programme, error) {
	f.mu.Lock()
	f.reads = append(f.reads, channel)
	f.mu.Unlock()
	return f.Source.Programmes(ctx, channel, from, to)
}

func TestGuide(t *testing.T) {
	db, now := house(t), at(95)
	source := &faulty{Source: db}
	g := &epg.Guide{Source: source, Zone: shanghai, Now: func() time.Time { return now }}
	ctx := t.Context()

	require.Empty(t, g.Snapshot().Channels(), "before the first refresh there is nothing, and no panic")
	require.ErrorContains(t, g.Check(ctx), "not read yet")
	require.NoError(t, g.Refresh(ctx))
	require.NoError(t, g.Check(ctx))

	s := g.Snapshot()
	require.Len(t, s.Channels(), 2, "a disabled channel is not in the guide")
	_, ok := s.Channel("edu3")
	require.False(t, ok)
	c, ok := s.Channel("edu1")
	require.True(t, ok)
	require.Equal(t, edu1, c)

	on, next, ok := s.NowNext("edu1", now)
	require.True(t, ok)
	require.Equal(t, []string{"b 90-120", "党员教育电视频道 120-200"}, brief([]epg.Programme{on, next}))
	require.True(t, on.On(now))
	require.True(t, next.Filler)
	_, _, ok = s.NowNext("nowhere", now)
	require.False(t, ok)
	require.Nil(t, s.Window("nowhere", at(0), at(10)))
	require.Equal(t, []string{"a 60-90", "b 90-120"}, brief(s.Window("edu1", at(60), at(120))))
	require.Equal(t, []string{"edu1", "edu2"}, source.read())

	require.NoError(t, g.Refresh(ctx))
	require.Same(t, s, g.Snapshot(), "nothing changed, nothing made anew")
	require.Empty(t, source.read())

	_, err := db.ReplaceProgrammes(ctx, "edu1", dawn, dawn.Add(24*time.Hour), []catalogue.Programme{programme("d", 90, 100)})
	require.NoError(t, err)
	require.NoError(t, g.Refresh(ctx))
	require.Equal(t, []string{"edu1"}, source.read(), "only the channel that changed is read")
	on, _, _ = g.Snapshot().NowNext("edu1", now)
	require.Equal(t, "d", on.Title)
	old, _, _ := s.NowNext("edu1", now)
	require.Equal(t, "b", old.Title, "a snapshot never changes")

	renamed := edu1
	renamed.Name = "改名"
	require.NoError(t, db.PutChannels(ctx, renamed))
	require.NoError(t, g.Refresh(ctx))
	c, _ = g.Snapshot().Channel("edu1")
	require.Equal(t, "改名", c.Name)

	source.fail(errors.New("the database is away"))
	require.ErrorContains(t, g.Refresh(ctx), "the database is away")
	on, _, _ = g.Snapshot().NowNext("edu1", now)
	require.Equal(t, "d", on.Title, "the last guide stands")
	require.NoError(t, g.Check(ctx))
	now = now.Add(2 * time.Minute)
	require.ErrorContains(t, g.Check(ctx), "2m0s")

	source.fail(nil)
	source.read()
	now = now.Add(7 * time.Hour)
	require.NoError(t, g.Refresh(ctx))
	require.Equal(t, []string{"edu1", "edu2"}, source.read(), "the window moves on")
	require.NoError(t, g.Check(ctx))
}

func TestGuideRun(t *testing.T) {
	db := house(t)
	g := &epg.Guide{Source: db, Poll: time.Millisecond, Now: func() time.Time { return at(95) }}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Run(ctx)
	}()
	require.Eventually(t, func() bool { return len(g.Snapshot().Channels()) == 2 }, 5*time.Second, time.Millisecond)
	require.NoError(t, db.DeleteChannel(ctx, "edu2"))
	require.Eventually(t, func() bool { return len(g.Snapshot().Channels()) == 1 }, 5*time.Second, time.Millisecond)
	cancel()
	<-done
}

func BenchmarkNowNext(b *testing.B) {
	var ps []catalogue.Programme
	for i := range 14 * 40 {
		ps = append(ps, programme("p", i*36, i*36+36))
	}
	g := &epg.Guide{Source: still(ps), Zone: shanghai, Now: func() time.Time { return at(5000) }}
	if err := g.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		g.Snapshot().NowNext("edu1", at(5000))
	}
}

// still is a source that never changes, with one channel.
type still []catalogue.Programme

func (still) Channels(context.Context) ([]catalogue.Channel, error) {
	return []catalogue.Channel{edu1}, nil
}

func (s still) Programmes(context.Context, string, time.Time, time.Time) ([]catalogue.Programme, error) {
	return s, nil
}

func (still) Revisions(context.Context) (catalogue.Revisions, error) {
	return catalogue.Revisions{}, nil
}
