package feed_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/origin/feed"
)

// act is what a source of the model does next.
type act struct {
	What   string
	Length time.Duration
}

func (a act) String() string { return fmt.Sprintf("%s %s", a.What, a.Length) }

func drawActs(t *rapid.T, name string) [][]act {
	one := rapid.Custom(func(t *rapid.T) act {
		return act{
			What:   rapid.SampledFrom([]string{"play", "play", "play", "hang", "stand", "mute", "jump", "lose"}).Draw(t, "what"),
			Length: time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond,
		}
	})
	return rapid.SliceOfN(rapid.SliceOfN(one, 0, 5), 0, 6).Draw(t, name)
}

// perform is a connection in which those things happen.
func perform(acts []act) func(*camera) {
	return func(c *camera) {
		c.fps, c.gop = 5, 10
		for _, a := range acts {
			switch a.What {
			case "play":
				c.play(a.Length)
			case "hang":
				c.pause(a.Length)
			case "stand":
				time.Sleep(a.Length)
			case "mute":
				c.sound = false
				c.play(a.Length)
				c.heard, c.sound = c.heard+int64(a.Length*48/time.Millisecond)/1024*1024, true
			case "jump":
				c.clock += a.Length
			case "lose":
				c.noIDR = !c.noIDR
			}
		}
	}
}

// TestWhateverTheLinesDo: the timeline is in order, dates never overlap, and what is of another source begins with a
// discontinuity.
func TestWhateverTheLinesDo(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		count := rapid.IntRange(1, 3).Draw(rt, "sources")
		var scripts [][][]act
		for i := range count {
			scripts = append(scripts, drawActs(rt, fmt.Sprint("source ", i)))
		}
		slated := rapid.Bool().Draw(rt, "slate")
		warm := rapid.Bool().Draw(rt, "warm")
		radio := rapid.Bool().Draw(rt, "the last is a radio")
		parts := rapid.Bool().Draw(rt, "parts")
		synctest.Test(t, func(t *testing.T) {
			var sources []*cameraInput
			for i := range count {
				in := &cameraInput{tracks: lecture(t)}
				for _, acts := range scripts[i] {
					in.script = append(in.script, perform(acts))
				}
				sources = append(sources, in)
			}
			h, d := newStudio(t, sources...)
			if slated {
				h.Slate = builtIn(t)
			}
			if parts {
				h.PartTarget = 200 * time.Millisecond
			}
			if radio && count > 1 {
				sources[count-1].radio = true
			}
			for i := range h.Sources {
				h.Sources[i].Warm = warm
			}
			entries := h.run(t, time.Minute) // Which holds what a player is told against the RFC.
			if len(entries) == 0 {
				return
			}
			for i := 1; i < len(entries); i++ {
				e, before := &entries[i], &entries[i-1]
				require.False(t, e.Start.Before(before.End()), "dates overlap")
				require.Positive(t, e.Duration)
				if e.Kind != before.Kind || e.Init != before.Init {
					require.True(t, e.Discontinuity, "another source without a discontinuity")
				}
				if !e.Discontinuity {
					require.Equal(t, before.Time+before.Duration, e.Time)
				} else {
					require.Greater(t, e.Time, before.Time)
				}
			}
			takes := strings.Count(h.log.String(), `msg="feed is online"`)
			for _, e := range d.all {
				if e.Kind == feed.OnSlate {
					takes++
				}
			}
			require.GreaterOrEqual(t, discontinuities(entries), takes-1, "%v", d.lines)
			if slated {
				requireNoHoles(t, entries, 7*time.Second)
			}
		})
	})
}
