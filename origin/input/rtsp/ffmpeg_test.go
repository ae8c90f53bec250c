package rtsp_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	publishing "podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/rtsp"
	"podium.tv/podium/packager/media"
)

// ports gives two free UDP ports, the first of them even, and their addresses.
func ports(t *testing.T) (string, string) {
	t.Helper()
	for range 100 {
		a, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		address, ok := a.LocalAddr().(*net.UDPAddr)
		require.True(t, ok)
		port := address.Port
		b, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port+1))
		_ = a.Close()
		if err != nil || port%2 != 0 {
			if err == nil {
				_ = b.Close()
			}
			continue
		}
		_ = b.Close()
		return fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.1:%d", port+1)
	}
	require.FailNow(t, "no free pair of ports")
	return "", ""
}

// serve starts a server for feed "hall" with key "open-sesame".
func serve(t *testing.T, change func(*rtsp.Server)) *rtsp.Server {
	t.Helper()
	s := &rtsp.Server{
		Address: "127.0.0.1:0",
		Desk:    &publishing.Desk{Keys: publishing.StaticKeys{"hall": "open-sesame", "attic": "other"}},
	}
	s.RTPAddress, s.RTCPAddress = ports(t)
	if change != nil {
		change(s)
	}
	require.NoError(t, s.Start())
	t.Cleanup(func() {
		s.Desk.Close()
		s.Close()
	})
	return s
}

// ffmpeg runs ffmpeg in the background; the result gives what it wrote once it ended.
func ffmpeg(t *testing.T, args ...string) (out func() string) {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, append([]string{"-hide_banner", "-loglevel", "error", "-nostdin"}, args...)...)
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return func() string {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			require.FailNow(t, "ffmpeg does not end")
		}
		return text.String()
	}
}

const (
	picture = "-re -f lavfi -i testsrc=size=320x180:rate=25"
	sound   = "-re -f lavfi -i sine=frequency=440:sample_rate=48000"
	x264    = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p"
)

func words(parts ...string) []string { return strings.Fields(strings.Join(parts, " ")) }

func TestFFmpegPublishes(t *testing.T) {
	for _, c := range []struct {
		name      string
		transport string
		encoding  string
		codecs    []string
		warning   string
		reorders  bool
	}{
		{
			"H.264 and AAC by TCP", "tcp", picture + " " + sound + " " + x264 + " -tune zerolatency -c:a aac",
			[]string{"h264", "aac"},
			"", false,
		},
		{
			"H.264 and AAC by UDP", "udp", picture + " " + sound + " " + x264 + " -tune zerolatency -c:a aac",
			[]string{"h264", "aac"},
			"", false,
		},
		{
			"H.264 with B-frames", "tcp", picture + " " + sound + " -c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 25 -pix_fmt yuv420p -c:a aac",
			[]string{"h264", "aac"},
			"", true,
		},
		{
			"H.265 and Opus by TCP", "tcp",
			picture + " " + sound + " -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=25:bframes=2 -pix_fmt yuv420p -c:a libopus -ac 2",
			[]string{"h265", "opus"},
			"", true,
		},
		{
			"H.265 by UDP", "udp",
			picture + " -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=25:bframes=0 -pix_fmt yuv420p",
			[]string{"h265"},
			"", false,
		},
		{"MP2", "tcp", picture + " " + sound + " " + x264 + " -c:a mp2 -ac 2", []string{"h264", "mp2"}, "", false},
		{"sound only", "tcp", sound + " -c:a aac", []string{"aac"}, "", false},
		{"AAC as LATM", "tcp", picture + " " + sound + " " + x264 + " -c:a aac -rtpflags latm", []string{"h264", "aac"}, "", false},
		{
			"G.711 is dropped", "tcp", picture + " " + sound + " " + x264 + " -c:a pcm_mulaw -ar 8000",
			[]string{"h264"},
			"g711 audio cannot be carried in HLS: set the encoder to AAC", false,
		},
		{
			"MJPEG is dropped", "tcp", picture + " " + sound + " -c:v mjpeg -pix_fmt yuvj420p -huffman default -force_duplicated_matrix 1 -c:a aac",
			[]string{"aac"},
			"m-jpeg video cannot be carried in HLS: set the encoder to H.264", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil)
			in := feed(t, s, "hall")
			began := time.Now()
			out := ffmpeg(t, words(c.encoding, "-t 4 -f rtsp -rtsp_transport", c.transport,
				"rtsp://publish:open-sesame@"+s.Addr().String()+"/hall")...)
			err := in.wait(t)
			require.ErrorIs(t, err, publishing.ErrLeft)
			require.Empty(t, out())
			require.Equal(t, c.codecs, in.codecs())
			require.Equal(t, c.warning, in.warned())
			require.Len(t, in.tracks, 1)
			reordered := false
			var starts, ends []float64
			for i, track := range in.tracks[0] {
				samples := in.samples[i]
				require.NotEmpty(t, samples)
				requireSane(t, track, samples)
				first, last := samples[0], samples[len(samples)-1]
				starts = append(starts, float64(first.PTS)/float64(track.Timescale))
				ends = append(ends, float64(last.PTS)/float64(track.Timescale))
				require.InDelta(t, 4, float64(last.PTS-first.PTS)/float64(track.Timescale), 0.6)
				require.True(t, samples[0].Sync)
				if track.Kind() == media.Video {
					require.InDelta(t, 100, len(samples), 6)
					picture := media.PictureOf(track.Codec)
					require.Equal(t, 320, picture.Width)
					require.Equal(t, 180, picture.Height)
				}
				for _, sample := range samples {
					reordered = reordered || sample.PTS != sample.DTS && track.Kind() == media.Video
					if c.transport == "tcp" || !sample.Wall.IsZero() { // By UDP the first report may be lost.
						require.WithinDuration(t, began.Add(5*time.Second), sample.Wall, 10*time.Second)
					}
					require.NotZero(t, sample.Size())
				}
			}
			if len(starts) == 2 {
				require.InDelta(t, starts[0], starts[1], 0.1, "the tracks begin together")
				require.InDelta(t, ends[0], ends[1], 0.3, "the tracks end together")
			}
			require.Equal(t, c.reorders, reordered)
		})
	}
}
