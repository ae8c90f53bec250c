package mpegts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/mpegts"
)

// TestOpenGOP starts in a stream whose only IDR picture is long gone, as one does with broadcasters'.
func TestOpenGOP(t *testing.T) {
	stream := encode(t, picture, words("-c:v", "libx264", "-x264-params", "keyint=25:min-keyint=25:open-gop=1:bframes=3:scenecut=0",
		"-pix_fmt", "yuv420p", "-t", "10"))
	stream = stream[len(stream)/10/188*188:]
	r := demux(t, new(mpegts.Demuxer), stream)
	pictures := r.of(0)
	require.NotEmpty(t, pictures)
	require.True(t, pictures[0].Sync)
	keys := 0
	for _, s := range pictures {
		require.GreaterOrEqual(t, s.PTS, pictures[0].PTS, "a picture that cannot be decoded")
		if s.Sync {
			keys++
			require.EqualValues(t, 1, s.Units[len(s.Units)-1][0]&0x1f, "an IDR picture")
		}
	}
	require.InDelta(t, 6, keys, 1)
	require.Equal(t, len(pictures), decode(t, r.descriptions[0][0].Codec, pictures))
}
