package playout_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/origin/playout"
	"podium.tv/podium/packager/timeline"
)

// size is one of a picture's sizes: a feed that is cut when all are, some later.
type size struct {
	name  string
	feed  *timeline.Timeline
	base  time.Duration // its media time at the beginning
	clock time.Duration // how far its dates are off
	late  time.Duration
	away  bool
	begun bool // it has been there without a break
}

// ladder is a channel with further sizes of its picture.
type ladder struct {
	*house
	main    *size
	sizes   []*size
	began   time.Time
	channel *following
}

func newLadder(t *testing.T, dir string) *ladder {
	l := &ladder{house: newHouse(t, dir), began: time.Now(), main: &size{name: "hall1", base: 10 * time.Second}}
	l.sizes = []*size{
		{name: "720p", base: 17*time.Second + 311*time.Microsecond, clock: 35 * time.Millisecond, late: 40 * time.Millisecond},
		{name: "480p", base: 3 * time.Hour, clock: -30 * time.Millisecond, late: 10 * time.Millisecond},
	}
	for _, z := range l.all() {
		z.feed = l.open("feeds/"+z.name, true)
	}
	return l
}

func (l *ladder) all() []*size { return append([]*size{l.main}, l.sizes...) }

func (l *ladder) start() {
	f := &following{Follow: &playout.Follow{
		Channel: l.timeline("channels/edu1", false), Feed: l.main.feed, FeedReady: opened(),
		Log: slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}, done: make(chan error, 1)}
	for _, z := range l.sizes {
		f.Renditions = append(f.Renditions, playout.Rendition{Name: z.name, Feed: z.feed, Ready: opened()})
	}
	f.Initialize()
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	go func() { f.done <- f.Run(ctx) }()
	l.channel = f
	synctest.Wait()
}

// stop ends all and returns what the channel has put out.
func (l *ladder) stop() []timeline.Entry {
	l.end(l.channel)
	for _, z := range l.all() {
		l.close(z.feed)
	}
	entries := l.house.all("channels/edu1")
	l.requireOrder(entries)
	return entries
}

// cut lets a segment pass, which each size that is there records when it is over.
func (l *ladder) cut(duration time.Duration) {
	begin := time.Now()
	sizes := slices.Clone(l.all())
	slices.SortFunc(sizes, func(a, b *size) int { return int(a.late - b.late) })
	for _, z := range sizes {
		if !z.away {
			require.NoError(l.t, z.feed.Make(&timeline.Making{Entry: z.feed.Prepare(z.entry(l, begin, 0))}))
		}
	}
	for _, z := range sizes {
		time.Sleep(time.Until(begin.Add(duration + z.late)))
		if z.away {
			z.begun = false
			continue
		}
		e := z.feed.Prepare(z.entry(l, begin, duration))
		e.Object = z.feed.MediaName(e.Seq)
		require.NoError(l.t, z.feed.Append(e))
		z.begun = true
	}
	time.Sleep(time.Until(begin.Add(duration))) // The next began meanwhile: lateness is no time of its own.
	synctest.Wait()
}

func (z *size) entry(l *ladder, begin time.Time, duration time.Duration) timeline.Entry {
	return timeline.Entry{
		Start: begin.Add(z.clock), Duration: duration, Time: z.base + begin.Sub(l.began), Kind: timeline.Live, Independent: true,
		Discontinuity: !z.begun, Init: "0123456789abcdef", Tracks: []timeline.Range{{Length: 1}},
	}
}

// requireAligned checks what viewers who change between sizes rely on.
func (l *ladder) requireAligned(entries []timeline.Entry) {
	last := map[string]timeline.Rendition{}
	for i := range entries {
		e := &entries[i]
		names := map[string]bool{}
		if e.Discontinuity {
			clear(last)
		}
		for _, a := range e.Also {
			require.False(l.t, names[a.Name])
			names[a.Name] = true
			require.InDelta(l.t, e.Time+e.Shift, a.Time+a.Shift, float64(20*time.Millisecond), "entry %d: %s is shown at another time", i, a.Name)
			was, known := last[a.Name]
			if known {
				require.Equal(l.t, was.Shift, a.Shift, "entry %d: %s", i, a.Name)
				require.Less(l.t, was.Ref, a.Ref, "entry %d: %s", i, a.Name)
			}
			last[a.Name] = a
		}
	}
}

// on says in which entries a rendition is, as a line of letters.
func on(entries []timeline.Entry, name string) string {
	var line strings.Builder
	for i := range entries {
		mark := "."
		if slices.ContainsFunc(entries[i].Also, func(a timeline.Rendition) bool { return a.Name == name }) {
			mark = "x"
		}
		if entries[i].Discontinuity {
			mark = "|" + mark
		}
		line.WriteString(mark)
	}
	return line.String()
}

const target = 4 * time.Second

