package playlist_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist"
)

func TestMasterPlaylists(t *testing.T) {
	for name, m := range map[string]*playlist.Master{
		"master-muxed": {Independent: true, Variants: []playlist.Variant{
			{URI: "mono.m3u8?token=a&b=c", Bandwidth: 2900000, AverageBandwidth: 2600000, Codecs: "avc1.64001f,mp4a.40.2", Width: 1920, Height: 1080, FrameRate: 25},
		}},
		"master-ladder": {
			Independent: true,
			Variants: []playlist.Variant{
				{URI: "1080p.m3u8", Bandwidth: 5000000, Codecs: "hvc1.1.6.L93.90,mp4a.40.2", Width: 1920, Height: 1080, FrameRate: 29.97, Audio: "sound"},
				{URI: "480p.m3u8", Bandwidth: 800000, Codecs: "avc1.42c01e,mp4a.40.2", Width: 854, Height: 480, Audio: "sound"},
			},
			Audio: []playlist.Rendition{
				{Group: "sound", Name: "普通话", Language: "zh-CN", Default: true, Channels: 2, URI: "zh.m3u8?t=1&u=2"},
				{Group: "sound", Name: "English", Language: "en", URI: "en.m3u8"},
			},
		},
		"master-everything": {
			Independent: true,
			Variants: []playlist.Variant{{
				URI: "live/1.m3u8", Bandwidth: 2000000, AverageBandwidth: 1500000, Codecs: "avc1.64001f,mp4a.40.2", Width: 1280, Height: 720,
				FrameRate: 25, Audio: "sound", Subtitles: "text",
			}},
			Audio: []playlist.Rendition{{Group: "sound", Name: "zh", Language: "zh", Default: true, Channels: 2, URI: "live/2.m3u8"}},
			Subtitles: []playlist.Rendition{
				{Group: "text", Name: "中文", Language: "zh", URI: "live/3.m3u8"},
				{Group: "text", Name: "English", Language: "en", URI: "live/text-1.m3u8"},
			},
			IFrames: []playlist.Variant{{
				URI: "live/iframe-1.m3u8", Bandwidth: 200000, AverageBandwidth: 100000, Codecs: "avc1.64001f", Width: 1280, Height: 720,
			}},
		},
		"master-sound": {Variants: []playlist.Variant{{URI: "audio.m3u8", Bandwidth: 64000, Codecs: "mp4a.40.2"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := m.Append(nil)
			require.NoError(t, err)
			golden(t, name+".m3u8", got)
			for range 20 {
				again, err := m.Append(nil)
				require.NoError(t, err)
				require.Equal(t, string(got), string(again))
			}
		})
	}
}

func TestMasterRefuses(t *testing.T) {
	good := playlist.Variant{URI: "a.m3u8", Bandwidth: 1}
	with := func(edit func(*playlist.Variant)) *playlist.Master {
		v := good
		edit(&v)
		return &playlist.Master{Variants: []playlist.Variant{good, v}}
	}
	for name, c := range map[string]struct {
		m    *playlist.Master
		want string
	}{
		"no bandwidth":              {with(func(v *playlist.Variant) { v.Bandwidth = 0 }), "variant 1: bandwidth 0"},
		"a bandwidth too high":      {with(func(v *playlist.Variant) { v.Bandwidth = 1 << 33 }), "bandwidth 8589934592"},
		"a mean above the peak":     {with(func(v *playlist.Variant) { v.AverageBandwidth = 2 }), "average bandwidth 2"},
		"a URI of two lines":        {with(func(v *playlist.Variant) { v.URI = "a\nb" }), "would break"},
		"codecs with a quote":       {with(func(v *playlist.Variant) { v.Codecs = `a"` }), "would break"},
		"a negative frame rate":     {with(func(v *playlist.Variant) { v.FrameRate = -1 }), "frame rate"},
		"a rendition without name":  {&playlist.Master{Audio: []playlist.Rendition{{Group: "a"}}}, "rendition 0"},
		"text in a variant":         {&playlist.Master{Subtitles: []playlist.Rendition{{Group: "a", Name: "b"}}}, "SUBTITLES rendition 0"},
		"key pictures with a quote": {&playlist.Master{IFrames: []playlist.Variant{{URI: `"`, Bandwidth: 1}}}, "i-frame variant 0"},
		"a name with a quote":       {&playlist.Master{Audio: []playlist.Rendition{{Group: "a", Name: `"`}}}, "rendition 0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.m.Append(nil)
			require.ErrorContains(t, err, c.want)
		})
	}
}
