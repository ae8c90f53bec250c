package mpegts_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/origin/input/mpegts"
)

// av is a stream of pictures and sound.
func av(t testing.TB, more ...string) []byte {
	return encode(t, picture, tone, x264, words("-c:a", "aac", "-t", "2"), more)
}

// TestCuts holds the demuxer to giving the same whatever writes the bytes come in, garbage in between and all.
func TestCuts(t *testing.T) {
	ts, err := os.ReadFile("testdata/h264-aac.ts")
	require.NoError(t, err)
	at := len(ts)/2/188*188 + 100
	ts = append(append(bytes.Clone(ts[:at]), "this is not a packet G but garbage"...), ts[at:]...)
	var d mpegts.Demuxer
	whole := demux(t, &d, ts)
	require.NotEmpty(t, whole.samples)
	require.EqualValues(t, 1, d.Counts().Sync)
	rapid.Check(t, func(rt *rapid.T) {
		var parts [][]byte
		most := rapid.SampledFrom([]int{1, 7, 188, 200, 1316, 70_000}).Draw(rt, "most")
		if most == 1 {
			most = 2
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for rest := ts; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(most))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		var d mpegts.Demuxer
		require.Equal(rt, whole.samples, demux(t, &d, parts...).samples)
	})
}

// TestStrides reads packets with a time before them, and with parity behind them.
func TestStrides(t *testing.T) {
	ts := av(t)
	var d mpegts.Demuxer
	want := demux(t, &d, ts)
	for name, around := range map[string][2]int{"m2ts": {4, 0}, "reed-solomon": {0, 16}} {
		t.Run(name, func(t *testing.T) {
			var b []byte
			for p := range bytesOf(ts, 188) {
				b = append(append(append(b, make([]byte, around[0])...), p...), make([]byte, around[1])...)
			}
			var d mpegts.Demuxer
			got := demux(t, &d, b[50:]) // The first packet, a table of no interest, is cut.
			require.Equal(t, want.samples, got.samples)
			require.Zero(t, d.Counts().Sync)
		})
	}
}

// bytesOf cuts b into pieces of n bytes.
func bytesOf(b []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(b) >= n; b = b[n:] {
			if !yield(b[:n]) {
				return
			}
		}
	}
}

func TestDuplicates(t *testing.T) {
	ts := av(t)
	var d mpegts.Demuxer
	want := demux(t, &d, ts)
	var b []byte
	for p := range bytesOf(ts, 188) {
		b = append(append(b, p...), p...)
	}
	var twice mpegts.Demuxer
	require.Equal(t, want.samples, demux(t, &twice, b).samples)
	require.Zero(t, twice.Errors())
}

func TestLoss(t *testing.T) {
	ts := av(t)
	var d mpegts.Demuxer
	want := demux(t, &d, ts)
	var b []byte
	i := 0
	for p := range bytesOf(ts, 188) {
		i++
		if i != 300 {
			b = append(b, p...)
		}
	}
	var lossy mpegts.Demuxer
	got := demux(t, &lossy, b)
	require.EqualValues(t, 1, lossy.Errors())
	require.InDelta(t, len(want.samples), len(got.samples), 3)
	require.Less(t, len(got.samples), len(want.samples))
	require.Equal(t, words("1 MPEG-TS packets lost in the last second"), got.warnings)
}

// TestWrap goes over the end of 33-bit time stamps.
func TestWrap(t *testing.T) {
	var d, w mpegts.Demuxer
	want := demux(t, &d, av(t, "-muxdelay", "0", "-output_ts_offset", "90000")).samples
	got := demux(t, &w, av(t, "-muxdelay", "0", "-output_ts_offset", "95443")).samples
	require.Len(t, got, len(want))
	first := map[int][2]int64{}
	for i, s := range got {
		if _, ok := first[s.track]; !ok {
			first[s.track] = [2]int64{want[i].DTS, s.DTS}
		}
		zero := first[s.track]
		require.InDelta(t, want[i].DTS-zero[0], s.DTS-zero[1], 1, "sample %d", i)
	}
	seconds := float64(got[len(got)-1].DTS) / 48000
	require.Greater(t, seconds, float64(1<<33)/90000, "it did not wrap")
}
