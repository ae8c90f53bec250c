package feed_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/feed/slate"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

// diary writes a feed's events down, each with the second it came in, as "3 switched main>backup no_video".
type diary struct {
	mu    sync.Mutex
	began time.Time
	lines []string
	all   []feed.Event
}

func (d *diary) note(e feed.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, e)
	if e.Kind == feed.SourceUp || e.Kind == feed.SourceDown {
		return
	}
	line := fmt.Sprintf("%d %s %s>%s %s", int(e.At.Sub(d.began).Seconds()), e.Kind, e.From, e.To, e.Reason)
	d.lines = append(d.lines, strings.TrimSpace(line))
}

// studio is a hall with further sources.
func newStudio(t testing.TB, sources ...*cameraInput) (*hall, *diary) {
	t.Helper()
	h := newHall(t)
	h.Sources = nil
	for i, in := range sources {
		if in.tracks == nil {
			in.tracks = lecture(t)
		}
		h.Sources = append(h.Sources, feed.Source{Name: []string{"main", "backup", "third"}[i], Input: in})
	}
	d := &diary{began: time.Now()}
	h.OnEvent = d.note
	return h, d
}

func builtIn(t testing.TB) *slate.Loop {
	t.Helper()
	l, err := slate.BuiltIn()
	require.NoError(t, err)
	return l
}

func plays(d time.Duration) func(*camera) { return func(c *camera) { c.play(d) } }

// silence is a frame of AAC in which nothing is heard.
func silence() []byte { return []byte{0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c} }

