package whip_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/packager/media"
)

func TestPublish(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, wants{})
	c.connect(r)
	c.show(lecture(t, "320x180"))
	require.Eventually(t, func() bool {
		return len(r.feed.of(media.Video)) > 100 && len(r.feed.of(media.Audio)) > 200
	}, 30*time.Second, 20*time.Millisecond)
	tracks := r.feed.last()
	require.Len(t, r.feed.described, 1)
	require.Len(t, tracks, 2)
	require.IsType(t, &media.H264{}, tracks[0].Codec)
	require.IsType(t, &media.Opus{}, tracks[1].Codec)
	video, audio := r.feed.of(media.Video), r.feed.of(media.Audio)
	require.True(t, video[0].Sync)
	for i := 1; i < 100; i++ {
		require.Equal(t, video[i-1].PTS+3600, video[i].PTS)
		require.Equal(t, video[i].PTS, video[i].DTS)
	}
	// What was written at the same moment has the same time, by the sender reports.
	require.InDelta(t, media.Duration(video[0].PTS, 90000), media.Duration(audio[0].PTS, 48000), float64(60*time.Millisecond))
	require.Positive(t, c.pictures.Load(), "a key frame is asked for")
	require.Equal(t, "whip", r.desk.Publishers()[0].Protocol)

	require.NoError(t, r.server.Delete("hall1", c.answer.Session))
	require.ErrorIs(t, <-r.ended, publish.ErrLeft)
	require.Eventually(t, func() bool { return len(r.desk.Publishers()) == 0 }, 10*time.Second, 10*time.Millisecond)
}
