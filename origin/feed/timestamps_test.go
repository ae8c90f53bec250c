package feed_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// encoder sends pictures and sound in real time, each with the instant at which it was made in its bytes, so that what is stored
// tells how far sound and picture are apart. Its stamps are what tests make of them.
type encoder struct {
	*camera

	dts     func(at time.Duration, n int) time.Duration // of the picture made at that instant, the n-th
	sounds  func(at time.Duration) time.Duration        // stamp of the sound made then
	reorder []int                                       // by how many frames the pictures of a mini GOP are shown later than decoded
	late    time.Duration                               // PTS-DTS besides
	rate    float64                                     // of the sound card against the real time
	lump    time.Duration                               // of sound that is sent at once
	lag     time.Duration                               // that sound is sent late
	made    int64                                       // frames of sound
	n       int                                         // pictures
}

func newEncoder(c *camera) *encoder {
	return &encoder{
		camera: c, rate: 1, late: 40 * time.Millisecond, reorder: []int{0},
		dts:    func(at time.Duration, _ int) time.Duration { return at },
		sounds: func(at time.Duration) time.Duration { return at },
	}
}

func stamped(head byte, size int, at time.Duration) [][]byte {
	unit := make([]byte, size)
	unit[0] = head
	binary.BigEndian.PutUint64(unit[1:], uint64(at))
	return [][]byte{unit}
}

// send sends d of both.
func (e *encoder) send(d time.Duration) {
	interval := time.Second / time.Duration(e.fps)
	for end := e.at + d; e.at < end && e.ctx.Err() == nil; {
		e.pictureOf()
		time.Sleep(interval)
		e.at += interval
		e.soundUntil()
	}
}

func (e *encoder) pictureOf() {
	key := e.frames%e.gop == 0 && !e.noIDR
	head, size := byte(0x41), 60
	if key {
		head, size = 0x65, 400
	}
	dts := e.dts(e.at, e.n)
	pts := dts + e.late + time.Duration(e.reorder[e.frames%len(e.reorder)])*time.Second/time.Duration(e.fps)
	e.frames++
	e.n++
	e.r.Sample(0, media.Sample{
		DTS: media.FromDuration(dts, 90000), PTS: media.FromDuration(pts, 90000), Sync: key, Units: stamped(head, size, e.at),
	})
}

// soundUntil sends the sound that was made by now. A frame holds 1,024 samples, whatever time the sound card takes for them.
func (e *encoder) soundUntil() {
	if e.lump > 0 && e.at%e.lump != 0 {
		return
	}
	for {
		at := time.Duration(float64(media.Duration(e.made*1024, 48000)) / e.rate)
		if at >= e.at-e.lag {
			return
		}
		stamp := media.FromDuration(e.sounds(media.Duration(e.made*1024, 48000)), 48000)
		e.made++
		if e.sound {
			e.r.Sample(1, media.Sample{DTS: stamp, PTS: stamp, Sync: true, Units: stamped(0x21, 40, at)})
		}
	}
}

// rest lets time go by in which neither comes, while their clocks go on.
func (e *encoder) rest(d time.Duration) {
	time.Sleep(d)
	e.at += d
	e.made = int64(float64(media.FromDuration(e.at, 48000))*e.rate) / 1024
}

// jump sets both clocks.
func (e *encoder) jump(by time.Duration) {
	e.dts = func(at time.Duration, _ int) time.Duration { return at + by }
	e.sounds = func(at time.Duration) time.Duration { return at + by }
}

