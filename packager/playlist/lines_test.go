package playlist_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/playlist"
)

// drawMedia is any playlist without the tags of low latency.
func drawMedia(t *rapid.T) *playlist.Media {
	m := &playlist.Media{
		Version: rapid.IntRange(0, 9).Draw(t, "version"), TargetDuration: time.Duration(rapid.IntRange(1, 90).Draw(t, "target")) * time.Second,
		Sequence: rapid.Uint64Range(0, 1<<60).Draw(t, "sequence"), DiscontinuitySequence: rapid.Uint64().Draw(t, "disc"),
		Closed: rapid.Bool().Draw(t, "closed"), Event: rapid.Bool().Draw(t, "event"), Independent: rapid.Bool().Draw(t, "independent"),
		IFrames: rapid.Bool().Draw(t, "iframes"),
	}
	if rapid.Bool().Draw(t, "start") {
		offset := time.Duration(rapid.Int64Range(-1e13, 1e13).Draw(t, "offset"))
		m.StartOffset = &offset
	}
	at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
	for n := range rapid.IntRange(0, 12).Draw(t, "segments") {
		s := playlist.Segment{
			URI: fmt.Sprintf("../seg-%d.m4s?a=%d", n, rapid.Int().Draw(t, "query")), Duration: time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "duration")),
			Discontinuity: rapid.Bool().Draw(t, "discontinuity"), Gap: rapid.Bool().Draw(t, "gap"),
			Map: rapid.SampledFrom([]string{"", "init-1.mp4", "init-2.mp4"}).Draw(t, "map"),
		}
		if rapid.Bool().Draw(t, "dated") {
			s.ProgramDateTime = at
		}
		at = at.Add(s.Duration)
		if rapid.Bool().Draw(t, "key") {
			s.Key = playlist.Key{URI: rapid.SampledFrom([]string{"k1", "k2"}).Draw(t, "key uri"), IV: [16]byte{rapid.Byte().Draw(t, "iv")}}
		}
		m.Segments = append(m.Segments, s)
	}
	return m
}

func headAndMaps(t require.TestingT, m *playlist.Media) []byte {
	maps := false
	for i := range m.Segments {
		maps = maps || m.Segments[i].Map != ""
	}
	head, err := m.AppendHead(nil, maps)
	require.NoError(t, err)
	return head
}

// TestLinesAreTheLibrarys is what allows a writer of our own: whatever the playlist, its bytes are those of the library.
func TestLinesAreTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMedia(t)
		want, err := m.Append(nil)
		require.NoError(t, err)
		got := headAndMaps(t, m)
		var lines playlist.Lines
		for i := range m.Segments {
			require.NoError(t, m.Segments[i].Check([]byte(m.Segments[i].URI)))
			got = lines.Append(got, &m.Segments[i], []byte(m.Segments[i].URI))
		}
		require.Equal(t, string(want), string(m.AppendEnd(got)))
	})
}

// TestBlocksJoin: however a playlist's segments are parted into blocks, joined they are the same bytes.
func TestBlocksJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMedia(t)
		want, err := m.Append(nil)
		require.NoError(t, err)
		var blocks []*playlist.Block
		var inner playlist.Lines
		for i := range m.Segments {
			if i == 0 || rapid.Bool().Draw(t, "part") {
				blocks, inner = append(blocks, new(playlist.Block)), playlist.Lines{}
			}
			blocks[len(blocks)-1].Add(&inner, &m.Segments[i], []byte(m.Segments[i].URI))
		}
		got := headAndMaps(t, m)
		var lines playlist.Lines
		for _, b := range blocks {
			got = append(lines.AppendFirst(got, b), b.Text...)
		}
		require.Equal(t, string(want), string(m.AppendEnd(got)))
	})
}

func TestLinesRefuse(t *testing.T) {
	require.ErrorIs(t, (&playlist.Segment{}).Check([]byte("a\nb")), playlist.ErrBadText)
	_, err := (&playlist.Media{TargetDuration: time.Millisecond}).AppendHead(nil, false)
	require.ErrorContains(t, err, "target duration")
}
