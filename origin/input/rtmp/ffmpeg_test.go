package rtmp_test

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/rtmp"
	"podium.tv/podium/packager/media"
)

// serve starts a server for feed "hall" with key "open-sesame".
func serve(t *testing.T, change func(*rtmp.Server)) *rtmp.Server {
	t.Helper()
	s := &rtmp.Server{
		Address: "127.0.0.1:0",
		Desk:    &publish.Desk{Keys: publish.StaticKeys{"hall": "open-sesame", "attic": "other"}},
	}
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

// feed runs a feed's input, and returns once it waits for its publisher or has met it.
func feed(t *testing.T, s *rtmp.Server, name string) *running {
	t.Helper()
	in := run(t, &publish.Input{Desk: s.Desk, Feed: name})
	eventually(t, "waiting", func() bool { return s.Desk.Awaited(name) })
	return in
}

// program is a running ffmpeg.
type program struct {
	cmd  *exec.Cmd
	done chan struct{}
	text bytes.Buffer
}

func ffmpeg(t *testing.T, args ...string) *program {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, path, append([]string{"-hide_banner", "-loglevel", "error", "-nostdin"}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = &p.text, &p.text
	require.NoError(t, p.cmd.Start())
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() { cancel(); <-p.done })
	return p
}

// output is what it wrote, once it ended.
func (p *program) output(t *testing.T) string {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(40 * time.Second):
		require.FailNow(t, "ffmpeg does not end")
	}
	return p.text.String()
}

const (
	picture = "-re -f lavfi -i testsrc=size=320x180:rate=25"
	sound   = "-re -f lavfi -i sine=frequency=440:sample_rate=48000"
	x264    = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p"
	both    = picture + " " + sound + " " + x264 + " -c:a aac"
)

func words(parts ...string) []string { return strings.Fields(strings.Join(parts, " ")) }

func TestFFmpegPublishes(t *testing.T) {
	for _, c := range []struct {
		name     string
		encoding string
		codecs   []string
		warning  string
		reorders bool
	}{
		{"H.264 and AAC", both, []string{"h264", "aac"}, "", false},
		{
			"H.264 with B-frames", picture + " " + sound + " -c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 25 -pix_fmt yuv420p -c:a aac",
			[]string{"h264", "aac"},
			"", true,
		},
		{"pictures only", picture + " " + x264, []string{"h264"}, "", false},
		{"sound only", sound + " -c:a aac", []string{"aac"}, "", false},
		{"MP3", picture + " " + sound + " " + x264 + " -c:a libmp3lame -ar 44100 -ac 2", []string{"h264", "mp2"}, "", false},
		{
			"G.711 is dropped", picture + " " + sound + " " + x264 + " -c:a pcm_mulaw -ar 8000 -ac 1",
			[]string{"h264"},
			"g711 audio cannot be carried in HLS: set the encoder to AAC", false,
		},
		{
			"H.263 is dropped", picture + " " + sound + " -c:v flv -c:a aac",
			[]string{"aac"},
			"h263 video cannot be carried in HLS: set the encoder to H.264 or H.265", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil)
			in := feed(t, s, "hall")
			out := ffmpeg(t, words(c.encoding, "-t 2 -f flv rtmp://"+s.Addr().String()+"/hall/open-sesame")...)
			require.ErrorIs(t, in.wait(t), publish.ErrLeft)
			require.Empty(t, out.output(t))
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
				require.InDelta(t, 2, float64(last.PTS-first.PTS)/float64(track.Timescale), 0.3)
				require.True(t, first.Sync)
				if track.Kind() == media.Video {
					require.Len(t, samples, 50)
					picture := media.PictureOf(track.Codec)
					require.Equal(t, 320, picture.Width)
					require.Equal(t, 180, picture.Height)
				} else {
					requireEven(t, samples)
				}
				for _, sample := range samples {
					reordered = reordered || sample.PTS != sample.DTS && track.Kind() == media.Video
					require.NotZero(t, sample.Size())
				}
			}
			if len(starts) == 2 {
				require.InDelta(t, starts[0], starts[1], 0.1, "the tracks begin together")
				require.InDelta(t, ends[0], ends[1], 0.1, "the tracks end together")
			}
			require.Equal(t, c.reorders, reordered)
		})
	}
}

// requireEven checks that frames of sound follow one another without the jitter of milliseconds.
func requireEven(t *testing.T, samples []media.Sample) {
	t.Helper()
	for i := 2; i < len(samples); i++ {
		require.Equal(t, samples[1].PTS-samples[0].PTS, samples[i].PTS-samples[i-1].PTS, "frame %d", i)
	}
}

func TestFFmpegAddresses(t *testing.T) {
	for _, c := range []struct {
		name, path string
	}{
		{"feed and key", "/hall/open-sesame"},
		{"an application, and the key in the query", "/live/hall?key=open-sesame"},
		{"an application, feed and key", "/live/hall/open-sesame"},
		{"the key in the query", "/hall?key=open-sesame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil)
			in := feed(t, s, "hall")
			out := ffmpeg(t, words(both, "-t 1 -f flv rtmp://"+s.Addr().String()+c.path)...)
			require.ErrorIs(t, in.wait(t), publish.ErrLeft)
			require.Empty(t, out.output(t))
			require.Equal(t, []string{"h264", "aac"}, in.codecs())
		})
	}
}

func TestFFmpegIsTold(t *testing.T) {
	for _, c := range []struct {
		name, path, want string
	}{
		{"a wrong key", "/hall/guess", "The stream key is not this feed's."},
		{"another feed's key", "/hall/other", "The stream key is not this feed's."},
		{"no key", "/hall", "The stream key is not this feed's."},
		{"an unknown feed", "/cellar/open-sesame", "There is no such feed"},
		{"nothing", "/", "There is no such feed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil)
			out := ffmpeg(t, words(both, "-t 1 -f flv rtmp://"+s.Addr().String()+c.path)...)
			require.Contains(t, out.output(t), c.want)
			require.Empty(t, s.Desk.Publishers())
		})
	}
	t.Run("that there is nothing to play", func(t *testing.T) {
		s := serve(t, nil)
		out := ffmpeg(t, words("-i rtmp://"+s.Addr().String()+"/hall/open-sesame -f null -")...)
		require.Contains(t, out.output(t), "podium gives streams out by HLS only")
	})
}

// An encoder that is killed says no goodbye, and the next one comes in.
func TestFFmpegIsKilled(t *testing.T) {
	s := serve(t, nil)
	address := "rtmp://" + s.Addr().String() + "/hall/open-sesame"
	for range 2 {
		in := feed(t, s, "hall")
		p := ffmpeg(t, words(both, "-f flv "+address)...)
		eventually(t, "pictures", func() bool { return in.count(0) >= 5 })
		require.NoError(t, p.cmd.Process.Kill())
		err := in.wait(t)
		require.ErrorIs(t, err, publish.ErrLeft)
		require.ErrorContains(t, err, "without a goodbye")
		eventually(t, "gone", func() bool { return len(s.Desk.Publishers()) == 0 })
	}
}
