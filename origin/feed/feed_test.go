package feed_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

func TestReconnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t,
			func(c *camera) { c.play(21 * time.Second) },
			func(c *camera) { c.clock = time.Hour; c.play(20 * time.Second) },
			func(c *camera) { c.play(20 * time.Second) },
		)
		entries := h.run(t, 70*time.Second)
		require.Equal(t, 2, discontinuities(entries))
		require.GreaterOrEqual(t, total(entries), 60*time.Second)
		require.Equal(t, 3, strings.Count(h.log.String(), "input ended, will try again"))
		online := `msg="feed is online" feed=hall1 input=rtsp://camera.example/live tracks="h264 1280x720, 25 fps; aac 48000 Hz"`
		require.Equal(t, 3, strings.Count(h.log.String(), online), h.log)
	})
}

func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		minute := func(c *camera) { c.play(time.Hour) }
		h := newHall(t, minute, minute, minute)
		first := h.run(t, time.Minute)
		for n := 1; n <= 2; n++ {
			h.Feed = h.newFeed()
			entries := h.run(t, time.Minute)
			require.Equal(t, first, entries[:len(first)], "what was listed stays as it was")
			require.Equal(t, n, discontinuities(entries))
			first = entries
		}
	})
}

func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *camera) { c.play(time.Hour) })
		registry := prometheus.NewRegistry()
		h.Metrics = feed.NewMetrics(registry)
		go func() {
			time.Sleep(30 * time.Second)
			h.store.set(func(name string) error { return fmt.Errorf("put %s: %w", name, object.ErrFull) }, 0)
			time.Sleep(30 * time.Second)
			h.store.set(nil, 0)
		}()
		ctx, stop := context.WithTimeout(t.Context(), 90*time.Second)
		defer stop()
		h.Initialize()
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(89 * time.Second)
		failures, err := testutil.GatherAndCount(registry, "podium_feed_record_failures_total")
		require.NoError(t, err)
		require.Equal(t, 1, failures)
		require.Contains(t, h.Status().LastError, "no space left")
		require.NoError(t, <-done)

		entries := h.Timeline.Tail().Entries
		requireStrict(t, 2*h.Target, entries)
		require.GreaterOrEqual(t, total(entries), 88*time.Second)
		require.Zero(t, discontinuities(entries))
		away := 0
		for i := range entries {
			// Viewers find everything in memory.
			_, ok := h.hot.Get(timeline.HotMedia(entries[i].Object))
			require.True(t, ok)
			if _, err := h.store.Stat(t.Context(), entries[i].Object); err != nil {
				require.ErrorIs(t, err, object.ErrNotFound)
				away++
			}
		}
		require.InDelta(t, 7, away, 1)
		require.Equal(t, 1, strings.Count(h.log.String(), "segments are not kept as they should be"), h.log)
		require.Equal(t, 1, strings.Count(h.log.String(), "segments are kept again"), h.log)
		// The parameters were kept when there was room.
		_, err = h.store.Stat(t.Context(), timeline.InitName(entries[0].Init))
		require.NoError(t, err)
		families, err := registry.Gather()
		require.NoError(t, err)
		for _, f := range families {
			require.Empty(t, f.GetMetric(), "%s of a feed that is gone", f.GetName())
		}
	})
}

func TestParametersAreKeptAsSoonAsTheStoreTakesThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *camera) { c.play(time.Minute) })
		began := time.Now()
		h.store.set(func(name string) error {
			if strings.HasPrefix(name, "inits/") && time.Since(began) < 30*time.Second {
				return object.ErrAway
			}
			return nil
		}, 0)
		entries := h.run(t, time.Minute)
		_, err := h.store.Stat(t.Context(), timeline.InitName(entries[0].Init))
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(h.log.String(), "segments are not kept as they should be"), "not at every segment")
		require.Equal(t, 1, strings.Count(h.log.String(), "segments are kept again"))
	})
}

func TestRenderFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *camera) {
			c.play(21 * time.Second)
			// A frame that no ADTS header can tell the length of (ISO 13818-7 §6.2: 13 bits).
			stamp := media.FromDuration(c.at, 48000)
			c.r.Sample(1, media.Sample{PTS: stamp, DTS: stamp, Sync: true, Units: [][]byte{make([]byte, 9000)}})
			c.heard = stamp + 1024
			c.play(39 * time.Second)
		})
		entries := h.run(t, time.Minute)
		require.GreaterOrEqual(t, total(entries), 59*time.Second, "the CMAF form is good")
		require.Zero(t, discontinuities(entries))
		body, err := h.store.Get(t.Context(), timeline.InitName(entries[0].Init), 0, 1<<20)
		require.NoError(t, err)
		init := new(media.Init)
		require.NoError(t, init.UnmarshalJSON(body))
		missing := 0
		for i := range entries {
			stored, ok := h.hot.Get(timeline.HotMedia(entries[i].Object))
			require.True(t, ok)
			fragments, err := entries[i].Fragments(stored)
			require.NoError(t, err)
			_, next, err := render.TS(nil, init, fragments, entries[i].TS)
			if err != nil {
				require.ErrorIs(t, err, render.ErrUnsuitable)
				missing++
			}
			if i+1 < len(entries) {
				require.Equal(t, next, entries[i+1].TS, "counters go on whoever renders")
			}
		}
		require.Equal(t, 1, missing)
		require.Contains(t, h.log.String(), "render segment as MPEG-TS")
		require.Contains(t, h.log.String(), "segments are kept again")
	})
}

// TestSlowStore has a store that answers nothing: what is put out stays at the live edge, and memory stays bounded.
func TestSlowStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *camera) { c.play(10 * time.Minute) })
		began := time.Now()
		go func() {
			time.Sleep(time.Minute)
			h.store.set(nil, time.Hour)
			time.Sleep(8 * time.Minute)
			last := h.Timeline.Tail().Last()
			assert.WithinDuration(t, time.Now(), last.End(), 12*time.Second, "the edge fell behind")
			h.store.set(nil, 0)
		}()
		entries := h.run(t, 10*time.Minute)
		require.GreaterOrEqual(t, total(entries), 595*time.Second)
		require.WithinDuration(t, began.Add(10*time.Minute), time.Now(), time.Minute)
		require.Equal(t, 1, strings.Count(h.log.String(), "segments are not kept as they should be"))
	})
}

// TestStopsThoughTheStoreHangs: the process has ten seconds for everything.
func TestStopsThoughTheStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *camera) { c.play(time.Hour) })
		ctx, stop := context.WithCancel(t.Context())
		h.Initialize()
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(30 * time.Second)
		h.store.set(nil, time.Hour)
		time.Sleep(time.Minute)
		began := time.Now()
		stop()
		require.Error(t, <-done, "the index could not be written")
		require.LessOrEqual(t, time.Since(began), 5*time.Second)

		h.store.set(nil, 0)
		h.Feed = h.newFeed()
		entries := h.run(t, time.Second)
		require.GreaterOrEqual(t, total(entries), 80*time.Second, "the journal knows of all")
	})
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(*camera) {}, func(*camera) {}, func(*camera) {}, func(*camera) {}, func(*camera) {},
			func(*camera) {}, func(*camera) {}, func(*camera) {}, func(c *camera) { c.play(10 * time.Second) }, func(*camera) {})
		h.ReconnectMin, h.ReconnectMax = time.Second, 30*time.Second
		h.run(t, 10*time.Minute)
		require.Len(t, h.in.tries, 11)
		want := time.Second
		for i := range h.in.tries[1:] {
			pause := h.in.tries[i+1].Sub(h.in.tries[i])
			if i == 8 {
				pause -= 10 * time.Second
				want = time.Second // It delivered: the next outage begins anew.
			}
			require.GreaterOrEqual(t, pause, want/2, "pause %d", i)
			require.LessOrEqual(t, pause, want*3/2+20*time.Millisecond, "pause %d", i)
			want = min(2*want, 30*time.Second)
		}
	})
}

