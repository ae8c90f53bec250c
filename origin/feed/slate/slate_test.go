package slate_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed/slate"
	"podium.tv/podium/packager/media"
)

// play plays a loop for some time and checks what no player could live without.
func play(t *testing.T, l *slate.Loop, d time.Duration) (bytesOut int) {
	t.Helper()
	tracks := l.Tracks()
	p := l.Play()
	last := make([]int64, len(tracks))
	count := make([]int, len(tracks))
	for n := 0; p.Due() < d; n++ {
		due := p.Due()
		track, s, at := p.Next()
		require.Equal(t, due, at)
		require.NotEmpty(t, s.Units)
		require.GreaterOrEqual(t, s.PTS, s.DTS)
		require.Equal(t, at, media.Duration(s.DTS, tracks[track].Timescale))
		if count[track] == 0 {
			require.Zero(t, s.DTS)
			require.True(t, s.Sync)
		} else {
			require.Greater(t, s.DTS, last[track])
			require.Less(t, media.Duration(s.DTS-last[track], tracks[track].Timescale), 50*time.Millisecond, "a hole at %s", at)
		}
		last[track] = s.DTS
		count[track]++
		bytesOut += s.Size()
	}
	for i := range tracks {
		require.InDelta(t, d.Seconds(), media.Duration(last[i], tracks[i].Timescale).Seconds(), 0.1, "track %d", i)
	}
	return bytesOut
}

func TestBuiltIn(t *testing.T) {
	l, err := slate.BuiltIn()
	require.NoError(t, err)
	tracks := l.Tracks()
	require.Len(t, tracks, 2)
	require.Equal(t, 1280, media.PictureOf(tracks[0].Codec).Width)
	require.Equal(t, "aac", tracks[1].Codec.Name())
	require.Equal(t, []int{90000, 48000}, []int{tracks[0].Timescale, tracks[1].Timescale})
	require.LessOrEqual(t, play(t, l, 10*time.Minute)/150, 36_000, "bytes in a segment of 4 s")
}

func TestSound(t *testing.T) {
	l, err := slate.BuiltIn()
	require.NoError(t, err)
	sound := l.Sound()
	require.Len(t, sound.Tracks(), 1)
	require.Equal(t, media.Audio, sound.Tracks()[0].Kind())
	play(t, sound, time.Minute)
}

func TestKeyFrames(t *testing.T) {
	l, err := slate.BuiltIn()
	require.NoError(t, err)
	p := l.Play()
	var keys []time.Duration
	for p.Due() < 10*time.Second {
		if track, s, at := p.Next(); track == 0 && s.Sync {
			keys = append(keys, at)
		}
	}
	require.Equal(t, []time.Duration{0, 2 * time.Second, 4 * time.Second, 6 * time.Second, 8 * time.Second}, keys)
}

func ffmpeg(t *testing.T, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-loglevel", "error", "-nostdin", "-y"}, args...)...).CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestEncode(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		made []string
		turn time.Duration
	}{
		"a picture": {"a.png", []string{"-f", "lavfi", "-i", "testsrc=s=640x480", "-frames:v", "1"}, 2 * time.Second},
		"a silent film": {
			"a.mp4", []string{"-f", "lavfi", "-i", "testsrc=s=320x240:r=30", "-t", "3.3"}, 3300 * time.Millisecond,
		},
		"a film with sound": {
			"a.mkv", []string{"-f", "lavfi", "-i", "testsrc=s=320x240", "-f", "lavfi", "-i", "sine=r=44100", "-t", "2.7"}, 2700 * time.Millisecond,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, test.file)
			ffmpeg(t, append(slices.Clone(test.made), path)...)
			kept := filepath.Join(dir, "kept")
			l, err := slate.Encode(t.Context(), "ffmpeg", kept, path)
			require.NoError(t, err)
			require.Equal(t, 1280, media.PictureOf(l.Tracks()[0].Codec).Width)
			require.Len(t, l.Tracks(), 2)
			play(t, l, time.Minute)
			files, err := os.ReadDir(kept)
			require.NoError(t, err)
			require.Len(t, files, 1)

			again, err := slate.Encode(t.Context(), "no-such-program", kept, path)
			require.NoError(t, err, "it was kept")
			require.Equal(t, l.Tracks(), again.Tracks())
		})
	}
}

func TestEncodeFails(t *testing.T) {
	dir := t.TempDir()
	_, err := slate.Encode(t.Context(), "ffmpeg", dir, filepath.Join(dir, "none.png"))
	require.ErrorIs(t, err, os.ErrNotExist)
	path := filepath.Join(dir, "text.png")
	require.NoError(t, os.WriteFile(path, []byte("no picture"), 0o600))
	_, err = slate.Encode(t.Context(), "no-such-program", dir, path)
	require.ErrorIs(t, err, slate.ErrNoFFmpeg)
	ffmpeg(t, "-version")
	_, err = slate.Encode(t.Context(), "ffmpeg", dir, path)
	require.ErrorContains(t, err, "make a slate of")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = slate.Encode(ctx, "ffmpeg", dir, path)
	require.Error(t, err)
}

func FuzzRead(f *testing.F) {
	whole, err := os.ReadFile("builtin.mp4")
	require.NoError(f, err)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(_ *testing.T, b []byte) {
		l, err := slate.Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		p := l.Play()
		for range 1000 {
			p.Next()
		}
	})
}
