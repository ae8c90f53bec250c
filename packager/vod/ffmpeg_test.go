package vod_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/packager/vod"
)

// ffmpeg runs ffmpeg and fails the test where it says anything.
func ffmpeg(t *testing.T, args ...string) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-nostdin", "-v", "warning", "-y"}, args...)...)
	cmd.Stderr = &said
	require.NoError(t, cmd.Run(), said.String())
	require.Empty(t, said.String())
}

// film makes a film of some seconds in a file: a test picture with B-frames and a key frame every second, and a tone.
func film(t *testing.T, name, seconds string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	all := []string{
		"-f", "lavfi", "-i", "testsrc2=s=160x90:r=25", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", seconds,
		"-preset", "superfast", "-pix_fmt", "yuv420p", "-ac", "2",
	}
	if !slices.Contains(args, "-c:a") {
		all = append(all, "-c:a", "aac")
	}
	if !slices.Contains(args, "-c:v") {
		all = append(all, "-c:v", "libx264", "-bf", "2")
	}
	if !slices.Contains(args, "-g") {
		all = append(all, "-g", "25")
	}
	ffmpeg(t, append(append(all, args...), path)...)
	return path
}

// hashes are those of the frames that ffmpeg gives for a stream: decoded, or with "-c copy" as they are.
func hashes(t *testing.T, input string, args ...string) []string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "hashes")
	ffmpeg(t, append(append([]string{"-i", input}, args...), "-f", "framehash", "-hash", "crc32", out)...)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	var list []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		list = append(list, strings.TrimSpace(strings.Split(line, ",")[5])) // Behind it stands side data.
	}
	return list
}

// sameFrames compares hashes without printing them all.
func sameFrames(t *testing.T, want, got []string, what string) {
	t.Helper()
	require.NotEmpty(t, want)
	require.Equal(t, len(want), len(got), what) //nolint:testifylint // Len would print them all.
	for i := range want {
		require.Equal(t, want[i], got[i], "%s: frame %d of %d", what, i, len(want))
	}
}

type probed struct {
	Streams []struct {
		Type      string `json:"codec_type"`
		Codec     string `json:"codec_name"`
		Start     string `json:"start_time"`
		Width     int    `json:"width"`
		FrameRate string `json:"avg_frame_rate"`
	} `json:"streams"`
	Format struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

func probe(t *testing.T, input string) probed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", input).Output()
	require.NoError(t, err)
	var p probed
	require.NoError(t, json.Unmarshal(out, &p))
	return p
}

// pack packs a file into a folder beside it.
func pack(t *testing.T, input string, o vod.Options) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	require.NoError(t, vod.PackFolder(t.Context(), input, dir, o))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*podium*"))
	require.NoError(t, err)
	require.Empty(t, left, "the work folder stays")
	return dir
}

// checkLists reads every media playlist of a folder as the strictest player would, and looks for what it lists.
func checkLists(t *testing.T, dir string) map[string]*strict.Playlist {
	t.Helper()
	found := map[string]*strict.Playlist{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		require.NoError(t, err)
		if !strings.HasSuffix(path, ".m3u8") {
			return nil
		}
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		if bytes.Contains(b, []byte("#EXT-X-STREAM-INF")) {
			return nil
		}
		p, err := strict.ParseMedia(b)
		require.NoError(t, err, "%s:\n%s", path, b)
		require.True(t, p.Ended)
		require.Equal(t, "VOD", p.Type)
		for _, s := range p.Segments {
			require.LessOrEqual(t, s.Duration.Round(1e9), p.TargetDuration)
			info, err := os.Stat(filepath.Join(filepath.Dir(path), s.URI))
			require.NoError(t, err)
			require.NotZero(t, info.Size())
			if s.Map != "" {
				require.FileExists(t, filepath.Join(filepath.Dir(path), s.Map))
			}
		}
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		found[name] = p
		return nil
	}))
	return found
}
