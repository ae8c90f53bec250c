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
	"init-0123456789abcdef-0.mp4", "init-0123456789abcdef.mp4", "党员.m3u8", strings.Repeat("a", 200) + ".m3u8",
}

func TestNames(t *testing.T) {
	for _, path := range goodNames {
		got, err := play.Rewrite(path)
		require.NoError(t, err, path)
		require.Equal(t, path, got)
	}
	for _, path := range badNames {
		got, err := play.Rewrite(path)
		require.Error(t, err, "%q was understood as %q", path, got)
	}
}

// FuzzName: a path has one spelling, the one that we write.
func FuzzName(f *testing.F) {
	for _, path := range goodNames {
		f.Add(path)
	}
	for _, path := range badNames {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, err := play.Rewrite(path)
		if err == nil {
			require.Equal(t, path, got)
		}
	})
}
