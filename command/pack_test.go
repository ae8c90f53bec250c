package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// lecture is the demo's, which needs no ffmpeg to be packed.
const lecture = "../demo/media/lecture.mp4"

func TestPack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "out")
	code, out, errs := run("", "pack", lecture, "--out", dir, "--no-thumbnails")
	require.Equal(t, 0, code, errs)
	require.Equal(t, filepath.Join(dir, "index.m3u8")+"\n", out)
	require.FileExists(t, filepath.Join(dir, "mono.m3u8"))
	list, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestPackSeveral(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, err := os.ReadFile(lecture)
	require.NoError(t, err)
	for _, name := range []string{"a.mp4", "b.mp4"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	a, b, bad, out := filepath.Join(dir, "a.mp4"), filepath.Join(dir, "b.mp4"), filepath.Join(dir, "bad.mp4"), filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(bad, text[:len(text)/2], 0o600))

	code, said, errs := run("", "pack", a, bad, "--out", out, "--no-thumbnails")
	require.Equal(t, 1, code)
	require.Empty(t, said)
	require.True(t, strings.HasPrefix(errs, "podium: "+bad+": "), errs)
	require.Equal(t, 1, strings.Count(errs, "\n"), errs)

	code, _, errs = run("", "pack", a, b, "--out", out, "--no-thumbnails", "--format", "ts")
	require.Equal(t, 0, code, errs)
	require.FileExists(t, filepath.Join(out, "a", "index.m3u8"))
	require.FileExists(t, filepath.Join(out, "b", "index.m3u8"))
	require.NoDirExists(t, filepath.Join(out, "a", "cmaf"))
}

func TestPackIntoTheStore(t *testing.T) {
	t.Parallel()
	file := station(t, hall1)
	code, out, errs := run("", "pack", lecture, "--config", file, "--asset", "lesson-1", "--title", "第一课", "--no-thumbnails")
	require.Equal(t, 0, code, errs)
	require.Equal(t, "/vod/lesson-1/index.m3u8\n", out)
	require.FileExists(t, filepath.Join(filepath.Dir(file), "data", "objects", "assets", "lesson-1", "asset.json"))
	code, _, errs = run("", "pack", lecture, "--config", file, "--asset", "lesson-1")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "exists already")
}

func TestPackTellsWhatItExpects(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, says string }{
		{"pack x.mp4", "--out"},
		{"pack x.mp4 --asset a", "--config"},
		{"pack x.mp4 --out o --config c --asset a", "either --out or"},
		{"pack x.mp4 --out o --subtitles x.srt", "LANGUAGE=FILE"},
		{"pack nothing.mp4 --out o", "nothing.mp4: no such file"},
		{"pack a/x.mp4 b/x.mp4 --out o", "no such file"},
	} {
		code, out, errs := run("", strings.Fields(c.args)...)
		require.Equal(t, 1, code, c.args)
		require.Empty(t, out)
		require.Contains(t, errs, c.says)
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
	code, _, _ := run("", "pack", "x.mp4", "--out", "o", "--format", "avi")
	require.Equal(t, 2, code)
}