// TestTimestamps has what is wrong with real sources' stamps go through receiver and segmenter, and looks at what is recorded.
func TestTimestamps(t *testing.T) {
	const wrap33 = time.Duration(1<<33) * time.Second / 90000
	for name, test := range map[string]struct {
		script func(e *encoder)
		lasts  time.Duration // default 1 min
		discs  int
		lost   time.Duration // of media at most; default 40 ms
		apart  time.Duration // sound from picture at most; default 60 ms, -1 for any
		clicks int           // at most, where it is looked at
		check  func(t *testing.T, entries []timeline.Entry)
	}{
		"sane": {script: func(e *encoder) { e.send(time.Minute) }, clicks: 1},
		"stamps fall by 2^33, which was not unwrapped": {
			script: func(e *encoder) {
				e.jump(wrap33 - 21*time.Second)
				e.send(21 * time.Second)
				e.jump(-21 * time.Second)
				e.send(39 * time.Second)
			},
			discs: 1, lost: 2 * time.Second, check: withSound,
		},
		"stamps rise by 2^33": {
			script: func(e *encoder) { e.send(21 * time.Second); e.jump(wrap33); e.send(39 * time.Second) },
			discs:  1, lost: 2 * time.Second, check: withSound,
		},
		"stamps restart at zero": {
			script: func(e *encoder) {
				e.jump(100 * time.Hour)
				e.send(21 * time.Second)
				e.jump(-e.at)
				e.frames = 0
				e.send(39 * time.Second)
			},
			discs: 1,
		},
		"back 20 s": {
			script: func(e *encoder) { e.send(21 * time.Second); e.jump(-20 * time.Second); e.send(39 * time.Second) },
			discs:  1, lost: 2 * time.Second, check: withSound,
		},
		"forward an hour": {
			script: func(e *encoder) { e.send(21 * time.Second); e.jump(time.Hour); e.send(39 * time.Second) },
			discs:  1, lost: 2 * time.Second, check: withSound,
		},
		"jitter of 20 ms": {
			script: func(e *encoder) { e.dts = jitter(20 * time.Millisecond); e.send(time.Minute) }, lost: 80 * time.Millisecond, apart: 90 * time.Millisecond,
		},
		"jitter of 50 ms, so that stamps fall back": {
			script: func(e *encoder) { e.dts = jitter(50 * time.Millisecond); e.send(time.Minute) },
			lost:   150 * time.Millisecond, apart: 160 * time.Millisecond,
		},
		"equal stamps": {
			script: func(e *encoder) {
				e.dts = func(at time.Duration, n int) time.Duration { return at - time.Duration(n%2)*40*time.Millisecond }
				e.send(time.Minute)
			},
			lost: 90 * time.Millisecond, apart: 90 * time.Millisecond,
		},
		"shown before they are decoded": {
			script: func(e *encoder) { e.late = -time.Second; e.send(time.Minute) },
		},
		"shown an hour after they are decoded": {
			script: func(e *encoder) { e.send(21 * time.Second); e.late = time.Hour; e.send(39 * time.Second) },
			lost:   3 * time.Second, discs: -1, apart: -1,
		},
		"interlaced, with pictures that are reordered": {
			script: func(e *encoder) {
				e.gop, e.reorder = 48, []int{1, 3, 0, 0} // I P B B, as its DTS were given.
				e.send(time.Minute)
			},
		},
		"sound drifts by 100 ppm for an hour": {
			script: func(e *encoder) { e.fps, e.gop, e.rate = 10, 20, 1.0001; e.send(time.Hour) },
			lasts:  time.Hour, lost: 120 * time.Millisecond, apart: 150 * time.Millisecond, clicks: 4,
		},
		"sound drifts by -1 %": {
			script: func(e *encoder) { e.rate = 0.99; e.send(6 * time.Minute) },
			lasts:  6 * time.Minute, apart: 250 * time.Millisecond, clicks: 40,
		},
		"sound drifts by 1 %": {
			script: func(e *encoder) { e.rate = 1.01; e.send(6 * time.Minute) },
			lasts:  6 * time.Minute, apart: 250 * time.Millisecond, clicks: 40,
		},
		"sound comes in lumps of 2 s": {
			script: func(e *encoder) { e.lump = 2 * time.Second; e.send(5 * time.Minute) },
			lasts:  5 * time.Minute, clicks: 1,
		},
		"sound comes later from now on, and is right": {
			script: func(e *encoder) { e.send(time.Minute); e.lag = 300 * time.Millisecond; e.send(2 * time.Minute) },
			lasts:  3 * time.Minute, clicks: 1,
		},
		"sound is stamped 5 s early": {
			script: func(e *encoder) {
				e.sounds = func(at time.Duration) time.Duration { return at - 5*time.Second }
				e.send(time.Minute)
			},
			check: withSound,
		},
		"sound is stamped 5 s late": {
			script: func(e *encoder) {
				e.sounds = func(at time.Duration) time.Duration { return at + 5*time.Second }
				e.send(time.Minute)
			},
			check: withSound,
		},
		"sound is stamped half a second early, and is right": {
			script: func(e *encoder) {
				e.sounds = func(at time.Duration) time.Duration { return at - 500*time.Millisecond }
				e.send(time.Minute)
			},
			check: withSound, apart: 560 * time.Millisecond,
		},
		"no sound for half a second": {script: gap(500 * time.Millisecond), check: withSound},
		"no sound for 3 s":           {script: gap(3 * time.Second), check: withSound},
		"no sound for 30 s":          {script: gap(30 * time.Second), discs: 1, lost: 2 * time.Second},
		"sound that was declared never comes": {
			script: func(e *encoder) { e.sound = false; e.send(time.Minute) },
			check: func(t *testing.T, entries []timeline.Entry) {
				for i := range entries {
					require.Zero(t, entries[i].Tracks[1].Length)
				}
			},
		},
		"the picture becomes another size": {
			script: func(e *encoder) { e.send(20 * time.Second); e.change(); e.send(40 * time.Second) },
			discs:  1, check: twoInits,
		},
		"H.264 becomes H.265": {
			script: func(e *encoder) {
				e.send(20 * time.Second)
				tracks := append([]media.Track(nil), e.tracks...)
				tracks[0].Codec = &media.H265{VPS: []byte{0x40, 1}, SPS: []byte{0x42, 1}, PPS: []byte{0x44, 1}}
				_ = e.r.Describe(tracks)
				e.send(40 * time.Second)
			},
			discs: 1, check: twoInits,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var e *encoder
				h := newHall(t, func(c *camera) { e = newEncoder(c); test.script(e) })
				if test.lasts == 0 {
					test.lasts = time.Minute
				}
				entries := h.run(t, test.lasts+time.Second/2)
				if test.discs >= 0 {
					require.Equal(t, test.discs, discontinuities(entries), h.log)
				}
				lost := max(test.lost, 45*time.Millisecond)
				require.InDelta(t, test.lasts, total(entries), float64(lost), h.log)
				requireRules(t, entries, 8*time.Second)
				if test.apart >= 0 {
					require.LessOrEqual(t, h.apart(t, entries), max(test.apart, 60*time.Millisecond))
				}
				if test.clicks > 0 {
					require.LessOrEqual(t, h.clicks(t, entries), test.clicks)
				}
				if test.check != nil {
					test.check(t, entries)
				}
			})
		})
	}
}

