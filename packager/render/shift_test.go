package render_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

func TestShiftIsTheSameInBothForms(t *testing.T) {
	for _, name := range clips {
		for _, d := range []time.Duration{0, time.Second, -9500 * time.Millisecond, 123456789 * time.Microsecond, 30 * 24 * time.Hour} {
			t.Run(name+" "+d.String(), func(t *testing.T) {
				c := readClip(t, name)
				fragments := c.cut()[0]
				before := make([][]byte, len(fragments))
				shifted := make([][]byte, len(fragments))
				for i := range fragments {
					before[i] = bytes.Clone(fragments[i])
					var err error
					shifted[i], err = render.Shift(nil, fragments[i], &c.init.Tracks[i], d)
					require.NoError(t, err)
				}
				plain, counters, err := render.TS(nil, c.init, fragments, timeline.Counters{})
				require.NoError(t, err)
				ts, next, err := render.TSWith(nil, c.init, fragments, render.TSOptions{Shift: d})
				require.NoError(t, err)
				require.Equal(t, counters, next)
				require.Equal(t, before, fragments)
				require.Len(t, ts, len(plain))

				clock := 0x100 + c.init.Leading()
				want, got := tsRules(t, parsePackets(t, plain), clock), tsRules(t, parsePackets(t, ts), clock)
				other, _, err := render.TS(nil, c.init, shifted, timeline.Counters{})
				require.NoError(t, err)
				stored := tsRules(t, parsePackets(t, other), clock)
				ticks := media.FromDuration(d, 90000)
				for pid := range want {
					for i, p := range want[pid] {
						require.Equal(t, (p.pts+ticks)&(1<<33-1), got[pid][i].pts)
						require.Equal(t, (p.dts+ticks)&(1<<33-1), got[pid][i].dts)
						require.Equal(t, p.data, got[pid][i].data)
						require.InDelta(t, stored[pid][i].pts, got[pid][i].pts, 3, "both forms show it at one time")
					}
				}
			})
		}
	}
}

func TestShiftRefusesTimesBeforeZero(t *testing.T) {
	c := readClip(t, "mp2.ts")
	_, err := render.Shift(nil, c.cut()[0][0], &c.init.Tracks[0], -time.Minute)
	require.ErrorIs(t, err, segment.ErrTime)
	_, err = render.Shift(nil, nil, &media.Track{ID: 1}, time.Second)
	require.ErrorIs(t, err, render.ErrTracks)
}
