package eyes_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed/eyes"
	"podium.tv/podium/origin/feed/health"
	"podium.tv/podium/packager/media"
)

func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg")
	}
	return path
}

// encode makes key pictures of what ffmpeg draws.
func encode(t *testing.T, source, encoder, n string) (media.Codec, []media.Sample) {
	t.Helper()
	form, args := "h264", []string{"-x264-params", "keyint=1"}
	if encoder == "libx265" {
		form, args = "hevc", []string{"-x265-params", "keyint=1:log-level=error"}
	}
	args = append([]string{
		"-v", "error", "-f", "lavfi", "-i", source, "-frames:v", n, "-c:v", encoder, "-preset", "ultrafast",
		"-pix_fmt", "yuv420p",
	}, args...)
	out, err := exec.CommandContext(t.Context(), program(t), append(args, "-f", form, "-")...).Output()
	require.NoError(t, err)
	var units h264.AnnexB
	require.NoError(t, units.Unmarshal(out))
	if form == "h264" {
		return pictures264(units)
	}
	return pictures265(units)
}

func pictures264(units [][]byte) (media.Codec, []media.Sample) {
	c := new(media.H264)
	var samples []media.Sample
	for _, u := range units {
		switch u[0] & 0x1f {
		case 7:
			c.SPS = u
			samples = append(samples, media.Sample{Sync: true})
		case 8:
			c.PPS = u
		}
		s := &samples[len(samples)-1]
		s.Units = append(s.Units, u)
	}
	return c, samples
}

func pictures265(units [][]byte) (media.Codec, []media.Sample) {
	c := new(media.H265)
	var samples []media.Sample
	for _, u := range units {
		switch u[0] >> 1 & 0x3f {
		case 32:
			c.VPS = u
			samples = append(samples, media.Sample{Sync: true})
		case 33:
			c.SPS = u
		case 34:
			c.PPS = u
		}
		s := &samples[len(samples)-1]
		s.Units = append(s.Units, u)
	}
	return c, samples
}

// watcher keeps what an eye saw.
type watcher struct {
	mu    sync.Mutex
	looks []health.Look
}

func (w *watcher) saw(l health.Look, _ time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks = append(w.looks, l)
}

func (w *watcher) seen() []health.Look {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]health.Look(nil), w.looks...)
}

// open runs eyes that look as often as they can.
func open(t *testing.T, e *eyes.Eyes) *eyes.Eyes {
	t.Helper()
	e.Every = time.Millisecond
	e.Initialize()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); e.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return e
}

// show shows pictures one after the other, each when the one before it has been seen.
func show(t *testing.T, eye *eyes.Eye, w *watcher, codec media.Codec, samples ...media.Sample) []health.Look {
	t.Helper()
	for i := range samples {
		had := len(w.seen())
		eye.Key(codec, &samples[i], time.Now())
		require.Eventually(t, func() bool { return len(w.seen()) > had }, 30*time.Second, 5*time.Millisecond)
	}
	return w.seen()
}

func TestLooks(t *testing.T) {
	for name, test := range map[string]struct {
		source string
		want   health.Look // at the second picture
		size   image.Point
	}{
		"bars":         {"smptebars=s=1280x720", health.Look{Frozen: true}, image.Pt(320, 180)},
		"moving":       {"testsrc2=s=1280x720:r=1", health.Look{}, image.Pt(320, 180)},
		"black":        {"color=black:s=640x480", health.Look{Black: true, Frozen: true}, image.Pt(240, 180)},
		"black, noisy": {"color=black:s=640x480,noise=alls=6:allf=t", health.Look{Black: true}, image.Pt(240, 180)},
		"an empty hall": {
			"smptebars=s=1280x720,noise=alls=12:allf=t", health.Look{}, image.Pt(320, 180),
		},
		"anamorphic": {"testsrc2=s=720x576:r=1,setsar=16/15", health.Look{}, image.Pt(240, 180)},
		"upright":    {"testsrc2=s=360x640:r=1", health.Look{}, image.Pt(100, 180)},
	} {
		for _, encoder := range []string{"libx264", "libx265"} {
			if encoder == "libx265" && name != "moving" && name != "black" {
				continue // Once decoded, they are the same.
			}
			t.Run(name+" "+encoder, func(t *testing.T) {
				e, w := open(t, &eyes.Eyes{FFmpeg: program(t)}), new(watcher)
				codec, samples := encode(t, test.source, encoder, "2")
				eye := e.Open("hall1", "main", true, w.saw)
				looks := show(t, eye, w, codec, samples...)
				if strings.Contains(name, "noisy") {
					looks[1].Frozen = false // It may or may not look like it.
				}
				require.Equal(t, test.want, looks[1])
				require.False(t, looks[0].Frozen, "there was none before it")
				p, err := e.Picture("hall1", "main")
				require.NoError(t, err)
				conf, err := jpeg.DecodeConfig(bytes.NewReader(p.JPEG))
				require.NoError(t, err)
				require.Equal(t, test.size, image.Pt(conf.Width, conf.Height))
				require.Regexp(t, `^"[0-9a-f]{16}"$`, p.ETag)
				require.WithinDuration(t, time.Now(), p.At, time.Minute)
			})
		}
	}
}

