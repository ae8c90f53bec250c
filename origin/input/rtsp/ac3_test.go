package rtsp_test

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtpac3"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
)

// TestPullOfAC3 carries frames that ffmpeg made, several in a packet and one in several packets.
func TestPullOfAC3(t *testing.T) {
	b, err := os.ReadFile("testdata/tone.ac3")
	require.NoError(t, err)
	frames := slices.Collect(slices.Chunk(b, 384))
	for name, size := range map[string]int{"three frames a packet": 1400, "one frame in three packets": 150} {
		t.Run(name, func(t *testing.T) {
			cam := shoot(t, func(c *camera, _ *gortsplib.Server) {
				c.audio = &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{&format.AC3{PayloadTyp: 98, SampleRate: 48000, ChannelCount: 2}}}
			})
			in := run(t, cam.pull(nil))
			eventually(t, "the reader", cam.plays)
			film := pictures(t, "narrow.h264")
			encoder := &rtpac3.Encoder{PayloadType: 98, PayloadMaxSize: size}
			require.NoError(t, encoder.Init())
			for n := range 5 {
				cam.picture(t, n, film[n%len(film)])
				packets, err := encoder.Encode(frames[3*n : 3*n+3])
				require.NoError(t, err)
				for _, pkt := range packets {
					pkt.Timestamp += uint32(n * 3 * media.AC3Samples)
					require.NoError(t, cam.stream.WritePacketRTP(cam.audio, pkt))
				}
			}
			eventually(t, "sound", func() bool { return in.count(1) >= 15 })
			in.stop(t)
			require.Equal(t, []string{"h264", "ac3"}, in.codecs())
			track := in.tracks[0][1]
			require.Equal(t, 48000, track.Timescale)
			ac3, ok := track.Codec.(*media.AC3)
			require.True(t, ok)
			require.Equal(t, 2, ac3.Channels())
			for i, s := range in.samples[1] {
				require.Equal(t, int64(i*media.AC3Samples), s.PTS-in.samples[1][0].PTS)
				require.True(t, bytes.Equal(frames[i], s.Units[0]), "frame %d", i)
			}
		})
	}
}
