package play_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/packager/vod"
	"podium.tv/podium/stb-api/play"
)

// shelve makes an asset of what the channel put out up to now.
func (a *air) shelve(id string, change func(*vod.Asset)) {
	a.t.Helper()
	entries := slices.Clone(a.line.Tail().Entries)
	for i := range entries {
		entries[i].Kind = timeline.Asset
	}
	for name, body := range map[string]string{
		"poster.jpg": "a picture", "thumbs.vtt": "WEBVTT\n\n00:00.000 --> 00:10.000\nsheet1.jpg#xywh=0,0,160,90\n", "sheet1.jpg": "a sheet",
		"zh.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n第一行\n", "plain.vtt": "no text",
	} {
		require.NoError(a.t, a.folder.Put(a.t.Context(), "assets/"+id+"/"+name, []byte(body)))
	}
	require.NoError(a.t, vod.Put(a.t.Context(), a.folder, &vod.Asset{ID: id, Title: id, CreatedAt: signOn}, entries))
	described, err := vod.Describe(a.t.Context(), a.folder, id)
	require.NoError(a.t, err)
	described.Poster, described.Thumbnails = "assets/"+id+"/poster.jpg", "assets/"+id+"/thumbs.vtt"
	described.Sprites = []string{"assets/" + id + "/sheet1.jpg"}
	described.Subtitles = []vod.Subtitle{
		{Language: "zh", Name: "中文", Object: "assets/" + id + "/zh.vtt"}, {Name: `"` + "\n", Object: "assets/" + id + "/plain.vtt"},
	}
	if change != nil {
		change(described)
	}
	body, err := json.Marshal(described)
	require.NoError(a.t, err)
	require.NoError(a.t, a.folder.Put(a.t.Context(), "assets/"+id+"/asset.json", body))
}

func TestAsset(t *testing.T) {
	a := newAir(t)
	a.small = "360p"
	a.run(30 * time.Second)
	a.describe([]byte{0x68, 0xe9, 0x78, 0xf2, 0xcc})
	a.run(30 * time.Second)
	a.flush()
	a.shelve("lecture", nil)

	w := a.do("GET", "/vod/lecture/index.m3u8")
	require.Equal(t, 200, w.Code, w.Body)
	master, err := strict.ParseMaster(w.Body.Bytes())
	require.NoError(t, err)
	require.Empty(t, strict.CheckMaster(master), w.Body)
	require.Len(t, master.Variants, 2)
	require.Equal(t, "中文", master.Media[1].Name)
	require.Equal(t, "text2", master.Media[2].Name, "a name that nobody could write between quotation marks")
	for _, uri := range append(master.URIs(), "mono.m3u8", "mono-360p.m3u8") {
		w := a.do("GET", "/vod/lecture/"+uri)
		require.Equal(t, 200, w.Code, "%s: %s", uri, w.Body)
		require.Equal(t, "public, max-age=60", w.Header().Get("Cache-Control"))
		list, err := strict.ParseMedia(w.Body.Bytes())
		require.NoError(t, err, "%s: %s", uri, w.Body)
		require.Empty(t, strict.Check(list), "%s: %s", uri, w.Body)
		require.Equal(t, "VOD", list.Type)
		require.True(t, list.Ended)
		require.NotContains(t, w.Body.String(), "PROGRAM-DATE-TIME", "it was never on the air")
		for _, s := range list.Segments {
			w := a.do("GET", "/vod/lecture/"+strings.TrimPrefix(s.URI, "../"))
			require.Equal(t, 200, w.Code, "%s of %s", s.URI, uri)
		}
	}
	for path, want := range map[string]string{
		"poster.jpg": "a picture", "thumbs-1.jpg": "a sheet", "thumbs.vtt": "\nthumbs-1.jpg#xywh=0,0,160,90\n", "text-2.vtt": "no text",
		"text-1.vtt": "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000",
	} {
		w := a.do("GET", "/vod/lecture/"+path)
		require.Equal(t, 200, w.Code, path)
		require.Contains(t, w.Body.String(), want)
	}
	for _, path := range []string{
		"lecture/thumbs-2.jpg", "lecture/text-3.vtt", "lecture/all/text-3.m3u8", "lecture/rewind-60.m3u8", "lecture/live/1.m3u8", "lecture/seg-0-99.ts",
		"lecture/seg-1-1.ts", "lecture/all/3.m3u8", "lecture/all/480p.1.m3u8", "none/index.m3u8", "../lecture/index.m3u8", "lecture/asset.json",
	} {
		require.Equal(t, 404, a.do("GET", "/vod/"+path).Code, path)
	}

	var told struct {
		Seconds   float64
		URL       string
		PosterURL string
	}
	require.NoError(t, json.Unmarshal(a.do("GET", "/api/v1/vod/lecture").Body.Bytes(), &told))
	require.InDelta(t, 60, told.Seconds, 4)
	require.Equal(t, "/vod/lecture/index.m3u8", told.URL)
	require.Equal(t, "/vod/lecture/poster.jpg", told.PosterURL)

	// The store goes away: what is known of the asset holds.
	a.now = a.now.Add(time.Hour)
	a.away.Store(true)
	require.Equal(t, 200, a.do("GET", "/vod/lecture/all/1.m3u8").Code)
	require.Equal(t, 503, a.do("GET", "/vod/other/index.m3u8").Code)
}

func TestProtectedAsset(t *testing.T) {
	a := newAir(t)
	a.run(time.Minute)
	a.flush()
	a.shelve("lecture", func(d *vod.Asset) { d.Protected, d.Encrypted = true, true })
	good := a.signer.Sign(play.AssetScope("lecture"), time.Now().Add(time.Hour))
	channel := a.signer.Sign("lecture", time.Now().Add(time.Hour))
	for _, path := range []string{"index.m3u8", "mono.m3u8", "all/1.m3u8", "poster.jpg", "text-1.vtt"} {
		a.problem(a.do("GET", "/vod/lecture/"+path), 403, "token")
		a.problem(a.do("GET", "/vod/lecture/~"+channel+"/"+path), 403, "token")
		w := a.do("GET", "/vod/lecture/~"+good+"/"+path)
		require.Equal(t, 200, w.Code, w.Body)
		require.Contains(t, w.Header().Get("Cache-Control"), "private")
	}
	a.problem(a.do("GET", "/api/v1/vod/lecture"), 403, "token")
	require.Contains(t, a.do("GET", "/api/v1/vod/lecture?token="+good).Body.String(), "/vod/lecture/~"+good+"/index.m3u8")
	require.Contains(t, a.do("GET", "/vod/lecture/index.m3u8?token="+good).Body.String(), "~"+good+"/all/1.m3u8")
	text := a.do("GET", "/vod/lecture/~"+good+"/all/1.m3u8").Body.String()
	require.Regexp(t, `#EXT-X-KEY:METHOD=AES-128,URI="\.\./key-0000000000[0-9a-f]{6}\.key"`, text, "one key for all of it")
}