func TestPictureIsForgotten(t *testing.T) {
	e, w := open(t, &eyes.Eyes{FFmpeg: program(t)}), new(watcher)
	codec, samples := encode(t, "smptebars=s=640x360", "libx264", "2")
	eye := e.Open("hall1", "main", true, w.saw)
	_, err := e.Picture("hall1", "main")
	require.ErrorIs(t, err, eyes.ErrNoPicture)
	show(t, eye, w, codec, samples[0])
	_, err = e.Picture("hall1", "backup")
	require.ErrorIs(t, err, eyes.ErrNoPicture)
	eye.Blink()
	_, err = e.Picture("hall1", "main")
	require.ErrorIs(t, err, eyes.ErrNoPicture)
	require.False(t, show(t, eye, w, codec, samples[1])[1].Frozen, "it is another connection's")
	eye.Close()
	_, err = e.Picture("hall1", "main")
	require.ErrorIs(t, err, eyes.ErrNoPicture)
}

func TestBrokenPicturesAreToldOnce(t *testing.T) {
	log := new(syncBuffer)
	e, w := open(t, &eyes.Eyes{FFmpeg: program(t), Log: slog.New(slog.NewTextHandler(log, nil))}), new(watcher)
	codec, samples := encode(t, "smptebars=s=640x360", "libx264", "1")
	eye := e.Open("hall1", "main", true, w.saw)
	for range 3 {
		broken := media.Sample{Sync: true, Units: [][]byte{{0x65, 0xff, 0xff}}}
		eye.Key(codec, &broken, time.Now())
		time.Sleep(20 * time.Millisecond)
	}
	require.Eventually(t, func() bool {
		_, err := e.Picture("hall1", "main")
		return err != nil && strings.Contains(err.Error(), "ffmpeg cannot decode the picture")
	}, 30*time.Second, 10*time.Millisecond)
	for name, k := range map[string]struct {
		codec media.Codec
		units [][]byte
	}{
		"no picture":    {&media.AAC{}, [][]byte{{1}}},
		"no parameters": {&media.H264{}, [][]byte{{0x65}}},
		"too large":     {codec, [][]byte{make([]byte, 9<<20)}},
		"nothing":       {codec, [][]byte{{}, nil}},
	} {
		eye.Key(k.codec, &media.Sample{Sync: true, Units: k.units}, time.Now())
		time.Sleep(20 * time.Millisecond)
		require.Empty(t, w.seen(), name)
	}
	require.Eventually(t, func() bool { return log.count("cannot be looked at") == 1 }, 30*time.Second, 10*time.Millisecond)
	require.Len(t, show(t, eye, w, codec, samples[0]), 1, "it gets well")
	require.Equal(t, 1, log.count("cannot be looked at"))
}

// TestFairness has one program look slowly at many, which gets each its turn.
func TestFairness(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "ffmpeg")
	script := "#!/bin/sh\ncat >/dev/null\nprintf jpeg\nhead -c 576 /dev/zero >&3\n"
	require.NoError(t, os.WriteFile(fake, []byte(script), 0o700))
	e := open(t, &eyes.Eyes{FFmpeg: fake})
	codec := &media.H264{SPS: []byte{
		0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x6c, 0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x1e, 0x07,
		0x8c, 0x18, 0xcb,
	}, PPS: []byte{0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}}
	watchers := make([]watcher, 10)
	var all []*eyes.Eye
	for i := range watchers {
		all = append(all, e.Open("hall", string(rune('a'+i)), true, watchers[i].saw))
	}
	stop := make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() {
		for {
			for _, eye := range all {
				eye.Key(codec, &media.Sample{Sync: true, Units: [][]byte{{0x65, 1}}}, time.Now())
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	require.Eventually(t, func() bool { return len(watchers[9].seen()) >= 3 }, 30*time.Second, 5*time.Millisecond)
	close(stop)
	showing.Wait()
	for i := range watchers {
		require.InDelta(t, 3, len(watchers[i].seen()), 1.5, "eye %d", i)
	}
}

func TestWithoutFFmpeg(t *testing.T) {
	e := new(eyes.Eyes)
	e.Initialize()
	e.Run(t.Context())
	eye := e.Open("hall1", "main", true, nil)
	require.Nil(t, eye)
	eye.Key(&media.H264{}, &media.Sample{Sync: true}, time.Now())
	eye.Blink()
	eye.Close()
	_, err := e.Picture("hall1", "main")
	require.ErrorIs(t, err, eyes.ErrNoFFmpeg)
	var none *eyes.Eyes
	none.Run(t.Context())
	_, err = none.Picture("hall1", "main")
	require.ErrorIs(t, err, eyes.ErrNoFFmpeg)
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.b.String(), what)
}
