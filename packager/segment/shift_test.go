package segment_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/segment"
)

func chunks(times ...int64) []byte {
	var out []byte
	for n, at := range times {
		out = segment.AppendFragment(out, uint32(n+1), &videoTrack, []segment.Piece{
			{DTS: at, Offset: 3600, Duration: 1800, Sync: n == 0, Units: [][]byte{{1, 2, 3}}},
			{DTS: at + 1800, Duration: 1800, Units: [][]byte{{4, 5}}},
		})
	}
	return out
}

func TestShiftedMovesEachChunk(t *testing.T) {
	in := chunks(900000, 903600, 1<<40)
	before := bytes.Clone(in)
	out, err := segment.AppendShifted([]byte("head"), in, -900000)
	require.NoError(t, err)
	require.Equal(t, before, in, "the stored bytes are others' as well")
	require.Equal(t, append([]byte("head"), chunks(0, 3600, 1<<40-900000)...), out)

	same, err := segment.AppendShifted(nil, in, 0)
	require.NoError(t, err)
	require.Equal(t, in, same)
}

// TestShiftedKeepsToShortTimes shifts a tfdt box of version 0, whose times have 32 bits.
func TestShiftedKeepsToShortTimes(t *testing.T) {
	short := chunks(900000)
	at := bytes.Index(short, []byte("tfdt"))
	short[at+4] = 0
	binary.BigEndian.PutUint32(short[at+8:], 900000)
	out, err := segment.AppendShifted(nil, short, 90)
	require.NoError(t, err)
	require.EqualValues(t, 900090, binary.BigEndian.Uint32(out[at+8:]))
	for _, ticks := range []int64{-900001, math.MaxUint32, math.MinInt64, math.MaxInt64} {
		_, err = segment.AppendShifted(nil, short, ticks)
		require.ErrorIs(t, err, segment.ErrTime)
	}
}

func TestShiftedRefuses(t *testing.T) {
	good := chunks(900000)
	for name, c := range map[string]struct {
		in    []byte
		ticks int64
		want  error
	}{
		"a time before zero":  {good, -900001, segment.ErrTime},
		"a time without end":  {good, 1 << 61, segment.ErrTime},
		"the least of shifts": {good, math.MinInt64, segment.ErrTime},
		"a box cut off":       {good[:len(good)-1], 1, segment.ErrBadFragment},
		"no box":              {[]byte("moof"), 1, segment.ErrBadFragment},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := segment.AppendShifted([]byte("head"), c.in, c.ticks)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, "head", string(out))
		})
	}
}

// TestShiftedReadsAsShifted shifts there and back and finds what was.
func TestShiftedReadsAsShifted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		at := rapid.Int64Range(0, 1<<50).Draw(rt, "at")
		in := chunks(at, at+3600)
		ticks := rapid.Int64Range(-at, 1<<50).Draw(rt, "ticks")
		out, err := segment.AppendShifted(nil, in, ticks)
		require.NoError(rt, err)
		want, err := collect(in)
		require.NoError(rt, err)
		got, err := collect(out)
		require.NoError(rt, err)
		for i := range want {
			want[i].DTS += ticks
		}
		require.Equal(rt, want, got)
		back, err := segment.AppendShifted(nil, out, -ticks)
		require.NoError(rt, err)
		require.Equal(rt, in, back)
	})
}

func TestShiftedTakesNoMemoryOfItsOwn(t *testing.T) {
	in := chunks(900000, 903600)
	dst := make([]byte, 0, len(in))
	require.Zero(t, testing.AllocsPerRun(10, func() { dst, _ = segment.AppendShifted(dst[:0], in, 90) }))
}

func FuzzAppendShifted(f *testing.F) {
	f.Add(chunks(900000), int64(1))
	f.Add(chunks(900000, 903600), int64(-900000))
	f.Add(append(chunks(1), 0, 0, 0, 8, 'f', 'r', 'e', 'e'), int64(1<<40))
	f.Fuzz(func(t *testing.T, in []byte, ticks int64) {
		out, err := segment.AppendShifted(nil, in, ticks)
		if err != nil {
			require.True(t, errors.Is(err, segment.ErrTime) || errors.Is(err, segment.ErrBadFragment))
			return
		}
		require.Len(t, out, len(in))
	})
}
