package rtmp_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/publish"
)

// GStreamer has two clients of RTMP: librtmp, which OBS has too, and one of its own.
func TestGStreamerPublishes(t *testing.T) {
	program, err := exec.LookPath("gst-launch-1.0")
	if err != nil {
		t.Skip("GStreamer is not installed")
	}
	film := filepath.Join(t.TempDir(), "film.flv")
	require.Empty(t, ffmpeg(t, append(words("-f lavfi -i testsrc=size=320x180:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 -t 2",
		x264, "-c:a aac"), film)...).output(t))
	for _, sink := range []string{"rtmpsink", "rtmp2sink"} {
		if exec.Command("gst-inspect-1.0", "--exists", sink).Run() != nil {
			t.Logf("no %s on this machine", sink)
			continue
		}
		for _, c := range []struct {
			name, key string
			comes     bool
		}{{"the key", "open-sesame", true}, {"a wrong key", "guess", false}} {
			t.Run(sink+" with "+c.name, func(t *testing.T) {
				s := serve(t, nil)
				in := feed(t, s, "hall")
				ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
				defer cancel()
				out, err := exec.CommandContext(ctx, program, words("-q filesrc location="+film+" ! flvdemux name=d flvmux name=m streamable=true !",
					sink, "location=rtmp://"+s.Addr().String()+"/hall/"+c.key, "d.video ! queue ! h264parse ! m.video d.audio ! queue ! aacparse ! m.audio")...).CombinedOutput()
				if !c.comes {
					require.Error(t, err)
					require.Contains(t, string(out), sink)
					return
				}
				require.NoError(t, err, "%s", out)
				require.ErrorIs(t, in.wait(t), publish.ErrLeft)
				require.Equal(t, []string{"h264", "aac"}, in.codecs())
				require.Empty(t, in.warned())
				require.Equal(t, 50, in.count(0))
				for i, track := range in.tracks[0] {
					requireSane(t, track, in.samples[i])
				}
			})
		}
	}
}
