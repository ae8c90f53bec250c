package playlist_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/playlist"
)

func TestDatesAreThoseOfTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &playlist.Media{TargetDuration: time.Second}
		at := time.Unix(rapid.Int64Range(-1e9, 8e9).Draw(rt, "start"), rapid.Int64Range(0, 1e9-1).Draw(rt, "ns"))
		want := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:1\n"
		for range rapid.IntRange(1, 5).Draw(rt, "segments") {
			m.Segments = append(m.Segments, playlist.Segment{URI: "a", ProgramDateTime: at})
			want += "#EXT-X-PROGRAM-DATE-TIME:" + at.UTC().Format("2006-01-02T15:04:05.000Z") + "\n#EXTINF:0.000,\na\n"
			at = at.Add(time.Duration(rapid.Int64Range(-1e12, 1e12).Draw(rt, "step")))
		}
		got, err := m.Append(nil)
		require.NoError(rt, err)
		require.Equal(rt, want, string(got))
	})
}
