package object_test

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
)

var badNames = []string{
	"", "/", ".", "..", "a/", "/a", "/etc/passwd", "a//b", "a/./b", "a/../b", "../a", "a/..", "..//a",
	"%2e%2e/a", "a/%2e%2e/b", "a%00", "a\x00b", "\x00", `a\b`, `..\..\a`, `C:\a`, "C:a", "a b", "a\nb", "a?b", "a#b", "a*b",
	"a~", "~/a", "+tmp/x", "a:b", "a;b", "a&b", "讲座", "a/\xff", "\u202e", "．．/a",
	strings.Repeat("a", 129), "a/" + strings.Repeat("b", 129), strings.Repeat("a/", 256) + "b", strings.Repeat("0123456/", 64) + "1",
}

func TestCheckName(t *testing.T) {
	for _, name := range badNames {
		require.ErrorIs(t, object.CheckName(name), object.ErrBadName, "%q", name)
	}
	for _, name := range []string{
		"a", "A-Z_0=9.m4s", "...", "..a", "a..", ".hidden", "-", "=", strings.Repeat("a", 128),
		strings.Repeat("0123456/", 63) + "12345678",
	} {
		require.NoError(t, object.CheckName(name), "%q", name)
	}
	err := object.CheckName("live/a b/" + strings.Repeat("x", 300))
	require.ErrorContains(t, err, `"live/a b/`)
	require.ErrorContains(t, err, "expected one of [A-Za-z0-9._=-]")
	require.Less(t, len(err.Error()), 300)
}

func FuzzCheckName(f *testing.F) {
	for _, name := range badNames {
		f.Add(name)
	}
	f.Add("live/hall1/2026112304/000001.m4s")
	f.Fuzz(func(t *testing.T, name string) {
		if object.CheckName(name) != nil {
			return
		}
		// What it lets through stays where it is put, whoever joins it to whatever.
		require.Equal(t, name, path.Clean(name))
		require.False(t, path.IsAbs(name))
		require.Equal(t, "/root/"+name, path.Join("/root", name))
		require.LessOrEqual(t, len(name), 512)
		for part := range strings.SplitSeq(name, "/") {
			require.NotEmpty(t, part)
			require.LessOrEqual(t, len(part), 128)
			require.NotEqual(t, "..", part)
		}
		require.NotContains(t, name, "%")
		require.NotContains(t, name, `\`)
		require.NotContains(t, name, "\x00")
		for i := range len(name) + 1 {
			if i == 0 || name[i-1] != '/' || i == len(name) {
				require.NoError(t, object.CheckPrefix(name[:i]), "%q", name[:i])
			}
		}
	})
}
