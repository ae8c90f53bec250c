package media_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
)

func TestChannelsOf(t *testing.T) {
	for _, c := range []struct {
		codec media.Codec
		want  int
	}{
		{&media.AAC{Config: []byte{0x11, 0x90}}, 2},
		{&media.AAC{Config: []byte{0x11, 0xb8}}, 8},
		{&media.AAC{}, 0},
		{&media.Opus{Channels: 6}, 6},
		{&media.MP2{Channels: 1, SampleRate: 48000}, 1},
		{&media.AC3{Config: []byte{0x10, 0x3d, 0xe0}}, 6},
		{&media.AC3{}, 0},
		{&media.EAC3{Config: []byte{1, 0x80, 0x20, 4, 0}}, 2},
		{&media.EAC3{}, 0},
		{&media.WebVTT{}, 0},
		{&media.H264{}, 0},
	} {
		require.Equal(t, c.want, media.ChannelsOf(c.codec), "%T %+v", c.codec, c.codec)
	}
}
