package play_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/play"
)

var goodNames = []string{
	"index.m3u8", "mono.m3u8", "rewind-60.m3u8", "mono-rewind-2678400.m3u8", "archive-1795406400-3600.m3u8",
	"mono-archive-1795406400-1.m3u8", "archive-0-now.m3u8", "mono-archive-1795406400-now.m3u8",
	"live/1.m3u8", "rewind-60/8.m3u8", "archive-1795406400-3600/2.m3u8", "archive-1795406400-now/1.m3u8",
	"seg-498724-0.ts", "seg-498724-9007199254740992.ts", "seg-498724-17-1.m4s", "seg-0-0-8.m4s",
	"init-0123456789abcdef-1.mp4",
	"mono-720p.m3u8", "mono-720p-rewind-60.m3u8", "mono-rewind.m3u8", "live/720p.1.m3u8", "rewind-60/audio.1.m3u8", "live/iframe-1.m3u8",
	"all/720p.1.m3u8", "all/iframe-480p.1.m3u8", "all/text-2.m3u8", "timeshift_rel-3600.m3u8", "mono-timeshift_rel-60.m3u8",
	"timeshift_rel-3600/1.m3u8", "timeshift_abs-1795406400.m3u8", "mono-timeshift_abs-1795406400.m3u8", "seg-498724-17-720p.1.m4s",
	"seg-498724-17-720p.ts", "seg-498724-17-k0123456789abcdef.ts", "seg-498724-17-720p-k0123456789abcdef.ts",
	"seg-498724-17-720p.1-k0123456789abcdef.m4s", "seg-498724-17-3.vtt", "iframe-498724-17-1.m4s",
	"iframe-498724-17-720p.1-k0123456789abcdef.m4s", "key-0123456789abcdef.key", "part-498724-17-1-0.m4s", "poster.jpg", "thumbs.vtt", "thumbs-1.jpg", "text-1.vtt",
}

// aliases are other spellings, each with ours.
var aliases = map[string]string{
	"video.m3u8":                         "mono.m3u8",
	"index-1795406400-3600.m3u8":         "archive-1795406400-3600.m3u8",
	"index-1795406400-now.m3u8":          "archive-1795406400-now.m3u8",
	"mono-1795406400-3600.m3u8":          "mono-archive-1795406400-3600.m3u8",
	"video-1795406400-3600.m3u8":         "mono-archive-1795406400-3600.m3u8",
	"video-1795406400-now.m3u8":          "mono-archive-1795406400-now.m3u8",
	"video-rewind-60.m3u8":               "mono-rewind-60.m3u8",
	"video-timeshift_rel-60.m3u8":        "mono-timeshift_rel-60.m3u8",
	"timeshift_abs_mono-1795406400.m3u8": "mono-timeshift_abs-1795406400.m3u8",
	"timeshift_rel_video-60.m3u8":        "mono-timeshift_rel-60.m3u8",
}

var badNames = []string{
	"", "/", ".", "..", "../edu2/index.m3u8", "live/../../x.m3u8", `..\index.m3u8`, "%2e%2e/index.m3u8", "index.m3u8/", "INDEX.M3U8",
	"index.m3u8\x00", "live/1.m3u8/2.m3u8", "live.m3u8", "mono-live.m3u8", "live/0.m3u8", "live/9.m3u8", "live/01.m3u8",
	"live/-1.m3u8", "live/１.m3u8", "rewind-.m3u8", "rewind-0.m3u8", "rewind--5.m3u8", "rewind-2678401.m3u8", "rewind-060.m3u8",
	"rewind-99999999999999999999.m3u8", "rewind-６０.m3u8", "rewind-60.M3U8", "rewind-1e3.m3u8", "rewind-+5.m3u8",
	"archive.m3u8", "archive-.m3u8", "archive-1.m3u8", "archive-1-.m3u8", "archive-1-0.m3u8", "archive--1-5.m3u8",
	"archive-1-2-3.m3u8", "archive-1-Now.m3u8", "archive-99999999999999-5.m3u8", "mono-mono-rewind-60.m3u8",
	"seg-1.ts", "seg--1.ts", "seg-1-.ts", "seg-1-2-3.ts", "seg-01-2.ts", "seg-1-9007199254740993.ts", "seg-1-2.m4s",
	"seg-1-2-0.m4s", "seg-1-2-9.m4s", "seg-1-2.mp4", "seg-1-2.ts ", "seg-99999999999-1.ts", "seg-1-2.ts?x",
	"init-0123456789ABCDEF-1.mp4", "init-0123456789abcde-1.mp4", "init--1.mp4", "init-../../../../etc-1.mp4",
	"init-0123456789abcdef-0.mp4", "init-0123456789abcdef.mp4", "党员.m3u8",
	"mono-.m3u8", "mono-720P.m3u8", "mono-720p-.m3u8", "mono-720p-live.m3u8", "mono-all.m3u8", "all.m3u8", "live/.1.m3u8", "live/720p.m3u8",
	"live/720p.0.m3u8", "live/720p.1.2.m3u8", "live/all.1.m3u8", "live/abcdefghijklmnopq.1.m3u8", "live/iframe-.m3u8",
	"live/iframe-iframe-1.m3u8", "iframe-1.m3u8", "live/text-0.m3u8", "live/text-101.m3u8", "timeshift_abs-1795406400/1.m3u8",
	"timeshift_rel-0.m3u8", "timeshift_rel-2678401.m3u8", "timeshift_abs-.m3u8", "timeshift-5.m3u8", "seg-1-2-720p..m4s", "seg-1-2-720p.m4s",
	"seg-1-2-720p.1.ts", "seg-1-2-720p-.ts", "seg-1-2-k0123456789abcde.1.ts", "seg-1-2-k0123456789ABCDEF.ts",
	"seg-1-2-k0123456789abcdef-720p.ts", "seg-1-2-1-k0123456789abcdef-.m4s", "seg-1-2-1-k0123.m4s", "seg-1-2.vtt", "seg-.ts", "seg-",
	"iframe-1-2.m4s", "iframe-1-2-1.ts", "key-.key", "key-0123456789ABCDEF.key", "key-0123456789abcdef", "poster.png", "thumbs-0.jpg",
	"thumbs-10001.jpg", "text-0.vtt", "text-.vtt", "index-1795406400.m3u8", "video-.m3u8", "video-720p.m3u8", "timeshift_abs_mono.m3u8",
	"archive_mono-1-2.m3u8x", strings.Repeat("a", 200) + ".m3u8",
}

func TestNames(t *testing.T) {
	for _, path := range goodNames {
		got, err := play.Rewrite(path)
		require.NoError(t, err, path)
		require.Equal(t, path, got)
	}
	for path, want := range aliases {
		got, err := play.Rewrite(path)
		require.NoError(t, err, path)
		require.Equal(t, want, got)
	}
	for _, path := range badNames {
		got, err := play.Rewrite(path)
		require.Error(t, err, "%q was understood as %q", path, got)
	}
}

// FuzzName: what is understood has one spelling, the one that we write.
func FuzzName(f *testing.F) {
	for _, path := range goodNames {
		f.Add(path)
	}
	for _, path := range badNames {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, err := play.Rewrite(path)
		if err != nil {
			return
		}
		again, err := play.Rewrite(got)
		require.NoError(t, err, "%q was understood as %q", path, got)
		require.Equal(t, got, again)
	})
}
