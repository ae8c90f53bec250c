package vod_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/vod"
)

// A file that cannot be packed is told in one line with its name, and nothing is left of the attempt.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(film(t, "good.mp4", "3", "-movflags", "+faststart"))
	require.NoError(t, err)
	behind, err := os.ReadFile(film(t, "behind.mp4", "3"))
	require.NoError(t, err)
	mkv, err := os.ReadFile(film(t, "good.mkv", "3"))
	require.NoError(t, err)
	wrong := func(kind string, at int, with byte) []byte {
		b := bytes.Clone(good)
		b[bytes.Index(b, []byte(kind))+at] = with
		return b
	}
	for _, c := range []struct {
		name    string
		content []byte
		ffmpeg  string
		says    string
	}{
		{"zero.mp4", nil, "", "empty"},
		{"text.mp4", []byte("this is no film\n"), "", ""},
		{"text.txt", []byte("this is no film\n"), "none", "ffmpeg is needed"},
		{"cut.mp4", good[:len(good)*2/3], "", "cut short"},
		{"cutmoov.mp4", behind[:len(behind)-200], "", "cut short"},
		{"head.mp4", good[:20], "", ""},
		{"sizes.mp4", wrong("stsz", 12, 0xff), "", "samples"},
		{"chunks.mp4", wrong("stco", 9, 0xff), "", ""},
		{"times.mp4", wrong("stts", 8, 0xff), "", ""},
		{"places.mp4", wrong("stco", 12, 0x7f), "", "cut short"},
		{"moov.mp4", wrong("moov", -4, 0x7f), "", ""},
		{"length.mp4", wrong("avcC", 8, 0xfc), "", ""},
		{"film.mkv", mkv, "none", "ffmpeg is needed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			input := filepath.Join(dir, c.name)
			require.NoError(t, os.WriteFile(input, c.content, 0o600))
			err := vod.PackFolder(t.Context(), input, filepath.Join(dir, "out"), vod.Options{FFmpeg: c.ffmpeg})
			var fault *vod.FileError
			require.ErrorAs(t, err, &fault)
			require.Equal(t, input, fault.Name)
			require.Contains(t, err.Error(), c.says)
			require.Equal(t, 0, strings.Count(err.Error(), "\n"), "%s", err)
			list, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, list, 1, "something is left beside the input")
		})
	}
}

// What somebody else put into a folder stays.
func TestFoldersOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	source := film(t, "a.mp4", "2")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600))
	require.NoError(t, vod.PackFolder(t.Context(), source, dir, vod.Options{NoPictures: true}))
	checkLists(t, dir)
	require.FileExists(t, filepath.Join(dir, "notes.txt"))

	err := vod.PackFolder(t.Context(), source, dir, vod.Options{NoPictures: true})
	require.ErrorContains(t, err, "is there already")

	// One that was made here is replaced.
	own := pack(t, source, vod.Options{NoPictures: true})
	require.NoError(t, vod.PackFolder(t.Context(), source, own, vod.Options{NoPictures: true, Format: vod.TS}))
	require.NoFileExists(t, filepath.Join(own, "mono.m3u8"))
	require.Len(t, checkLists(t, own), 1)
}
