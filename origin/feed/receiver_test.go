package feed_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
)

// TestStamps runs a camera for a while whose stamps do what those of real ones do.
func TestStamps(t *testing.T) {
	for name, test := range map[string]struct {
		script func(c *camera)
		lasts  time.Duration // default 1 min
		discs  int
		least  time.Duration // of media, default 55 s
		logged []string
		check  func(t *testing.T, entries []timeline.Entry)
	}{
		"normal": {
			script: func(c *camera) { c.play(time.Minute) },
			check: func(t *testing.T, entries []timeline.Entry) {
				for i := range entries[:len(entries)-1] {
					require.Equal(t, 4*time.Second, entries[i].Duration)
					require.True(t, entries[i].Independent)
					require.Positive(t, entries[i].Tracks[1].Length)
				}
			},
		},
		"stamps jump back 20 s": {
			script: func(c *camera) { c.play(21 * time.Second); c.clock = -20 * time.Second; c.play(39 * time.Second) },
			discs:  1,
		},
		"stamps jump forward 1 h": {
			script: func(c *camera) { c.play(21 * time.Second); c.clock = time.Hour; c.play(39 * time.Second) },
			discs:  1,
		},
		"stamps wrap at 32 bits": {
			script: func(c *camera) {
				c.clock = media.Duration(1<<32, 90000) - 20*time.Second
				c.play(20 * time.Second)
				c.clock -= media.Duration(1<<32, 90000)
				c.play(40 * time.Second)
			},
			discs: 1,
		},
		"sound jumps before the picture": {
			script: func(c *camera) {
				c.play(21 * time.Second)
				c.audio = time.Hour
				c.play(400 * time.Millisecond)
				c.clock, c.audio = time.Hour, 0
				c.play(38600 * time.Millisecond)
			},
			discs:  1,
			logged: []string{"track 2 is stamped"},
		},
		"sound's clock is another": {
			script: func(c *camera) { c.audio = -time.Hour; c.play(time.Minute) },
			check:  withSound,
			logged: []string{"track 2 is stamped -1h0m0", "both should be of one clock"},
		},
		"sound alone jumps": {
			script: func(c *camera) { c.play(21 * time.Second); c.audio = -time.Hour; c.play(39 * time.Second) },
			check:  withSound,
		},
		"small jitter": {
			script: func(c *camera) {
				for i := range 30 {
					c.video = time.Duration(i%3-1) * 50 * time.Millisecond
					c.play(2 * time.Second)
				}
			},
			check: withSound,
		},
		"sound is silent for 3 s": {
			script: func(c *camera) {
				c.play(21 * time.Second)
				c.sound = false
				c.play(3 * time.Second)
				c.sound, c.heard = true, media.FromDuration(c.at, 48000)
				c.play(36 * time.Second)
			},
		},
		"sound is silent for 20 s": {
			script: func(c *camera) {
				c.play(21 * time.Second)
				c.sound = false
				c.play(20 * time.Second)
				c.sound, c.heard = true, media.FromDuration(c.at, 48000)
				c.play(19 * time.Second)
			},
			discs: 1,
			check: func(t *testing.T, entries []timeline.Entry) {
				silent := 0
				for i := range entries {
					if entries[i].Tracks[1].Length == 0 {
						silent++
					}
				}
				require.GreaterOrEqual(t, silent, 3)
				require.LessOrEqual(t, silent, 5)
			},
		},
		"frames are lost for 3 s": {
			script: func(c *camera) { c.play(22 * time.Second); c.pause(3 * time.Second); c.play(35 * time.Second) },
		},
		"nothing for 10 h": {
			script: func(c *camera) { c.play(22 * time.Second); c.pause(10 * time.Hour); c.play(38 * time.Second) },
			lasts:  10*time.Hour + time.Minute,
			discs:  1,
			check:  tenHours,
		},
		"the source stands still for 10 h": {
			script: func(c *camera) { c.play(22 * time.Second); time.Sleep(10 * time.Hour); c.play(38 * time.Second) },
			lasts:  10*time.Hour + time.Minute,
			discs:  1,
			check:  tenHours,
		},
		"the source stands still for 5 s": {
			script: func(c *camera) { c.play(70 * time.Second); time.Sleep(5 * time.Second); c.play(45 * time.Second) },
			lasts:  2 * time.Minute,
			least:  110 * time.Second,
			discs:  1,
			logged: []string{"pictures come 5s off"},
		},
		"the network holds 5 s back": {
			script: func(c *camera) {
				c.play(70 * time.Second)
				time.Sleep(5 * time.Second)
				for range 125 { // Sent all at once.
					c.frame()
				}
				c.play(45 * time.Second)
			},
			lasts: 2 * time.Minute,
			least: 110 * time.Second,
		},
		"parameters change": {
			script: func(c *camera) {
				c.play(21 * time.Second)
				tracks := append([]media.Track(nil), c.tracks...)
				if codec, ok := tracks[0].Codec.(*media.H264); ok {
					pps := append([]byte(nil), codec.PPS...)
					pps[len(pps)-1] ^= 4
					tracks[0].Codec = &media.H264{SPS: codec.SPS, PPS: pps}
				}
				_ = c.r.Describe(tracks)
				c.frames = 0
				c.play(39 * time.Second)
			},
			discs: 1,
			check: func(t *testing.T, entries []timeline.Entry) {
				inits := map[string]int{}
				for i := range entries {
					inits[entries[i].Init]++
					if i > 0 && entries[i].Init != entries[i-1].Init {
						require.True(t, entries[i].Discontinuity)
					}
				}
				require.Len(t, inits, 2)
			},
		},
		"the same parameters again": {
			script: func(c *camera) { c.play(21 * time.Second); _ = c.r.Describe(c.tracks); c.play(39 * time.Second) },
		},
		"no keyframe": {
			script: func(c *camera) { c.noIDR = true; c.play(time.Minute) },
			least:  -1,
			logged: []string{"no keyframe: set the encoder's keyframe interval to 2 s"},
		},
		"one keyframe and no more": {
			script: func(c *camera) { c.gop = 1 << 30; c.play(time.Minute) },
			logged: []string{"keyframes too far apart"},
			check: func(t *testing.T, entries []timeline.Entry) {
				require.True(t, entries[0].Independent)
				require.False(t, entries[1].Independent)
				for i := range entries {
					require.LessOrEqual(t, entries[i].Duration, 8*time.Second)
				}
			},
		},
		"empty units and wild tracks": {
			script: func(c *camera) {
				c.r.Sample(0, media.Sample{Sync: true})
				c.r.Sample(0, media.Sample{Sync: true, Units: [][]byte{{}}})
				c.r.Sample(-1, media.Sample{Units: [][]byte{{1}}})
				c.r.Sample(7, media.Sample{Units: [][]byte{{1}}})
				c.r.Sample(1, media.Sample{DTS: -1 << 62, PTS: 1 << 62, Units: [][]byte{{1}}})
				c.play(time.Minute)
			},
		},
		"stamps at the ends of their range": {
			script: func(c *camera) {
				c.play(20 * time.Second)
				for _, wild := range []int64{1 << 62, -1 << 62, 1<<63 - 1, -1 << 63} {
					c.r.Sample(0, media.Sample{DTS: wild, PTS: wild, Sync: true, Units: [][]byte{{0x65, 1}}})
					c.r.Sample(1, media.Sample{DTS: wild, PTS: wild, Sync: true, Units: [][]byte{{0x21}}})
				}
				c.frames = 0
				c.play(40 * time.Second)
			},
			discs: -1,
		},
		"stamps begin far below zero": {
			script: func(c *camera) { c.clock = -100 * time.Hour; c.play(time.Minute) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHall(t, test.script)
				if test.lasts == 0 {
					test.lasts = time.Minute
				}
				if test.least == 0 {
					test.least = 55 * time.Second
				}
				began := time.Now()
				entries := h.run(t, test.lasts+time.Second/2)
				require.GreaterOrEqual(t, total(entries), test.least, h.log)
				if test.discs >= 0 {
					require.Equal(t, test.discs, discontinuities(entries), h.log)
				}
				for _, line := range test.logged {
					require.Contains(t, h.log.String(), line)
				}
				for i := range entries {
					// Honest dates: nothing is dated before it was sent or long after.
					require.False(t, entries[i].Start.Before(began.Add(-time.Second)), "%v", entries[i].Start)
					require.False(t, entries[i].End().After(time.Now().Add(time.Second)), "%v", entries[i].End())
				}
				if test.check != nil {
					test.check(t, entries)
				}
			})
		})
	}
}

