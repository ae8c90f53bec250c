package vod_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/vod"
)

// What fits is repackaged without a change: every decoded picture and every frame of sound is the source's.
func TestRepackaging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file string
		args       []string
	}{
		{"moov behind", "a.mp4", nil},
		{"moov before", "a.mp4", []string{"-movflags", "+faststart"}},
		{"fragmented", "a.mp4", []string{"-movflags", "+frag_keyframe+empty_moov+default_base_moof"}},
		{"fragmented, old style", "a.mp4", []string{"-movflags", "+frag_keyframe", "-frag_duration", "700000"}},
		{"negative offsets", "a.mp4", []string{"-movflags", "+negative_cts_offsets"}},
		{"QuickTime", "a.mov", nil},
		{"variable frame rate", "a.mp4", []string{"-vf", "select='not(mod(n\\,7))+not(mod(n\\,5))'", "-fps_mode", "vfr"}},
		{"sparse key frames", "a.mp4", []string{"-g", "110", "-sc_threshold", "0"}},
		{"H.265", "a.mp4", []string{"-c:v", "libx265", "-x265-params", "log-level=error:keyint=25", "-tag:v", "hvc1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			source := film(t, c.file, "5.3", c.args...)
			dir := pack(t, source, vod.Options{NoPictures: true})
			lists := checkLists(t, dir)
			require.Len(t, lists, 3)
			for _, list := range []string{"index.m3u8", "mono.m3u8"} {
				path := filepath.Join(dir, list)
				sameFrames(t, hashes(t, source, "-map", "0:v"), hashes(t, path, "-map", "0:v"), list)
				want, got := duration(t, source), duration(t, path)
				require.InDelta(t, want.Seconds(), got.Seconds(), 0.2, list)
				// The frame with which the encoder came into stride is played as well.
				require.InDelta(t, apart(t, source).Seconds(), apart(t, path).Seconds(), 0.03, list)
			}
			sameFrames(t, hashes(t, source, "-map", "0:a", "-c", "copy"),
				hashes(t, filepath.Join(dir, "index.m3u8"), "-map", "0:a", "-c", "copy"), "sound")
		})
	}
}

// apart is how much later the picture begins than the sound.
func apart(t *testing.T, path string) time.Duration {
	t.Helper()
	begins := map[string]time.Duration{}
	for _, s := range probe(t, path).Streams {
		begins[s.Type] = start(t, s.Start)
	}
	return begins["video"] - begins["audio"]
}

func duration(t *testing.T, path string) time.Duration {
	t.Helper()
	return start(t, probe(t, path).Format.Duration)
}

func start(t *testing.T, seconds string) time.Duration {
	t.Helper()
	v, err := strconv.ParseFloat(seconds, 64)
	require.NoError(t, err)
	return time.Duration(v * float64(time.Second))
}

func TestFormatsAndShortFirstSegments(t *testing.T) {
	t.Parallel()
	source := film(t, "a.mp4", "20")
	for format, want := range map[vod.Format][]string{
		vod.TS:   {"index.m3u8"},
		vod.CMAF: {"cmaf/1.m3u8", "cmaf/2.m3u8"},
		vod.Both: {"mono.m3u8", "cmaf/1.m3u8", "cmaf/2.m3u8"},
	} {
		dir := pack(t, source, vod.Options{Format: format, NoPictures: true})
		lists := checkLists(t, dir)
		for _, name := range want {
			require.Contains(t, lists, name)
			var got []float64
			for _, s := range lists[name].Segments {
				got = append(got, s.Duration.Seconds())
			}
			require.InDeltaSlice(t, []float64{1, 2, 4, 4, 4, 4, 1}, got, 0.05, name)
			require.True(t, lists[name].Independent)
			require.Equal(t, 4*time.Second, lists[name].TargetDuration)
		}
		require.Len(t, lists, len(want))
		require.FileExists(t, filepath.Join(dir, "index.m3u8"))
	}
}

func TestSeveralSoundTracks(t *testing.T) {
	t.Parallel()
	source := film(t, "a.mp4", "6", "-map", "0:v", "-map", "1:a", "-map", "1:a",
		"-metadata:s:a:0", "language=chi", "-metadata:s:a:1", "language=eng")
	dir := pack(t, source, vod.Options{NoPictures: true})
	require.Len(t, checkLists(t, dir), 4)
	b, err := os.ReadFile(filepath.Join(dir, "index.m3u8"))
	require.NoError(t, err)
	require.Contains(t, string(b), `NAME="zh",LANGUAGE="zh"`)
	require.Contains(t, string(b), `LANGUAGE="en"`)
	require.Contains(t, string(b), `RESOLUTION=160x90`)
	require.Contains(t, string(b), `FRAME-RATE=25.000`)
	require.Len(t, probe(t, filepath.Join(dir, "mono.m3u8")).Streams, 3)
}

func TestSoundAlone(t *testing.T) {
	t.Parallel()
	source := filepath.Join(t.TempDir(), "a.m4a")
	ffmpeg(t, "-f", "lavfi", "-i", "sine=f=440:r=44100", "-t", "10", "-c:a", "aac", source)
	dir := pack(t, source, vod.Options{NoPictures: true})
	lists := checkLists(t, dir)
	require.Contains(t, lists, "mono.m3u8")
	sameFrames(t, hashes(t, source, "-c", "copy"), hashes(t, filepath.Join(dir, "index.m3u8"), "-c", "copy"), "sound")
	require.InDelta(t, 10, lists["cmaf/1.m3u8"].Duration().Seconds(), 0.1)
}

// A film that was cut without encoding begins in the middle of what its file holds.
func TestEditList(t *testing.T) {
	t.Parallel()
	whole := film(t, "whole.mp4", "10")
	source := filepath.Join(t.TempDir(), "cut.mp4")
	ffmpeg(t, "-ss", "3.4", "-i", whole, "-c", "copy", source)
	dir := pack(t, source, vod.Options{NoPictures: true})
	checkLists(t, dir)
	path := filepath.Join(dir, "index.m3u8")
	shown, packed := hashes(t, source, "-map", "0:v"), hashes(t, path, "-map", "0:v")
	// A segment begins with a key frame, so what lies between that and the cut is shown as well.
	require.Less(t, len(shown), len(packed))
	require.LessOrEqual(t, len(packed)-len(shown), 25)
	sameFrames(t, shown, packed[len(packed)-len(shown):], "what is behind the cut")
}
