package limit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/limit"
	"podium.tv/podium/packager/media"
)

// source brings samples as the test says, and ends as inputs do when they are told to.
type source func(ctx context.Context, r input.Receiver) error

func (s source) Run(ctx context.Context, r input.Receiver) error { return s(ctx, r) }
func (source) String() string                                    { return "source" }

type taker struct{ described, samples int }

func (t *taker) Describe([]media.Track) error { t.described++; return nil }
func (t *taker) Sample(int, media.Sample)     { t.samples++ }
func (*taker) Warn(error)                     {}

// bring has so many bytes come each tenth of a second.
func bring(now *time.Time, sizes ...int) source {
	return func(ctx context.Context, r input.Receiver) error {
		for _, size := range sizes {
			for range 10 {
				*now = now.Add(100 * time.Millisecond)
				r.Sample(0, media.Sample{Units: [][]byte{make([]byte, size)}})
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
		return errors.New("left")
	}
}

func TestBitrate(t *testing.T) {
	const at, over = 10_000, 13_000 // bytes in a tenth of a second; the limit is 0.8 Mb/s
	for name, c := range map[string]struct {
		seconds []int
		want    string
	}{
		"at the limit":         {[]int{at, at, at, at, at, at, at, at, at, at}, "left"},
		"a peak":               {[]int{at, 90_000, 90_000, 90_000, at, at, at, at}, "left"},
		"over it and back":     {[]int{over, over, over, over, at, over, over, over, over, at, at}, "left"},
		"over it for too long": {[]int{at, over, over, over, over, over, over, over, over}, "more than it may: 1.0 Mb/s for 5 seconds, at most 0.8 Mb/s"},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
			r := new(taker)
			l := &limit.Input{Input: bring(&now, c.seconds...), Bitrate: 800_000, Now: func() time.Time { return now }}
			err := l.Run(t.Context(), r)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.want == "left", r.samples == 10*len(c.seconds))
			require.Equal(t, c.want != "left", errors.Is(err, input.ErrTooMuch))
		})
	}
}

func TestTracks(t *testing.T) {
	r := new(taker)
	l := &limit.Input{Input: source(func(_ context.Context, r input.Receiver) error {
		return errors.Join(r.Describe(make([]media.Track, 2)), r.Describe(make([]media.Track, 3)))
	}), Tracks: 2}
	err := l.Run(t.Context(), r)
	require.ErrorIs(t, err, input.ErrTooMuch)
	require.ErrorContains(t, err, "3 tracks, at most 2 are allowed")
	require.Equal(t, 1, r.described)
	_, ok := l.Network()
	require.False(t, ok)
}

type metered struct{ source }

func (metered) Network() (input.Network, bool) { return input.Network{Lost: 7}, true }

func TestTheInputsFiguresAreSeen(t *testing.T) {
	n, ok := (&limit.Input{Input: metered{}}).Network()
	require.True(t, ok)
	require.Equal(t, uint64(7), n.Lost)
}