// TestNightOfAnOutage counts the lines that an operator reads in the morning.
func TestNightOfAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *camera) { c.play(time.Minute) })
		h.in.refused = fmt.Errorf("dial tcp 192.0.2.7:%d: connect: no route to host", 554)
		h.run(t, 8*time.Hour)
		lines := strings.Count(h.log.String(), "\n")
		require.GreaterOrEqual(t, lines, 45)
		require.LessOrEqual(t, lines, 50)
		require.Greater(t, len(h.in.tries), 700)
	})
}

func TestLastingFaultIsToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *camera) { c.noIDR = true; c.play(time.Hour) })
		h.run(t, time.Hour)
		require.InDelta(t, 6, strings.Count(h.log.String(), "no keyframe"), 1)
		require.Contains(t, h.log.String(), "unsaid=")
	})
}

func TestNothingLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := make([]func(*camera), 100)
		for i := range script {
			script[i] = func(c *camera) { c.play(6 * time.Second) }
		}
		h := newHall(t, script...)
		entries := h.run(t, 15*time.Minute) // The bubble fails where a goroutine is left.
		require.Equal(t, 99, discontinuities(entries))
		require.Len(t, entries, 200)
	})
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t,
			func(c *camera) {
				time.Sleep(5 * time.Second) // No picture yet.
				c.play(20 * time.Second)
				time.Sleep(10 * time.Second) // The source has stopped, the connection has not.
			},
			func(c *camera) { time.Sleep(time.Hour) },
		)
		h.ReconnectMin = 10 * time.Second
		ctx, stop := context.WithCancel(t.Context())
		h.Initialize()
		require.Equal(t, feed.Waiting, h.Status().State)
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		var asking sync.WaitGroup
		asking.Go(func() { // The race detector watches.
			for ctx.Err() == nil {
				_ = h.Status()
				time.Sleep(7 * time.Millisecond)
			}
		})
		began := time.Now()
		<-h.Ready()

		time.Sleep(4 * time.Second)
		s := h.Status()
		require.Equal(t, feed.Waiting, s.State)
		require.Equal(t, began, s.Since)
		require.True(t, s.LastFrame.IsZero())
		require.Equal(t, []feed.TrackStatus{
			{Kind: "video", Codec: "h264", Detail: "1280x720, 25 fps"},
			{Kind: "audio", Codec: "aac", Detail: "48000 Hz"},
		}, s.Tracks)

		time.Sleep(16 * time.Second)
		s = h.Status()
		require.Equal(t, feed.Online, s.State)
		require.Equal(t, began.Add(5*time.Second), s.Since)
		require.InDelta(t, 25, s.FPS, 0.7)
		require.InDelta(t, (1001*24.5+5001*.5+300*46.875)*8, s.Bitrate, 30_000)
		require.WithinDuration(t, time.Now(), s.LastFrame, 50*time.Millisecond)
		require.Equal(t, 3, s.Segments)
		require.Zero(t, s.Restarts)
		require.Empty(t, s.LastError)

		time.Sleep(14 * time.Second) // 34 s: nothing since 25 s
		s = h.Status()
		require.Zero(t, s.Bitrate)
		require.Zero(t, s.FPS)

		time.Sleep(5 * time.Second) // 39 s: the connection ended at 35 s, the next is tried 5 to 15 s later.
		s = h.Status()
		require.Equal(t, feed.Offline, s.State)
		require.Equal(t, began.Add(35*time.Second), s.Since)
		require.Equal(t, 1, s.Restarts)
		require.Equal(t, errUnplugged.Error(), s.LastError)
		require.Nil(t, s.Tracks)

		time.Sleep(20 * time.Second)
		require.Equal(t, feed.Waiting, h.Status().State)
		stop()
		require.NoError(t, <-done)
		asking.Wait()
	})
}

func TestStopsAtOnceWhereTheTimelineDoesNotOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t)
		h.Timeline.Journal = t.TempDir() // A folder where a file should be.
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		h.Initialize()
		err := h.Run(ctx)
		require.ErrorContains(t, err, "read journal")
		require.Contains(t, h.Status().LastError, "read journal")
		require.Equal(t, feed.Offline, h.Status().State)
	})
}