// TestLeaving has a main source that goes wrong after 30 s, and a backup.
func TestLeaving(t *testing.T) {
	hour := plays(time.Hour)
	for name, test := range map[string]struct {
		main     []func(*camera)
		failover feed.Failover
		slate    bool
		cold     bool // the backup is not kept connected
		alone    bool // there is no backup
		away     time.Duration
		want     []string
		discs    int
		advice   string
	}{
		"the connection ends and comes back": {
			main:  []func(*camera){plays(31 * time.Second), hour},
			away:  10 * time.Second,
			want:  []string{"0 on_air >main", "32 switched main>backup ended", "* back backup>main better"},
			discs: 2,
		},
		"no picture, the connection stays": {
			main:   []func(*camera){func(c *camera) { c.play(30 * time.Second); c.pause(20 * time.Second); c.play(time.Hour) }},
			want:   []string{"0 on_air >main", "33 switched main>backup no_video", "60 back backup>main better"},
			discs:  2,
			advice: "encoder runs",
		},
		"a backup that is connected when it is needed": {
			main:  []func(*camera){func(c *camera) { c.play(30 * time.Second); c.pause(20 * time.Second); c.play(time.Hour) }},
			cold:  true,
			want:  []string{"0 on_air >main", "33 switched main>backup no_video", "60 back backup>main better"},
			discs: 2,
		},
		"stamps stand still": {
			main: []func(*camera){func(c *camera) {
				c.play(30 * time.Second)
				for range 25 * 20 {
					dts := media.FromDuration(c.at, 90000)
					c.r.Sample(0, media.Sample{DTS: dts, PTS: dts, Units: [][]byte{{0x41, 1, 2, 3}}})
					time.Sleep(40 * time.Millisecond)
				}
				c.pause(0)
				c.at += 20 * time.Second
				c.play(time.Hour)
			}},
			want:   []string{"0 on_air >main", "33 switched main>backup no_video", "60 back backup>main better"},
			discs:  2,
			advice: "restart the encoder",
		},
		"no sound": {
			main: []func(*camera){func(c *camera) {
				c.play(30 * time.Second)
				c.sound = false
				c.play(20 * time.Second)
				c.sound, c.heard = true, media.FromDuration(c.at, 48000)
				c.play(time.Hour)
			}},
			want:   []string{"0 on_air >main", "40 switched main>backup no_audio", "60 back backup>main better"},
			discs:  2,
			advice: "audio input",
		},
		"no sound, and no backup: a picture without sound is better than the slate": {
			main:  []func(*camera){func(c *camera) { c.play(30 * time.Second); c.sound = false; c.play(time.Hour) }},
			alone: true, slate: true,
			want: []string{"0 on_air >main"},
		},
		"silence": {
			main: []func(*camera){func(c *camera) {
				c.play(30 * time.Second)
				c.frameOfSound = silence()
				c.play(20 * time.Second)
				c.frameOfSound = nil
				c.play(time.Hour)
			}},
			failover: feed.Failover{Silent: 5 * time.Second},
			want:     []string{"0 on_air >main", "35 switched main>backup silent", "60 back backup>main better"},
			discs:    2,
		},
		"errors": {
			main: []func(*camera){func(c *camera) {
				c.play(30 * time.Second)
				for range 10 {
					c.r.Warn(&input.LossError{Lost: 10})
					c.play(time.Second)
				}
				c.play(time.Hour)
			}},
			failover: feed.Failover{Errors: 50},
			want:     []string{"0 on_air >main", "34 switched main>backup errors", "1* back backup>main better"},
			discs:    2,
		},
		"the bit rate collapses": {
			main: []func(*camera){func(c *camera) {
				c.play(30 * time.Second)
				c.small = true
				c.play(30 * time.Second)
				c.small = false
				c.play(time.Hour)
			}},
			failover: feed.Failover{BitrateBelow: 150_000},
			want:     []string{"0 on_air >main", "4* switched main>backup bitrate", "7* back backup>main better"},
			discs:    2,
		},
		"all off": {
			main:     []func(*camera){func(c *camera) { c.play(30 * time.Second); c.pause(20 * time.Second); c.play(time.Hour) }},
			failover: feed.Failover{NoVideo: -1, NoAudio: -1},
			want:     []string{"0 on_air >main"},
			discs:    1,
		},
		"the slate where there is no backup": {
			main:  []func(*camera){plays(30 * time.Second), hour},
			alone: true, slate: true,
			want:  []string{"0 on_air >main"}, // It was back before anybody missed it.
			discs: 1,
		},
		"the slate until it is back": {
			main:  []func(*camera){func(c *camera) { c.play(30 * time.Second); c.pause(20 * time.Second); c.play(time.Hour) }},
			alone: true, slate: true,
			want:  []string{"0 on_air >main", "33 on_slate main>slate no_video", "50 back slate>main better"},
			discs: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				main, backup := &cameraInput{script: test.main}, &cameraInput{script: []func(*camera){hour, hour, hour}}
				h, d := newStudio(t, main, backup)
				h.Sources[1].Warm = !test.cold
				if test.alone {
					h.Sources = h.Sources[:1]
				}
				if test.slate {
					h.Slate = builtIn(t)
				}
				h.Failover, h.ReconnectMin = test.failover, test.away
				entries := h.run(t, 2*time.Minute)
				require.Len(t, d.lines, len(test.want), "%v\n%s", d.lines, h.log)
				for i, want := range test.want {
					requireLike(t, want, d.lines[i])
				}
				require.Equal(t, test.discs, discontinuities(entries))
				if test.advice != "" {
					require.Contains(t, d.all[len(d.all)-1].Advice+d.find(feed.Switched).Advice, test.advice)
				}
				if test.failover.NoVideo >= 0 {
					requireNoHoles(t, entries, 6500*time.Millisecond)
				}
			})
		})
	}
}

func (d *diary) find(k feed.EventKind) feed.Event {
	for _, e := range d.all {
		if e.Kind == k {
			return e
		}
	}
	return feed.Event{}
}

// requireLike compares lines of a diary. A second may be two more, and a * in it is any digits.
func requireLike(t *testing.T, want, got string) {
	t.Helper()
	wantAt, wantWhat, _ := strings.Cut(want, " ")
	gotAt, gotWhat, _ := strings.Cut(got, " ")
	require.Equal(t, wantWhat, gotWhat)
	if prefix, vague := strings.CutSuffix(wantAt, "*"); vague {
		require.True(t, strings.HasPrefix(gotAt, prefix), got)
		return
	}
	var w, g int
	_, err := fmt.Sscan(wantAt+" "+gotAt, &w, &g)
	require.NoError(t, err)
	require.GreaterOrEqual(t, g, w, got)
	require.LessOrEqual(t, g, w+2, got)
}

// requireNoHoles checks that dates go on, with holes no longer than that.
func requireNoHoles(t testing.TB, entries []timeline.Entry, most time.Duration) {
	t.Helper()
	for i := 1; i < len(entries); i++ {
		hole := entries[i].Start.Sub(entries[i-1].End())
		require.GreaterOrEqual(t, hole, time.Duration(0), "entry %d", i)
		require.LessOrEqual(t, hole, most, "entry %d", i)
	}
}