func jitter(most time.Duration) func(time.Duration, int) time.Duration {
	r := rand.New(rand.NewPCG(1, 2))
	return func(at time.Duration, _ int) time.Duration { return at + most - rand2(r, 2*most) }
}

func rand2(r *rand.Rand, n time.Duration) time.Duration { return time.Duration(r.Int64N(int64(n) + 1)) }

func gap(d time.Duration) func(e *encoder) {
	return func(e *encoder) {
		e.send(21 * time.Second)
		e.sound = false
		e.send(d)
		e.sound = true
		e.send(39*time.Second - d)
	}
}

// change describes other parameters of the picture.
func (e *encoder) change() {
	tracks := append([]media.Track(nil), e.tracks...)
	if codec, ok := tracks[0].Codec.(*media.H264); ok {
		pps := append([]byte(nil), codec.PPS...)
		pps[len(pps)-1] ^= 4
		tracks[0].Codec = &media.H264{SPS: codec.SPS, PPS: pps}
	}
	_ = e.r.Describe(tracks)
	e.frames, e.tracks = 0, tracks
}

func twoInits(t *testing.T, entries []timeline.Entry) {
	t.Helper()
	inits := map[string]bool{}
	for i := range entries {
		inits[entries[i].Init] = true
	}
	require.Len(t, inits, 2)
}

// requireRules checks what every timeline holds to, whatever came in: order, dates that do not fall back, durations.
func requireRules(t require.TestingT, entries []timeline.Entry, most time.Duration) {
	for i := range entries {
		e := &entries[i]
		require.Positive(t, e.Duration, "segment %d", i)
		require.LessOrEqual(t, e.Duration, most+time.Second/10, "segment %d", i)
		if i == 0 {
			continue
		}
		before := &entries[i-1]
		require.Equal(t, before.Seq+1, e.Seq)
		require.False(t, e.Start.Before(before.Start), "segment %d is dated %s, the one before %s", i, e.Start, before.Start)
		if !e.Discontinuity {
			require.InDelta(t, before.End().UnixMicro(), e.Start.UnixMicro(), 2000, "segment %d", i)
			require.Equal(t, before.Init, e.Init)
		}
	}
}

// clicks counts how often the frames of sound do not follow one another.
func (h *hall) clicks(t *testing.T, entries []timeline.Entry) int {
	t.Helper()
	n, next := 0, int64(0)
	for i := range entries {
		e := &entries[i]
		body, err := h.store.Get(t.Context(), e.Object, e.Tracks[1].Offset, e.Tracks[1].Length)
		require.NoError(t, err)
		require.NoError(t, segment.Samples(body, func(s segment.StoredSample) error {
			if off := s.DTS - next; next != 0 && max(off, -off) > 2 || s.Duration < 1022 || s.Duration > 1026 {
				n++ // Stamps are rounded.
			}
			next = s.DTS + int64(s.Duration)
			return nil
		}))
	}
	return n
}

