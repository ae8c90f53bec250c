package render_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
)

// TestInitGolden holds the headers of every codec to the byte: players have them in their caches under a name that is
// made of the parameters, so that the same parameters must make the same bytes for good.
func TestInitGolden(t *testing.T) {
	tracks := map[string]media.Track{
		"aac-51":    {ID: 2, Timescale: 48000, Language: "yue", Codec: &media.AAC{Config: []byte{0x11, 0xb0}}},
		"ac3-51":    {ID: 2, Timescale: 48000, Codec: &media.AC3{Config: []byte{0x10, 0x3d, 0xe0}}},
		"eac3":      {ID: 2, Timescale: 44100, Codec: &media.EAC3{Config: []byte{0x01, 0x80, 0x60, 0x04, 0x00}}},
		"opus-51":   {ID: 2, Timescale: 48000, Codec: &media.Opus{Channels: 6}},
		"mp2":       {ID: 2, Timescale: 48000, Language: "en", Codec: &media.MP2{SampleRate: 48000, Channels: 2}},
		"webvtt":    {ID: 3, Timescale: 1000, Language: "zh-Hans", Codec: &media.WebVTT{}},
		"webvtt-st": {ID: 3, Timescale: 1000, Codec: &media.WebVTT{Header: "STYLE\n::cue { color: yellow }"}},
	}
	for _, name := range clips {
		for _, track := range readClip(t, name).init.Tracks {
			tracks["clip-"+track.Codec.Name()] = track
		}
	}
	for name, track := range tracks {
		t.Run(name, func(t *testing.T) {
			b, err := render.Init(&track)
			require.NoError(t, err)
			file := filepath.Join("testdata", "init-"+name+".hex")
			got := hex.Dump(b)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err, "run with UPDATE_GOLDEN=1")
			require.Equal(t, string(want), got)
		})
	}
}

// FuzzInit makes headers of what strangers' streams and a damaged store may tell: an error or whole boxes, never a panic.
func FuzzInit(f *testing.F) {
	for _, name := range clips {
		b, err := readClip(f, name).init.MarshalJSON()
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		init := new(media.Init)
		if init.UnmarshalJSON(b) != nil {
			return
		}
		for i := range init.Tracks {
			out, err := render.Init(&init.Tracks[i])
			if err != nil {
				continue
			}
			for len(out) > 0 {
				size := int(out[0])<<24 | int(out[1])<<16 | int(out[2])<<8 | int(out[3])
				require.Greater(t, size, 7)
				require.LessOrEqual(t, size, len(out))
				out = out[size:]
			}
		}
	})
}