// withSound says that no segment lost its sound.
func withSound(t *testing.T, entries []timeline.Entry) {
	t.Helper()
	for i := range entries {
		require.Positive(t, entries[i].Tracks[1].Length, "segment %d", i)
	}
}

func tenHours(t *testing.T, entries []timeline.Entry) {
	t.Helper()
	for i := range entries[1:] {
		if gap := entries[i+1].Start.Sub(entries[i].End()); entries[i+1].Discontinuity {
			require.InDelta(t, 10*time.Hour, gap, float64(2500*time.Millisecond))
		}
	}
}

func TestEpochOfMoreThanADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, func(c *camera) {
			c.fps, c.gop, c.sound = 1, 30, false
			c.play(25 * time.Hour)
		})
		h.in.tracks = h.in.tracks[:1]
		h.Target = 30 * time.Second
		h.Timeline.Recent = 100 * time.Hour
		entries := h.run(t, 25*time.Hour)
		require.Equal(t, 1, discontinuities(entries))
		require.InDelta(t, 25*time.Hour, total(entries), float64(2*time.Minute))
	})
}

func TestSenderClock(t *testing.T) {
	for name, test := range map[string]struct {
		wall   func(began time.Time) func(now time.Time) time.Time
		source feed.WallClock
		off    time.Duration // of the first segment's date
		warns  int
	}{
		"arrival is asked for": {
			wall:   func(time.Time) func(time.Time) time.Time { return ahead(3 * time.Second) },
			source: feed.Arrival,
		},
		"3 s ahead": {
			wall:   func(time.Time) func(time.Time) time.Time { return ahead(3 * time.Second) },
			source: feed.Sender, off: 3 * time.Second,
		},
		"3 s behind": {
			wall:   func(time.Time) func(time.Time) time.Time { return ahead(-3 * time.Second) },
			source: feed.Sender, off: -3 * time.Second,
		},
		"1 h off": {
			wall:   func(time.Time) func(time.Time) time.Time { return ahead(time.Hour) },
			source: feed.Sender, warns: 1,
		},
		"none": {source: feed.Sender},
		"known after 2 s": {
			wall: func(began time.Time) func(time.Time) time.Time {
				return func(now time.Time) time.Time {
					if now.Sub(began) < 2*time.Second {
						return time.Time{}
					}
					return now.Add(3 * time.Second)
				}
			},
			source: feed.Sender, off: 3 * time.Second,
		},
		"drifts by 80 ppm": {
			wall: func(began time.Time) func(time.Time) time.Time {
				return func(now time.Time) time.Time { return now.Add(now.Sub(began) * 80 / 1e6) }
			},
			source: feed.Sender,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				h := newHall(t, func(c *camera) {
					if test.wall != nil {
						c.wall = test.wall(began)
					}
					c.play(10 * time.Minute)
				})
				h.Wall = test.source
				entries := h.run(t, 10*time.Minute)
				require.Zero(t, discontinuities(entries))
				// The first picture is shown one frame after it is sent.
				require.WithinDuration(t, began.Add(test.off), entries[0].Start, 50*time.Millisecond)
				require.Equal(t, test.warns, strings.Count(h.log.String(), "sender's clock is"), h.log)
				for i := range entries[1:] {
					step := entries[i+1].Start.Sub(entries[i].End())
					require.LessOrEqual(t, step.Abs(), entries[i].Duration/10000+2*time.Microsecond, "faster than 0.1 ms a second")
				}
				last := &entries[len(entries)-1]
				if name == "drifts by 80 ppm" {
					require.Greater(t, last.End().Sub(entries[0].Start)-total(entries), 35*time.Millisecond, "the drift is followed")
				}
			})
		})
	}
}