func TestRenditions(t *testing.T) {
	for name, c := range map[string]struct {
		happens     func(l *ladder)
		want720     string
		want480     string
		wantWarning string
	}{
		"all is well": {func(l *ladder) {
			for range 5 {
				l.cut(target)
			}
		}, "xxxxx", "xxxxx", ""},
		"one comes later": {func(l *ladder) {
			l.sizes[0].away = true
			l.cut(target)
			l.sizes[0].away = false
			for range 3 {
				l.cut(target)
			}
		}, ".xxx", "xxxx", ""},
		"one goes and comes back": {func(l *ladder) {
			for i := range 9 {
				l.sizes[0].away = i == 2 || i == 3
				l.cut(target)
			}
		}, "xx....|xxx", "xxxxxx|xxx", "rendition is away"},
		"one begins anew within a segment's time": {func(l *ladder) {
			for i := range 6 {
				l.sizes[1].begun = l.sizes[1].begun && i != 2
				l.cut(target)
			}
		}, "xxxx|xx", "xx..|xx", "does not go on where it was"},
		"the channel's feed breaks": {func(l *ladder) {
			for i := range 5 {
				l.main.begun = l.main.begun && i != 2
				l.sizes[0].away = i == 1
				l.cut(target)
			}
		}, "x.|xxx", "xx|xxx", "rendition is away"},
		"one is late once": {func(l *ladder) {
			for i := range 5 {
				if l.sizes[1].late = 0; i == 2 {
					l.sizes[1].late = time.Second
				}
				l.cut(target)
			}
		}, "xxxxx", "xx.xx", "rendition is away"},
		"one is too late": {func(l *ladder) {
			l.sizes[1].late = time.Second
			for range 3 {
				l.cut(target)
			}
		}, "xxx", "...", ""},
		"one is cut elsewhere": {func(l *ladder) {
			l.sizes[1].clock = 2 * time.Second
			for range 12 {
				l.cut(target)
			}
		}, "xxxxxxxxxxxx", "............", "key frames and clock must be the same"},
		"the channel is started again": {func(l *ladder) {
			for range 3 {
				l.cut(target)
			}
			l.end(l.channel)
			l.cut(target)
			l.cut(target)
			l.start()
			l.cut(target)
		}, "xxxxxx", "xxxxxx", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLadder(t, t.TempDir())
				l.start()
				c.happens(l)
				entries := l.stop()
				l.requireAligned(entries)
				require.Equal(t, c.want720, on(entries, "720p"))
				require.Equal(t, c.want480, on(entries, "480p"))
				if c.wantWarning == "" {
					require.Empty(t, l.log.String())
				}
				require.Contains(t, l.log.String(), c.wantWarning)
			})
		})
	}
}

// TestMainIsNotHeldUp: whatever happens to the other sizes, the main one is there within a fraction of a second.
func TestMainIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLadder(t, t.TempDir())
		l.start()
		l.cut(target)
		l.sizes[0].away = true
		for n := range 3 {
			l.put(l.main.feed, target, 0, false)
			cut := time.Now()
			for l.channel.Channel.Tail().Next < uint64(n+2) {
				time.Sleep(time.Millisecond)
				synctest.Wait()
			}
			require.LessOrEqual(t, time.Since(cut), 501*time.Millisecond)
			if n > 0 {
				require.LessOrEqual(t, time.Since(cut), time.Millisecond, "one that is away is not waited for")
			}
		}
		l.stop()
	})
}

// TestLadderOutlivesAnything: whatever feeds and channel do, sizes are shown at the same times, and come back.
func TestLadderOutlivesAnything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{
			"cut", "cut", "cut", "cut", "cut", "restart", "0 away", "0 back", "1 away", "1 back", "0 anew", "1 anew", "2 anew", "0 late", "0 early",
		}), 1, 30).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "playout")
			require.NoError(t, err)
			defer func() { require.NoError(t, os.RemoveAll(dir)) }()
			l := newLadder(t, dir)
			l.start()
			for _, s := range steps {
				l.happens(s)
			}
			for _, z := range l.sizes {
				z.away, z.late = false, 20*time.Millisecond
			}
			for range 70 {
				l.cut(target)
			}
			entries := l.stop()
			l.requireAligned(entries)
			for _, z := range l.sizes {
				require.True(t, strings.HasSuffix(on(entries, z.name), "x"), "%s: %s", z.name, on(entries, z.name))
			}
		})
	})
}

func (l *ladder) happens(what string) {
	var i int
	var rest string
	if n, _ := fmt.Sscanf(what, "%d %s", &i, &rest); n == 2 {
		z := append(slices.Clone(l.sizes), l.main)[i]
		switch rest {
		case "away", "back":
			z.away = rest == "away"
		case "anew":
			z.begun = false
		case "late":
			z.late = time.Second
		case "early":
			z.late = 40 * time.Millisecond
		}
		return
	}
	if what == "restart" {
		l.end(l.channel)
		l.start()
		return
	}
	l.cut(3 * time.Second)
}
