package file_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/file"
	"podium.tv/podium/packager/media"
)

// ffmpeg makes a film in a folder.
func ffmpeg(t testing.TB, path, seconds string, args ...string) {
	t.Helper()
	all := []string{
		"-v", "error", "-nostdin", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=" + seconds,
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=" + seconds,
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-c:a", "aac",
	}
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append(append(all, args...), path)...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// recorder is a feed that writes down what it is given.
type recorder struct {
	mu        sync.Mutex
	described [][]media.Track
	samples   map[media.Kind][]recorded
	warnings  []string
	onSample  func()
}

type recorded struct {
	dts, pts, at time.Duration
	sync         bool
}

func (r *recorder) Describe(tracks []media.Track) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.described = append(r.described, tracks)
	return nil
}

func (r *recorder) Sample(track int, s media.Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.described[len(r.described)-1][track]
	if r.samples == nil {
		r.samples = map[media.Kind][]recorded{}
	}
	r.samples[t.Kind()] = append(r.samples[t.Kind()], recorded{
		media.Duration(s.DTS, t.Timescale), media.Duration(s.PTS, t.Timescale), time.Duration(time.Now().UnixNano()), s.Sync,
	})
	if r.onSample != nil {
		r.onSample()
	}
}

func (r *recorder) Warn(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warnings = append(r.warnings, err.Error())
}

// play plays a film for some time, which costs none.
func play(t *testing.T, path string, d time.Duration) *recorder {
	t.Helper()
	r := new(recorder)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		in := &file.Loop{Path: path, Folders: []string{filepath.Dir(path)}}
		require.ErrorIs(t, in.Run(ctx, r), context.DeadlineExceeded)
	})
	return r
}

func TestLoop(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, ext string
		seconds   string
		args      []string
	}{
		{"mp4", "mp4", "2", nil},
		{"fragmented mp4", "mp4", "2", []string{"-movflags", "frag_keyframe+delay_moov"}},
		{"mov", "mov", "2", nil},
		{"mpeg-ts", "ts", "2", nil},
		{"a length that no frame of sound has", "mp4", "1.4", nil},
		{"sound longer than the picture", "mp4", "2", []string{"-t", "2", "-filter:v", "trim=end=1.6"}},
		{"h265", "mp4", "2", []string{"-c:v", "libx265", "-x265-params", "log-level=error:keyint=25:open-gop=0", "-tag:v", "hvc1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "film."+c.ext)
			ffmpeg(t, path, c.seconds, c.args...)
			r := play(t, path, 21*time.Second)
			require.Empty(t, r.warnings)
			require.Len(t, r.described, 1)
			video, audio := r.samples[media.Video], r.samples[media.Audio]
			require.InDelta(t, 21*25, len(video), 8)
			require.InDelta(t, 21*48000/1024, len(audio), 100)
			for i := 1; i < len(video); i++ {
				require.Equal(t, 40*time.Millisecond, (video[i].dts - video[i-1].dts).Round(time.Millisecond), "picture %d", i)
				require.GreaterOrEqual(t, video[i].pts, video[i].dts)
			}
			frame := time.Second * 1024 / 48000
			for i := 1; i < len(audio); i++ {
				require.InDelta(t, frame.Seconds(), (audio[i].dts - audio[i-1].dts).Seconds(), 0.0001, "frame %d of sound", i)
			}
			last, first := video[len(video)-1], video[0]
			require.InDelta(t, (last.dts - first.dts).Seconds(), (last.at - first.at).Seconds(), 0.001, "not at the wall clock's pace")
			// Ten rounds later sound is where it was beside the picture.
			begin := video[0].pts - audio[0].pts
			end := video[len(video)-1].pts - audio[len(audio)-1].pts
			require.InDelta(t, begin.Seconds(), end.Seconds(), 0.4)
		})
	}
}

// TestLoopOfAnOpenFilm plays a film that begins with a picture which others refer past: its rounds are epochs of their own.
func TestLoopOfAnOpenFilm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole, cut := filepath.Join(dir, "whole.ts"), filepath.Join(dir, "cut.mp4")
	ffmpeg(t, whole, "3", "-c:v", "libx265", "-x265-params", "log-level=error:keyint=25:min-keyint=25:scenecut=0:open-gop=1")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-ss", "1.2", "-i", whole, "-c", "copy", "-tag:v", "hvc1", cut).CombinedOutput()
	require.NoError(t, err, string(out))
	r := play(t, cut, 5*time.Second)
	back := 0
	video := r.samples[media.Video]
	for i := 1; i < len(video); i++ {
		if video[i].dts < video[i-1].dts {
			back++
			require.True(t, video[i].sync)
		}
	}
	require.Positive(t, back)
	require.Greater(t, len(video), 90)
}

