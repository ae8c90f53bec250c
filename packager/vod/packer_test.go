package vod_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/packager/vod"
)

func TestAssetInStore(t *testing.T) {
	t.Parallel()
	store := openFolder(t)
	source := film(t, "a.mp4", "9")
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(source), "a.zh.srt"), []byte("1\n00:00:01,000 --> 00:00:02,000\n你好\n"), 0o600))
	p := &vod.Packer{Store: store, Work: t.TempDir(), Now: func() time.Time { return time.Unix(1e9, 0) }}
	packed, err := p.Pack(t.Context(), source, vod.Asset{ID: "lesson-1", Title: "第一课", Protected: true})
	require.NoError(t, err)

	a, entries, err := vod.Open(t.Context(), store, "lesson-1")
	require.NoError(t, err)
	require.Equal(t, packed, a)
	require.Equal(t, "第一课", a.Title)
	require.True(t, a.Protected)
	require.InDelta(t, 9, a.Duration.Seconds(), 0.1)
	require.Equal(t, []vod.Subtitle{{Language: "zh", Name: "中文", Object: "assets/lesson-1/text/1.vtt"}}, a.Subtitles)
	for _, name := range []string{a.Poster, a.Thumbnails, a.Sprites[0], a.Subtitles[0].Object} {
		b, err := store.Get(t.Context(), name, 0, -1)
		require.NoError(t, err)
		require.NotEmpty(t, b, name)
	}
	require.Len(t, entries, 4)
	at, counters := media.FirstTime, timeline.Counters{}
	for i := range entries {
		e := &entries[i]
		require.Equal(t, uint64(i), e.Seq)
		require.Equal(t, at, e.Time)
		require.Equal(t, time.Unix(0, 0).UTC().Add(at-media.FirstTime), e.Start)
		require.Equal(t, timeline.Asset, e.Kind)
		require.True(t, e.Independent)
		at += e.Duration

		// The record in the object is the entry, and the fragments are where the index says.
		object, err := store.Get(t.Context(), e.Object, 0, -1)
		require.NoError(t, err)
		recorded, err := timeline.ReadObject(object)
		require.NoError(t, err)
		recorded.Object = e.Object
		require.Equal(t, *e, recorded)
		var init media.Init
		body, err := store.Get(t.Context(), timeline.InitName(e.Init), 0, -1)
		require.NoError(t, err)
		require.NoError(t, init.UnmarshalJSON(body))
		var fragments [][]byte
		for _, r := range e.Tracks {
			fragments = append(fragments, object[r.Offset:r.End()])
		}
		if i > 0 {
			require.Equal(t, counters, e.TS)
		}
		_, counters, err = render.TS(nil, &init, fragments, e.TS)
		require.NoError(t, err)
	}
	_, err = p.Pack(t.Context(), source, vod.Asset{ID: "lesson-1"})
	require.ErrorIs(t, err, vod.ErrExists)
	_, err = p.Pack(t.Context(), source, vod.Asset{ID: "Lesson"})
	require.ErrorContains(t, err, "asset id")
	left, err := os.ReadDir(p.Work)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestLadderInStore(t *testing.T) {
	t.Parallel()
	store := openFolder(t)
	source := filepath.Join(t.TempDir(), "a.avi")
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25", "-t", "3", "-c:v", "mpeg4", "-q:v", "5", source)
	p := &vod.Packer{Store: store, Work: t.TempDir(), Options: vod.Options{NoPictures: true}}
	_, err := p.Pack(t.Context(), source, vod.Asset{ID: "b"})
	require.NoError(t, err)
	_, entries, err := vod.Open(t.Context(), store, "b")
	require.NoError(t, err)
	for i := range entries {
		require.Len(t, entries[i].Also, 1)
		also := entries[i].Also[0]
		require.Equal(t, "480p", also.Name)
		require.Equal(t, vod.ObjectName("b", "480p", uint64(i)), also.Object)
		object, err := store.Get(t.Context(), also.Object, 0, -1)
		require.NoError(t, err)
		r := also.Tracks[0]
		require.True(t, bytes.Contains(object[r.Offset:r.End()], []byte("moof")))
	}
}

// A bad file leaves no asset.
func TestNoAssetOfBadInput(t *testing.T) {
	t.Parallel()
	store := openFolder(t)
	source := film(t, "a.mp4", "3", "-movflags", "+faststart")
	b, err := os.ReadFile(source)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(source, b[:len(b)*2/3], 0o600))
	p := &vod.Packer{Store: store, Work: t.TempDir()}
	_, err = p.Pack(t.Context(), source, vod.Asset{ID: "c"})
	require.ErrorContains(t, err, "cut short")
	_, err = vod.Describe(t.Context(), store, "c")
	require.ErrorIs(t, err, vod.ErrNoAsset)
}
