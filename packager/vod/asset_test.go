package vod_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/packager/vod"
	"podium.tv/podium/storage/object"
)

func openFolder(t *testing.T) *object.Folder {
	t.Helper()
	store := &object.Folder{Root: t.TempDir()}
	require.NoError(t, store.Initialize())
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func TestAssetIsReadAsItWasPut(t *testing.T) {
	store := openFolder(t)
	_, _, err := vod.Open(t.Context(), store, "lecture")
	require.ErrorIs(t, err, vod.ErrNoAsset)
	_, _, err = vod.Open(t.Context(), store, "../x")
	require.ErrorIs(t, err, vod.ErrNoAsset)

	in := &vod.Asset{
		ID: "lecture", Title: "第一课", CreatedAt: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Protected: true,
		Poster: "assets/lecture/poster.jpg", Subtitles: []vod.Subtitle{{Language: "zh", Name: "中文", Object: "assets/lecture/text/zh.vtt"}},
	}
	entries := []timeline.Entry{
		{Duration: 2 * time.Second, Kind: timeline.Asset, Time: 10 * time.Second, Object: vod.ObjectName("lecture", "", 0), Init: "0123456789abcdef"},
		{
			Duration: 4 * time.Second, Kind: timeline.Asset, Time: 12 * time.Second, Object: vod.ObjectName("lecture", "", 1), Init: "0123456789abcdef",
			Also: []timeline.Rendition{{Name: "720p", Object: vod.ObjectName("lecture", "720p", 1), Init: "fedcba9876543210"}},
		},
	}
	require.NoError(t, vod.Put(t.Context(), store, in, entries))
	out, got, err := vod.Open(t.Context(), store, "lecture")
	require.NoError(t, err)
	require.Equal(t, in, out)
	require.Equal(t, 6*time.Second, out.Duration)
	require.Equal(t, entries, got)
	require.Equal(t, time.Unix(2, 0).UTC(), got[1].Start)
	require.Equal(t, "assets/lecture/media-720p/0/1.cmaf", got[1].Also[0].Object)
}

func TestAssetsOfOthersAreRefused(t *testing.T) {
	store := openFolder(t)
	for name, text := range map[string]string{
		"a": `{"id":"b"}`,
		"b": `{"id":"b","poster":"assets/c/poster.jpg"}`,
		"c": `{"id":"c","duration":-1}`,
		"d": `no json`,
	} {
		require.NoError(t, store.Put(t.Context(), "assets/"+name+"/asset.json", []byte(text)))
		_, _, err := vod.Open(t.Context(), store, name)
		require.ErrorIs(t, err, vod.ErrBadAsset, text)
	}
}