func TestLoopReadsAnotherFilm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, other := filepath.Join(dir, "film.mp4"), filepath.Join(dir, "other.mp4")
	ffmpeg(t, path, "2")
	ffmpeg(t, other, "2", "-s", "320x180")
	r := new(recorder)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r.onSample = func() {
			if len(r.samples[media.Video]) == 10 {
				r.onSample = nil
				require.NoError(t, os.Rename(other, path))
			}
		}
		in := &file.Loop{Path: path, Folders: []string{dir}}
		require.ErrorIs(t, in.Run(ctx, r), context.DeadlineExceeded)
	})
	require.Len(t, r.described, 2)
	require.Equal(t, 320, media.PictureOf(r.described[1][0].Codec).Width)
	require.Greater(t, len(r.samples[media.Video]), 120)
}

func TestLoopWhoseFilmVanishes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "film.mp4")
	ffmpeg(t, path, "2")
	r := new(recorder)
	synctest.Test(t, func(t *testing.T) {
		r.onSample = func() {
			if len(r.samples[media.Video]) == 10 {
				r.onSample = nil
				require.NoError(t, os.Remove(path))
			}
		}
		in := &file.Loop{Path: path, Folders: []string{dir}}
		require.ErrorContains(t, in.Run(t.Context(), r), "film film.mp4: it is not there: put it back")
	})
	require.Len(t, r.samples[media.Video], 50, "the round is not finished")
}

func TestLoopRefuses(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write := func(path string, b []byte) string {
		require.NoError(t, os.WriteFile(path, b, 0o600))
		return path
	}
	secret := write(filepath.Join(outside, "secret.mp4"), []byte("0000ftyp"))
	link := filepath.Join(dir, "link.mp4")
	require.NoError(t, os.Symlink(secret, link))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "sub")))
	fifo := filepath.Join(dir, "pipe.mp4")
	require.NoError(t, exec.CommandContext(t.Context(), "mkfifo", fifo).Run())
	ffmpeg(t, filepath.Join(dir, "film.mkv"), "1")
	ffmpeg(t, filepath.Join(dir, "cut.mp4"), "1")
	require.NoError(t, os.Truncate(filepath.Join(dir, "cut.mp4"), 3000))
	ffmpeg(t, filepath.Join(dir, "codec.mp4"), "1", "-an", "-c:v", "mpeg4")
	for _, c := range []struct{ name, path, want string }{
		{"outside of the folders", secret, "add its folder to inputs.folders"},
		{"by dots", dir + "/../" + filepath.Base(outside) + "/secret.mp4", "add its folder to inputs.folders"},
		{"the folder itself", dir, "add its folder to inputs.folders"},
		{"relative", "film.mp4", "an absolute one is expected"},
		{"a link that leads out", link, "a link leads out of its folder"},
		{"a folder's link that leads out", filepath.Join(dir, "sub", "secret.mp4"), "a link leads out of its folder"},
		{"nothing", filepath.Join(dir, "none.mp4"), "it is not there"},
		{"a pipe", fifo, "it is not a file"},
		{"empty", write(filepath.Join(dir, "empty.mp4"), nil), "it is empty"},
		{"text", write(filepath.Join(dir, "text.mp4"), []byte("hello, this is no film at all")), "something else: convert it by"},
		{"matroska", filepath.Join(dir, "film.mkv"), "Matroska or WebM: convert it by `ffmpeg"},
		{"cut short", filepath.Join(dir, "cut.mp4"), "cut short"},
		{"a codec", filepath.Join(dir, "codec.mp4"), "MPEG-4 part 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := &file.Loop{Path: c.path, Folders: []string{dir}}
			require.ErrorContains(t, in.Run(t.Context(), new(recorder)), c.want)
		})
	}
	require.ErrorContains(t, (&file.Loop{Path: secret}).Validate(), "inputs.folders")
	require.Equal(t, "file:/media/a.mp4", (&file.Loop{Path: "/media/a.mp4"}).String())
}