func ahead(d time.Duration) func(time.Time) time.Time {
	return func(now time.Time) time.Time { return now.Add(d) }
}

func TestSystemClockIsSet(t *testing.T) {
	for name, step := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var off atomic.Int64
				h := newHall(t, func(c *camera) { c.play(2 * time.Minute); off.Store(int64(step)); c.play(2 * time.Minute) })
				h.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
				entries := h.run(t, 4*time.Minute)
				// requireStrict has seen that no date came twice.
				require.Equal(t, 1, discontinuities(entries))
				require.Greater(t, total(entries), 235*time.Second)
			})
		})
	}
}

func TestDescribeRefuses(t *testing.T) {
	good := lecture(t)
	for name, test := range map[string]struct {
		tracks []media.Track
		want   string
	}{
		"nothing":      {nil, "no track"},
		"too many":     {make([]media.Track, 9), "9 tracks, at most 8"},
		"no timescale": {[]media.Track{{Codec: good[0].Codec}}, "track 1 has no timescale"},
		"no codec":     {[]media.Track{good[0], {Timescale: 48000}}, "track 2 has no timescale or codec"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHall(t, func(c *camera) {})
				h.in.tracks = test.tracks
				require.Empty(t, h.run(t, 5*time.Second))
				require.Contains(t, h.log.String(), test.want)
			})
		})
	}
}
