package feed_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/packager/timeline"
)

// kinds are the runs of entries, such as "live slate live".
func kinds(entries []timeline.Entry) string {
	var out []string
	for i := range entries {
		if i == 0 || entries[i].Discontinuity || entries[i].Kind != entries[i-1].Kind {
			out = append(out, string(entries[i].Kind))
		}
	}
	return strings.Join(out, " ")
}

// TestKilledFiftyTimes has an encoder that is killed again and again, and a viewer who looks each half second.
func TestKilledFiftyTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const kills = 50
		var returned atomic.Int64 // when the encoder last came back
		script := make([]func(*camera), kills+1)
		for i := range script {
			script[i] = func(c *camera) {
				returned.Store(time.Now().UnixNano())
				c.play(time.Duration(9+i%5) * time.Second)
			}
		}
		script[kills] = func(c *camera) { returned.Store(time.Now().UnixNano()); c.play(time.Hour) }
		h, d := newStudio(t, &cameraInput{script: script})
		h.Slate, h.ReconnectMin = builtIn(t), 9*time.Second // That is 4.5 to 13.5 s.
		h.Initialize()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		<-h.Ready()
		began := time.Now()
		var viewer strict.Follower
		for time.Since(began) < 20*time.Minute {
			time.Sleep(500 * time.Millisecond)
			tail := h.Timeline.Tail()
			last := tail.Last()
			if last == nil {
				require.Less(t, time.Since(began), 7*time.Second)
				continue
			}
			require.LessOrEqual(t, time.Since(last.End()), 2*h.Target, "the playlist stood still")
			back := time.Unix(0, returned.Load())
			if on := h.Status(); time.Since(back) > 2*time.Second+h.Target+time.Second && on.State == feed.Online && time.Since(on.Since) > 7*time.Second {
				require.Equal(t, timeline.Live, last.Kind, "the picture is not back %s after its return", time.Since(back))
			}
			window := tail.Entries[max(len(tail.Entries)-12, 0):]
			require.Empty(t, viewer.Add(time.Now(), playlistOf(t, 2*h.Target, window)))
		}
		stop()
		require.NoError(t, <-done)
		entries := h.Timeline.Tail().Entries
		requireStrict(t, 2*h.Target, entries)
		requireNoHoles(t, entries, 300*time.Millisecond)
		require.Equal(t, 2*kills, discontinuities(entries))
		require.Equal(t, strings.TrimSuffix(strings.Repeat("live slate ", kills), " ")+" live", kinds(entries))
		require.Len(t, d.lines, 1+2*kills)
		h.requireGoesOn(t, entries)
	})
}

// TestSlateIsBackdated: it begins where the last picture ended, and a slow answer to a killed encoder leaves no hole.
func TestSlateIsBackdated(t *testing.T) {
	for name, script := range map[string]func(c *camera){
		"the connection ends":     func(c *camera) { c.play(30 * time.Second) },
		"the pictures stop":       func(c *camera) { c.play(30 * time.Second); time.Sleep(time.Hour) },
		"the sound alone goes on": func(c *camera) { c.play(30 * time.Second); c.deaf(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _ := newStudio(t, &cameraInput{script: []func(*camera){script}})
				h.Slate, h.PartTarget = builtIn(t), 200*time.Millisecond
				h.ReconnectMin = time.Hour
				began := time.Now()
				entries := h.run(t, 90*time.Second)
				require.Equal(t, "live slate", kinds(entries))
				requireNoHoles(t, entries, time.Millisecond)
				require.WithinDuration(t, began.Add(90*time.Second), entries[len(entries)-1].End(), time.Second)
				for i := range entries {
					if e := &entries[i]; e.Kind == timeline.Slate && e.Discontinuity {
						require.WithinDuration(t, began.Add(30*time.Second), e.Start, 200*time.Millisecond)
					}
				}
			})
		})
	}
}

// deaf sends sound alone.
func (c *camera) deaf(d time.Duration) {
	for end := c.at + d; c.at < end && c.ctx.Err() == nil; {
		c.at += 40 * time.Millisecond
		for media.Duration(c.heard, 48000) < c.at {
			c.r.Sample(1, media.Sample{PTS: c.heard, DTS: c.heard, Sync: true, Units: [][]byte{c.noise()}})
			c.heard += 1024
		}
		time.Sleep(40 * time.Millisecond)
	}
}

func TestSlateWaitsForTheFirstTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, d := newStudio(t, &cameraInput{script: []func(*camera){func(c *camera) { time.Sleep(20 * time.Second); c.play(time.Hour) }}})
		h.Slate = builtIn(t)
		began := time.Now()
		entries := h.run(t, time.Minute)
		require.Equal(t, "slate live", kinds(entries))
		require.WithinDuration(t, began.Add(3*time.Second), entries[0].Start, 600*time.Millisecond)
		require.Equal(t, feed.OnSlate, d.find(feed.OnSlate).Kind)
		require.Equal(t, feed.Back, d.find(feed.Back).Kind)
	})
}

// TestSlateOfARadio is silence, without pictures where there never were any.
func TestSlateOfARadio(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		radio := &cameraInput{tracks: lecture(t)[1:], script: []func(*camera){func(c *camera) {
			for ; c.at < 30*time.Second; time.Sleep(40 * time.Millisecond) {
				c.at += 40 * time.Millisecond
				for media.Duration(c.heard, 48000) < c.at {
					c.r.Sample(0, media.Sample{PTS: c.heard, DTS: c.heard, Sync: true, Units: [][]byte{c.noise()}})
					c.heard += 1024
				}
			}
		}}}
		h, d := newStudio(t, radio)
		h.Slate = builtIn(t)
		entries := h.run(t, time.Minute)
		require.Equal(t, "live slate", kinds(entries), d.lines)
		requireNoHoles(t, entries, time.Millisecond)
		for i := range entries {
			require.Len(t, entries[i].Tracks, 1)
		}
	})
}

// TestSlateOverARestart: what was put out as slate is gone on from.
func TestSlateOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &cameraInput{}
		h, _ := newStudio(t, in)
		h.Slate = builtIn(t)
		first := h.run(t, 30*time.Second)
		h.Feed = h.newFeed()
		h.Sources = []feed.Source{{Name: "main", Input: in}}
		h.Slate = builtIn(t)
		entries := h.run(t, 30*time.Second)
		require.Equal(t, "slate slate", kinds(entries))
		require.Equal(t, first, entries[:len(first)])
		h.requireGoesOn(t, entries)
	})
}

func TestAnotherCodecAfterTheSlate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		main := &cameraInput{script: []func(*camera){plays(20 * time.Second)}}
		backup := &cameraInput{tracks: lecture(t)[1:], script: []func(*camera){func(c *camera) {
			time.Sleep(40 * time.Second)
			for ; c.ctx.Err() == nil; time.Sleep(40 * time.Millisecond) {
				c.at += 40 * time.Millisecond
				for media.Duration(c.heard, 48000) < c.at {
					c.r.Sample(0, media.Sample{PTS: c.heard, DTS: c.heard, Sync: true, Units: [][]byte{c.noise()}})
					c.heard += 1024
				}
			}
		}}}
		h, d := newStudio(t, main, backup)
		h.Sources[1].Warm = true
		h.Slate = builtIn(t)
		entries := h.run(t, 80*time.Second)
		require.Equal(t, "live slate live", kinds(entries), d.lines)
		require.Len(t, entries[0].Tracks, 2)
		require.Len(t, entries[len(entries)-1].Tracks, 1)
	})
}
