package vod_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/vod"
)

func TestMPEGTSIsRepackaged(t *testing.T) {
	t.Parallel()
	whole := film(t, "whole.mp4", "5.3")
	for name, args := range map[string][]string{
		"plain": nil,
		"wraps": {"-output_ts_offset", "95440"}, // 33 bits at 90 kHz end after 95,443.7 s.
	} {
		source := filepath.Join(t.TempDir(), name+".ts")
		ffmpeg(t, append([]string{"-i", whole, "-c", "copy"}, append(args, source)...)...)
		dir := pack(t, source, vod.Options{NoPictures: true, FFmpeg: "there-is-none"})
		checkLists(t, dir)
		for _, list := range []string{"index.m3u8", "mono.m3u8"} {
			path := filepath.Join(dir, list)
			sameFrames(t, hashes(t, whole, "-map", "0:v"), hashes(t, path, "-map", "0:v"), list)
			require.InDelta(t, apart(t, source).Seconds(), apart(t, path).Seconds(), 0.03, list)
			require.InDelta(t, duration(t, source).Seconds(), duration(t, path).Seconds(), 0.2, list)
		}
	}
}

// What other containers hold is copied where it fits, and sound is encoded where that does not.
func TestMatroska(t *testing.T) {
	t.Parallel()
	source := film(t, "a.mkv", "5.3", "-c:a", "libmp3lame")
	dir := pack(t, source, vod.Options{NoPictures: true})
	checkLists(t, dir)
	path := filepath.Join(dir, "index.m3u8")
	sameFrames(t, hashes(t, source, "-map", "0:v"), hashes(t, path, "-map", "0:v"), "picture")
	for _, s := range probe(t, path).Streams {
		require.Contains(t, []string{"h264", "aac"}, s.Codec)
	}
}

func TestSoundOfOtherKinds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.mp3", "a.wav"} {
		source := filepath.Join(t.TempDir(), name)
		ffmpeg(t, "-f", "lavfi", "-i", "sine=f=440:r=44100", "-t", "6", source)
		dir := pack(t, source, vod.Options{})
		require.Contains(t, checkLists(t, dir), "mono.m3u8")
		require.InDelta(t, 6, duration(t, filepath.Join(dir, "mono.m3u8")).Seconds(), 0.1)
	}
}

// A picture of another codec is encoded in the sizes of the house ladder up to its own, with key pictures at the same
// times in all.
func TestLadder(t *testing.T) {
	t.Parallel()
	source := filepath.Join(t.TempDir(), "a.avi")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-t", "5",
		"-c:v", "mpeg4", "-q:v", "5", "-c:a", "libmp3lame", source)
	dir := pack(t, source, vod.Options{NoPictures: true})
	lists := checkLists(t, dir)
	large, small := lists["cmaf/1.m3u8"], lists["cmaf/480p.1.m3u8"]
	require.NotNil(t, small)
	require.True(t, small.Independent)
	require.Len(t, large.Segments, len(small.Segments))
	for i := range large.Segments {
		require.Equal(t, large.Segments[i].Duration, small.Segments[i].Duration)
	}
	text, err := os.ReadFile(filepath.Join(dir, "index.m3u8"))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "RESOLUTION=1280x720"))
	require.Equal(t, 1, strings.Count(string(text), "RESOLUTION=854x480"))
	require.NotContains(t, string(text), "1080")
	require.Equal(t, 125, len(hashes(t, filepath.Join(dir, "cmaf", "480p.1.m3u8"), "-map", "0:v"))) //nolint:testifylint // Len would print them all.

	// As MPEG-TS, each size has the sound with it.
	dir = pack(t, source, vod.Options{NoPictures: true, Format: vod.TS})
	checkLists(t, dir)
	require.Len(t, probe(t, filepath.Join(dir, "ts", "480p.m3u8")).Streams, 2)
}

// A telephone's upright film is turned, not shown lying on its side.
func TestTurnedPicture(t *testing.T) {
	t.Parallel()
	plain := film(t, "plain.mp4", "2")
	source := filepath.Join(t.TempDir(), "turned.mp4")
	ffmpeg(t, "-i", plain, "-c", "copy", "-metadata:s:v", "rotate=90", source)
	dir := pack(t, source, vod.Options{NoPictures: true})
	text, err := os.ReadFile(filepath.Join(dir, "index.m3u8"))
	require.NoError(t, err)
	require.Contains(t, string(text), "RESOLUTION=90x160")
}

func TestTextsAndPictures(t *testing.T) {
	t.Parallel()
	plain := film(t, "plain.mp4", "9")
	folder := t.TempDir()
	srt := filepath.Join(folder, "words.srt")
	require.NoError(t, os.WriteFile(srt, []byte("1\n00:00:01,000 --> 00:00:05,000\n大家好\n"), 0o600))
	for _, name := range []string{"lesson.mp4", "lesson.mkv"} {
		source := filepath.Join(folder, name)
		kind := map[string]string{".mp4": "mov_text", ".mkv": "srt"}[filepath.Ext(name)]
		ffmpeg(t, "-i", plain, "-i", srt, "-map", "0", "-map", "1", "-c:v", "copy", "-c:a", "copy", "-c:s", kind, "-metadata:s:s:0", "language=eng", source)
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "lesson.zh.vtt"),
		[]byte("WEBVTT\n\n00:00:01.000 --> 00:00:05.000\n你好\n"), 0o600))
	for _, name := range []string{"lesson.mp4", "lesson.mkv"} {
		dir := pack(t, filepath.Join(folder, name), vod.Options{})
		lists := checkLists(t, dir)
		require.Contains(t, lists, "text/1.m3u8")
		require.Contains(t, lists, "text/2.m3u8")
		master, err := os.ReadFile(filepath.Join(dir, "index.m3u8"))
		require.NoError(t, err)
		require.Contains(t, string(master), `TYPE=SUBTITLES,GROUP-ID="text",NAME="中文",LANGUAGE="zh"`)
		require.Contains(t, string(master), `NAME="English",LANGUAGE="en"`)
		require.Contains(t, string(master), `SUBTITLES="text"`)
		// From 1 s to 5 s: it lasts over the cuts at 1, 3 and 7 s, and stands whole in each segment that shows it.
		for n, shown := range []bool{false, true, true, false} {
			if name != "lesson.mp4" {
				break // ffmpeg begins its Matroska with the sound, 21 ms before the picture.
			}
			part, err := os.ReadFile(filepath.Join(dir, "text", lists["text/1.m3u8"].Segments[n].URI))
			require.NoError(t, err)
			require.Contains(t, string(part), "X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000")
			require.Equal(t, shown, strings.Contains(string(part), "00:00:01.000 --> 00:00:05.000\n你好"), "%d: %s", n, part)
		}
		thumbs, err := os.ReadFile(filepath.Join(dir, "thumbs.vtt"))
		require.NoError(t, err)
		require.Contains(t, string(thumbs), "00:00:02.000 --> 00:00:04.000\nthumbs-1.jpg#xywh=160,0,160,90\n")
		require.Equal(t, 1600, probe(t, filepath.Join(dir, "thumbs-1.jpg")).Streams[0].Width)
		require.Equal(t, 160, probe(t, filepath.Join(dir, "poster.jpg")).Streams[0].Width)
	}
}
