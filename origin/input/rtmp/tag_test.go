package rtmp

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
)

func TestReadTags(t *testing.T) {
	video, audio := uint8(kindVideo), uint8(kindAudio)
	v, a := media.Video, media.Audio
	for _, c := range []struct {
		name string
		kind uint8
		body []byte
		want []tag
	}{
		{"nothing", audio, nil, nil},
		{"H.264 configuration", video, []byte{0x17, 0, 0, 0, 0, 1, 2}, []tag{{kind: v, codec: "h264", part: partConfig, payload: []byte{1, 2}}}},
		{"H.264, shown later", video, []byte{0x27, 1, 0, 0, 80, 9}, []tag{{kind: v, codec: "h264", part: partFrame, offset: 80, payload: []byte{9}}}},
		{"H.264, shown before", video, []byte{0x27, 1, 0xFF, 0xFF, 0xD8, 9}, []tag{{kind: v, codec: "h264", part: partFrame, offset: -40, payload: []byte{9}}}},
		{"the end of H.264", video, []byte{0x17, 2, 0, 0, 0}, []tag{{kind: v, codec: "h264", payload: []byte{}}}},
		{"H.265 as in China", video, []byte{0x1C, 1, 0, 0, 0, 9}, []tag{{kind: v, codec: "h265", part: partFrame, payload: []byte{9}}}},
		{"H.263", video, []byte{0x22, 9}, []tag{{kind: v, codec: "h263", part: partFrame}}},
		{"a command to players", video, []byte{0x57, 0}, nil},
		{"an extended command to players", video, []byte{0xD0, 0}, nil},
		{"AAC configuration", audio, []byte{0xAF, 0, 0x11, 0x90}, []tag{{kind: a, codec: "aac", part: partConfig, payload: []byte{0x11, 0x90}}}},
		{"AAC", audio, []byte{0xAF, 1, 9}, []tag{{kind: a, codec: "aac", part: partFrame, payload: []byte{9}}}},
		{"MP3", audio, []byte{0x2F, 9}, []tag{{kind: a, codec: "mp3", part: partFrame, payload: []byte{9}}}},
		{"G.711", audio, []byte{0x72, 9}, []tag{{kind: a, codec: "g711", part: partFrame, payload: []byte{9}}}},
		{
			"H.265 by Enhanced RTMP", video, []byte("\x91hvc1\x00\x00\x50\x09"),
			[]tag{{kind: v, codec: "h265", part: partFrame, offset: 80, payload: []byte{9}}},
		},
		{"H.265 shown at once", video, []byte("\xA3hvc1\x09"), []tag{{kind: v, codec: "h265", part: partFrame, payload: []byte{9}}}},
		{"H.265 configuration", video, []byte("\x90hvc1\x09"), []tag{{kind: v, codec: "h265", part: partConfig, payload: []byte{9}}}},
		{"metadata of pictures", video, []byte("\x94hvc1\x09"), []tag{{kind: v, codec: "h265", payload: []byte{9}}}},
		{"AV1", video, []byte("\x91av01\x09"), []tag{{kind: v, codec: "av1", part: partFrame, payload: []byte{9}}}},
		{"unheard of", video, []byte("\x91x\x00\x0ay\x09"), []tag{{kind: v, codec: "xy", part: partFrame, payload: []byte{9}}}},
		{"Opus", audio, []byte("\x91Opus\x09"), []tag{{kind: a, codec: "opus", part: partFrame, payload: []byte{9}}}},
		{"the layout of channels", audio, []byte("\x94mp4a\x09"), []tag{{kind: a, codec: "aac", payload: []byte{9}}}},
		{
			"nanoseconds in front", video, []byte("\x97\x02\x00\x01\x02\x01avc1\x00\x00\x00\x09"),
			[]tag{{kind: v, codec: "h264", part: partFrame, payload: []byte{9}}},
		},
		{"one track of several", audio, []byte("\x95\x01mp4a\x03\x09"), []tag{{kind: a, track: 3, codec: "aac", part: partFrame, payload: []byte{9}}}},
		{
			"two tracks", audio, []byte("\x95\x11mp4a\x00\x00\x00\x01\x08\x01\x00\x00\x01\x09"), []tag{
				{kind: a, codec: "aac", part: partFrame, payload: []byte{8}},
				{kind: a, track: 1, codec: "aac", part: partFrame, payload: []byte{9}},
			},
		},
		{
			"two tracks with codecs", audio, []byte("\x95\x21mp4a\x00\x00\x00\x01\x08Opus\x01\x00\x00\x01\x09"), []tag{
				{kind: a, codec: "aac", part: partFrame, payload: []byte{8}},
				{kind: a, track: 1, codec: "opus", part: partFrame, payload: []byte{9}},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readTags(&message{kind: c.kind, body: c.body})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	for name, body := range map[string]string{
		"half a header": "\x17\x01\x00", "half a code": "\x90hv", "no composition time": "\x91hvc1\x00", "half a modifier": "\x97\x05\x00",
		"a long modifier": "\x97\xFF\x00\x10\x00", "nothing of tracks": "\x96", "a form of tracks": "\x96\x31avc1\x00",
		"half a track": "\x96\x11avc1\x00\x00\x00\x09\x01", "a track's size": "\x96\x11avc1\x00\x00", "a track's codec": "\x96\x21av",
	} {
		_, err := readTags(&message{kind: video, body: []byte(body)})
		require.Error(t, err, name)
		require.ErrorContains(t, err, "rtmp video of")
	}
}

func TestRecords(t *testing.T) {
	avc := []byte{1, 0x64, 0, 0x1F, 0xFF, 0xE1, 0, 2, 0x67, 1, 2, 0, 2, 0x68, 1, 0, 2, 0x68, 2}
	r, err := readAVC(avc)
	require.NoError(t, err)
	require.Equal(t, 4, r.length)
	require.Equal(t, [][]byte{{0x67, 1}, {0x68, 1}}, r.first(isPPS264))
	require.Equal(t, [][]byte{{0x68, 2}}, r.extra(isPPS264))
	for n := range avc {
		_, err := readAVC(avc[:n])
		require.Error(t, err, "%d bytes", n)
	}

	hevc := append(make([]byte, 21), 0xFF, 2, 0x20, 0, 1, 0, 2, 0x40, 1, 0x22, 0, 1, 0, 2, 0x44, 1)
	r, err = readHEVC(hevc)
	require.NoError(t, err)
	require.Equal(t, [][]byte{{0x40, 1}, {0x44, 1}}, r.first(isPPS265))
	for n := range hevc {
		_, err := readHEVC(hevc[:n])
		require.Error(t, err, "%d bytes", n)
	}
	_, err = readHEVC(append(make([]byte, 22), 1, 0x20, 0xFF, 0xFF))
	require.ErrorContains(t, err, "at most 64")
}

func TestSplitUnits(t *testing.T) {
	for _, c := range []struct {
		name   string
		length int
		b      []byte
		want   [][]byte
	}{
		{"none", 4, nil, nil},
		{"an empty one between", 4, []byte{0, 0, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0, 2, 7, 8}, [][]byte{{9}, {7, 8}}},
		{"lengths of two bytes", 2, []byte{0, 1, 9}, [][]byte{{9}}},
		{"lengths of one byte", 1, []byte{1, 9, 2, 7, 8}, [][]byte{{9}, {7, 8}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := splitUnits(c.b, c.length)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	for _, b := range [][]byte{{0, 0, 0}, {0, 0, 0, 2, 1}, {0xFF, 0xFF, 0xFF, 0xFF, 1}, bytes.Repeat([]byte{0, 0, 0, 1, 9}, maxUnits+1)} {
		_, err := splitUnits(b, 4)
		require.Error(t, err)
	}
}