// apart is how far sound and picture that were made at the same instant are put out apart at most.
func (h *hall) apart(t *testing.T, entries []timeline.Entry) time.Duration {
	t.Helper()
	var most time.Duration
	for i := range entries {
		e := &entries[i]
		if e.Tracks[1].Length == 0 {
			continue
		}
		var off [2]time.Duration
		for n, track := range []struct {
			scale, at int
		}{{90000, 5}, {48000, 1}} { // A picture's unit has its length in front.
			body, err := h.store.Get(t.Context(), e.Object, e.Tracks[n].Offset, e.Tracks[n].Length)
			require.NoError(t, err)
			sum, count := time.Duration(0), 0
			require.NoError(t, segment.Samples(body, func(s segment.StoredSample) error {
				sum += media.Duration(s.DTS, track.scale) - time.Duration(binary.BigEndian.Uint64(s.Data[track.at:]))
				count++
				return nil
			}))
			off[n] = sum / time.Duration(max(count, 1))
		}
		most = max(most, (off[0] - off[1]).Abs())
	}
	return most
}

// TestThisMachinesClock steps it, or lets it stand.
func TestThisMachinesClock(t *testing.T) {
	for name, test := range map[string]struct {
		step  time.Duration
		stops bool
		discs int
	}{
		"forward 1 s": {step: time.Second},
		"back 1 s":    {step: -time.Second},
		"forward 1 h": {step: time.Hour, discs: 1},
		"back 1 h":    {step: -time.Hour, discs: 1},
		"it stands":   {stops: true, discs: -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var off atomic.Int64
				var stands atomic.Bool
				h := newHall(t, func(c *camera) {
					e := newEncoder(c)
					e.send(90 * time.Second)
					off.Store(int64(test.step))
					stands.Store(test.stops)
					e.send(150 * time.Second)
				})
				stood := time.Now().Add(90 * time.Second)
				h.Now = func() time.Time {
					if stands.Load() {
						return stood
					}
					return time.Now().Add(time.Duration(off.Load()))
				}
				entries := h.run(t, 4*time.Minute)
				requireRules(t, entries, 8*time.Second)
				require.Greater(t, total(entries), 232*time.Second)
				if test.discs >= 0 {
					require.Equal(t, test.discs, discontinuities(entries), h.log)
				}
			})
		})
	}
}

// TestAnyFaults puts faults one after the other as they come.
func TestAnyFaults(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		faults := rapid.SliceOfN(rapid.IntRange(0, 15), 1, 12).Draw(rt, "faults")
		lasts := rapid.SliceOfN(rapid.IntRange(1, 9000), len(faults), len(faults)).Draw(rt, "milliseconds")
		var entries []timeline.Entry
		synctest.Test(t, func(t *testing.T) {
			var off atomic.Int64
			h := newHall(t, func(c *camera) {
				e := newEncoder(c)
				e.fps, e.gop = 10, 20
				for i, f := range faults {
					e.fault(f, &off)
					e.send(time.Duration(lasts[i]) * time.Millisecond)
				}
			})
			h.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
			ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
			defer stop()
			h.Initialize()
			require.NoError(t, h.Run(ctx))
			entries = h.Timeline.Tail().Entries
		})
		requireRules(rt, entries, 8*time.Second)
	})
}

// fault changes something that stays so.
func (e *encoder) fault(n int, wall *atomic.Int64) {
	switch n {
	case 0:
		e.jump(-20 * time.Second)
	case 1:
		e.jump(time.Hour)
	case 2:
		e.jump(-e.at)
	case 3:
		e.jump(500 * time.Millisecond)
	case 4:
		e.dts = jitter(100 * time.Millisecond)
	case 5:
		e.dts = func(at time.Duration, n int) time.Duration { return at.Truncate(time.Second) }
	case 6:
		e.late = -time.Second
	case 7:
		e.late = time.Hour
	case 8:
		e.sounds = func(at time.Duration) time.Duration { return at * 3 }
	case 9:
		e.sound = !e.sound
	case 10:
		e.rest(6 * time.Second)
	case 11:
		time.Sleep(7 * time.Second)
	case 12:
		e.change()
	case 13:
		e.gop = 1 << 20
	case 14:
		wall.Add(int64(time.Hour))
	case 15:
		wall.Add(-int64(90 * time.Second))
	}
}
