package hls_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/hls"
	"podium.tv/podium/packager/media"
)

// ffmpeg runs ffmpeg in a folder.
func ffmpeg(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

// source is pictures with sound, as ffmpeg makes them.
func source(seconds string) []string {
	return []string{
		"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=" + seconds,
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=" + seconds,
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-sc_threshold", "0", "-c:a", "aac", "-ac", "2",
	}
}

// film makes a film of segments of a second in a folder, and serves it.
func film(t *testing.T, seconds string, args ...string) (address, dir string) {
	t.Helper()
	dir = t.TempDir()
	ffmpeg(t, dir, append(append(source(seconds), args...), "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "live.m3u8")...)
	return serve(t, http.FileServer(http.Dir(dir))), dir
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// local may connect to this machine, as no feed may that is not allowed to.
func local() *guard.Policy { return &guard.Policy{AllowLoopback: true} }

func pull(address string) *hls.Pull {
	return &hls.Pull{URL: address, Guard: local(), Once: true, ReadTimeout: 5 * time.Second}
}

// requireWhole checks that all of a film of some seconds came, in order and at its pace.
func requireWhole(t *testing.T, r *recorder, seconds int) {
	t.Helper()
	video, audio := r.of(media.Video), r.of(media.Audio)
	require.Len(t, video, 25*seconds)
	require.InDelta(t, 48000*seconds/1024, len(audio), 3)
	require.True(t, video[0].sync)
	for _, track := range [][]recorded{video, audio} {
		for i := 1; i < len(track); i++ {
			step := track[i].dts - track[i-1].dts
			require.Positive(t, step, "sample %d", i)
			require.Less(t, step, 100*time.Millisecond, "sample %d", i)
		}
	}
	require.InDelta(t, 0, (video[0].pts - audio[0].pts).Seconds(), 0.15)
	last := video[len(video)-1]
	require.GreaterOrEqual(t, last.at, last.dts-video[0].dts-100*time.Millisecond, "it came faster than it is watched")
}

func TestFilms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		args   []string
		codecs string
	}{
		{"mpeg-ts", nil, "h264+aac"},
		{"stamps that wrap", []string{"-output_ts_offset", "95442.5"}, "h264+aac"}, // 33 bits of 90 kHz are 95,443.7 seconds.
		{"mpeg-ts in parts of one file", []string{"-hls_flags", "single_file"}, "h264+aac"},
		{"fragmented mp4", []string{"-hls_segment_type", "fmp4"}, "h264+aac"},
		{"fragmented mp4 in parts of one file", []string{"-hls_segment_type", "fmp4", "-hls_flags", "single_file"}, "h264+aac"},
		{"h265", []string{"-hls_segment_type", "fmp4", "-c:v", "libx265", "-x265-params", "log-level=error:keyint=25:min-keyint=25:scenecut=0", "-tag:v", "hvc1"}, "h265+aac"},
		{"ac3", []string{"-hls_segment_type", "fmp4", "-c:a", "ac3"}, "h264+ac3"},
		{"opus", []string{"-hls_segment_type", "fmp4", "-c:a", "libopus"}, "h264+opus"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := film(t, "2", c.args...)
			r := new(recorder)
			err := run(t, pull(address+"/live.m3u8"), r, func() bool { return false })
			require.ErrorContains(t, err, "played to its end")
			require.Empty(t, r.warnings)
			require.Equal(t, c.codecs, r.codecs())
			if c.name == "ac3" || c.name == "opus" {
				require.Len(t, r.of(media.Video), 50)
				require.NotEmpty(t, r.of(media.Audio))
				return
			}
			requireWhole(t, r, 2)
		})
	}
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key"), []byte("0123456789abcdef"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "info"), []byte("key\nkey\n"), 0o600))
	ffmpeg(t, dir, append(source("2"), "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "-hls_key_info_file", "info", "live.m3u8")...)
	r := new(recorder)
	err := run(t, pull(serve(t, http.FileServer(http.Dir(dir)))+"/live.m3u8"), r, func() bool { return false })
	require.ErrorContains(t, err, "played to its end")
	require.Empty(t, r.warnings)
	requireWhole(t, r, 2)
}

func TestSoundOfItsOwn(t *testing.T) {
	t.Parallel()
	for kind, offset := range map[string]string{"mpegts": "95442.5", "fmp4": "0"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ffmpeg(t, dir, append(source("2"), "-map", "0:v", "-map", "1:a", "-f", "hls", "-hls_time", "1", "-hls_list_size", "0",
				"-output_ts_offset", offset, "-hls_segment_type", kind, "-var_stream_map", "v:0,agroup:s a:0,agroup:s,default:yes", "-master_pl_name", "live.m3u8", "v%v.m3u8")...)
			r := new(recorder)
			err := run(t, pull(serve(t, http.FileServer(http.Dir(dir)))+"/live.m3u8"), r, func() bool { return false })
			require.ErrorContains(t, err, "played to its end")
			require.Empty(t, r.warnings)
			require.Equal(t, "h264+aac", r.codecs())
			requireWhole(t, r, 2)
		})
	}
}

func TestFilmIsPlayedAgain(t *testing.T) {
	t.Parallel()
	address, _ := film(t, "2", "-hls_segment_type", "fmp4")
	in, r := pull(address+"/live.m3u8"), new(recorder)
	in.Once = false
	require.NoError(t, run(t, in, r, func() bool { return r.count(media.Video) >= 60 }))
	require.Equal(t, "h264+aac", r.codecs())
	require.Empty(t, r.warnings)
	video := r.of(media.Video)
	require.True(t, video[50].sync)
	require.Equal(t, video[0].dts, video[50].dts)
	require.GreaterOrEqual(t, video[50].at, 1900*time.Millisecond)
}
