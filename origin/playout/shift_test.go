package playout_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/origin/playout"
	"podium.tv/podium/packager/timeline"
)

func TestJoin(t *testing.T) {
	const day = 24 * time.Hour
	entry := func(owner string, at, shift time.Duration) timeline.Entry {
		return timeline.Entry{Object: owner + "/media/1.cmaf", Time: at, Shift: shift, Duration: 4 * time.Second, Independent: true}
	}
	hall1, hall2 := "feeds/hall1", "feeds/hall2"
	broken := func(e timeline.Entry) timeline.Entry { e.Discontinuity = true; return e }
	dependent := func(e timeline.Entry) timeline.Entry { e.Independent = false; return e }
	for name, c := range map[string]struct {
		last, next timeline.Entry
		shift      time.Duration
		disc       bool
	}{
		"the same run":                  {entry(hall1, 10*time.Second, 0), entry(hall1, 14*time.Second, 0), 0, false},
		"the same run, shifted":         {entry(hall1, 10*time.Second, time.Hour), entry(hall1, 14*time.Second, 0), time.Hour, false},
		"the feed's next epoch":         {entry(hall1, 10*time.Second, 0), broken(entry(hall1, 14500*time.Millisecond, 0)), 0, true},
		"the same, shifted":             {entry(hall1, 10*time.Second, time.Hour), broken(entry(hall1, 14500*time.Millisecond, 0)), time.Hour, true},
		"after a hole in one feed":      {entry(hall1, 10*time.Second, 0), broken(entry(hall1, 3*time.Hour, 0)), 0, true},
		"a feed that fell back":         {entry(hall1, time.Minute, 0), broken(entry(hall1, 10*time.Second, 0)), 54500 * time.Millisecond, true},
		"another feed, behind":          {entry(hall1, time.Hour, 0), broken(entry(hall2, 10*time.Second, 0)), time.Hour - 5500*time.Millisecond, true},
		"another feed, far ahead":       {entry(hall1, 10*time.Second, 0), broken(entry(hall2, time.Hour, 0)), 14500*time.Millisecond - time.Hour, true},
		"another feed, just right":      {entry(hall1, 10*time.Second, 0), broken(entry(hall2, 15*time.Second, 0)), 0, true},
		"the feed's day is over":        {entry(hall1, day, 0), broken(entry(hall1, 10*time.Second, 0)), 0, true},
		"the channel's day is over":     {entry(hall1, 5*time.Hour, 19*time.Hour), entry(hall1, 5*time.Hour+4*time.Second, 0), 0, true},
		"but no picture to begin with":  {entry(hall1, 5*time.Hour, 19*time.Hour), dependent(entry(hall1, 5*time.Hour+4*time.Second, 0)), 19 * time.Hour, false},
		"and none for hours":            {entry(hall1, 7*time.Hour, 19*time.Hour), dependent(entry(hall1, 7*time.Hour+4*time.Second, 0)), 0, true},
		"a source of more than a day":   {entry(hall1, day, 0), broken(entry(hall2, 40*time.Hour, 0)), 10*time.Second - 40*time.Hour, true},
		"before times were recorded":    {entry(hall1, 0, 0), broken(entry(hall2, time.Hour, 0)), 0, true},
		"a time that cannot be":         {entry(hall1, time.Hour, 0), broken(entry(hall2, 1<<62, 0)), 0, true},
		"a negative time":               {entry(hall1, time.Hour, 0), broken(entry(hall2, -1<<63, 0)), 0, true},
		"a shift that cannot be":        {entry(hall1, time.Hour, -1<<63), broken(entry(hall2, time.Hour, 0)), 0, true},
		"an unbroken run without times": {entry(hall1, time.Hour, time.Hour), entry(hall1, 0, 0), time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := playout.Join(&c.last, c.next)
			require.Equal(t, c.shift, got.Shift)
			require.Equal(t, c.disc, got.Discontinuity)
		})
	}
	require.Zero(t, playout.Join(nil, entry(hall1, time.Hour, 0)).Shift)
	require.Equal(t, 10*time.Second-40*time.Hour, playout.Join(nil, entry(hall1, 40*time.Hour, 0)).Shift)
}

// TestJoinGoesOn: whatever is put after one another, what players see goes on, and falls only at the end of a day.
func TestJoinGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := map[string]time.Duration{}
		var last *timeline.Entry
		for range rapid.IntRange(1, 200).Draw(t, "entries") {
			source := rapid.SampledFrom([]string{"feeds/a", "feeds/a", "feeds/a", "feeds/b", "assets/c"}).Draw(t, "source")
			e := timeline.Entry{Object: source + "/media/0/1.cmaf", Independent: true}
			e.Duration = time.Duration(rapid.IntRange(1, 3600_000).Draw(t, "ms")) * time.Millisecond
			at, known := times[source]
			e.Discontinuity = !known || last == nil || last.Object != e.Object
			if !known || at >= 24*time.Hour {
				at, e.Discontinuity = 10*time.Second, true
			}
			e.Time = at
			times[source] = at + e.Duration
			asked := e.Discontinuity
			e = playout.Join(last, e)
			shown := e.Time + e.Shift
			if shown < 10*time.Second {
				t.Fatalf("shown at %s", shown)
			}
			if last != nil {
				end := last.Time + last.Shift + last.Duration
				switch {
				case !e.Discontinuity && shown != end:
					t.Fatalf("an unbroken run steps from %s to %s", end, shown)
				case shown < end && end < 24*time.Hour-time.Second:
					t.Fatalf("falls from %s to %s", end, shown)
				case end >= 24*time.Hour && shown >= 24*time.Hour:
					t.Fatalf("goes on past the day: from %s to %s", end, shown)
				case e.Discontinuity && !asked && end < 24*time.Hour:
					t.Fatalf("broken at %s without need", end)
				}
			}
			last = &e
		}
	})
}
