package demo_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/demo"
	"podium.tv/podium/packager/media"
)

func TestLectureRepeatsWithoutASeam(t *testing.T) {
	c, err := demo.Lecture()
	require.NoError(t, err)
	require.Len(t, c.Tracks, 2)
	require.Zero(t, c.Duration%(8*time.Second), "whole GOPs and whole AAC frames")

	video, audio := c.Tracks[0], c.Tracks[1]
	require.Equal(t, "h264", video.Codec.Name())
	require.Equal(t, media.Picture{Width: 1280, Height: 720, FrameRate: 25}, media.PictureOf(video.Codec))
	require.Len(t, c.Samples[0], int(c.Duration/(40*time.Millisecond)))
	reordered := false
	for i, s := range c.Samples[0] {
		require.Equal(t, i%50 == 0, s.Sync, "picture %d", i)
		require.LessOrEqual(t, s.DTS, s.PTS)
		reordered = reordered || s.DTS != s.PTS-c.Samples[0][0].PTS+c.Samples[0][0].DTS
	}
	require.True(t, reordered, "the clip has B-frames, as encoders send them")
	require.Zero(t, c.Samples[0][0].PTS)

	require.Equal(t, "aac", audio.Codec.Name())
	require.Equal(t, 48000, audio.Timescale)
	frames := len(c.Samples[1])
	require.Equal(t, int64(c.Duration/time.Second)*48000, int64(frames)*1024)
	for i, s := range c.Samples[1] {
		require.Equal(t, int64(i)*1024, s.PTS)
	}
}

func TestReadClipRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing": nil, "not an mp4": []byte("RIFF....WAVEfmt "), "an mp4 cut short": {0, 0, 0, 24, 'f', 't', 'y', 'p', 'i', 's'},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := demo.ReadClip(bytes.NewReader(b))
			require.Error(t, err)
		})
	}
}
