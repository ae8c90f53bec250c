package segment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// textInit is a picture with text over it, in milliseconds.
var textInit = &media.Init{Tracks: []media.Track{
	{ID: 1, Timescale: 90000, Codec: &media.H264{}}, {ID: 2, Timescale: 1000, Codec: &media.WebVTT{}},
}}

// cutWithText cuts ten seconds of pictures, two seconds a segment, with cues that come right before the picture at their time.
func cutWithText(t require.TestingT, cues []media.Cue) (segments []*segment.Segment) {
	s := &segment.Segmenter{Init: textInit, Target: 2 * time.Second, OnSegment: func(seg *segment.Segment) { segments = append(segments, seg) }}
	s.OnFault = func(err error) { require.NoError(t, err) }
	for n := range 250 {
		dts := int64(10*90000 + n*3600)
		for _, c := range cues {
			if at := c.Start * 90; at >= dts && at < dts+3600 || n == 1 && at < dts {
				s.Write(1, media.CueSample(c.Start, c.End-c.Start, c))
			}
		}
		s.Write(0, media.Sample{DTS: dts, PTS: dts + 3600, Sync: n%50 == 0, Units: [][]byte{{1}}})
	}
	s.Flush()
	return segments
}

// readText reads a segment's text with media times.
func readText(t require.TestingT, seg *segment.Segment) (pieces []segment.StoredSample, cues []media.Cue) {
	fragments, err := seg.Fragments()
	require.NoError(t, err)
	pieces, err = collect(fragments[1])
	require.NoError(t, err)
	for _, p := range pieces {
		shown, err := media.ReadCues(nil, p.Data, p.Duration)
		require.NoError(t, err)
		for _, c := range shown {
			require.Less(t, c.Start, int64(p.Duration))
			require.Positive(t, c.End)
			c.Start, c.End = c.Start+p.DTS, c.End+p.DTS
			cues = append(cues, c)
		}
	}
	return pieces, cues
}

func TestTextIsCutWithThePicture(t *testing.T) {
	segments := cutWithText(t, []media.Cue{
		{Text: "one", Start: 10500, End: 11000},
		{ID: "2", Text: "over the cut", Start: 11500, End: 14500},
		{Text: "beside it", Start: 11800, End: 12100},
	})
	require.Len(t, segments, 5)
	type piece struct {
		at, until int64
		texts     int
	}
	want := [][]piece{
		{{10040, 10500, 0}, {10500, 11000, 1}, {11000, 11500, 0}, {11500, 11800, 1}, {11800, 12040, 2}},
		{{12040, 12100, 2}, {12100, 14040, 1}},
		{{14040, 14500, 1}, {14500, 16040, 0}},
		nil,
		nil,
	}
	for n, seg := range segments {
		require.Equal(t, 2*time.Second, seg.Duration)
		pieces, cues := readText(t, seg)
		var got []piece
		for _, p := range pieces {
			shown, err := media.ReadCues(nil, p.Data, 0)
			require.NoError(t, err)
			got = append(got, piece{p.DTS, p.DTS + int64(p.Duration), len(shown)})
		}
		require.Equal(t, want[n], got, "segment %d", n)
		for _, c := range cues {
			if c.ID == "2" {
				require.Equal(t, media.Cue{ID: "2", Text: "over the cut", Start: 11500, End: 14500}, c, "each part knows the whole time")
			}
		}
		require.Equal(t, len(want[n]) == 0, seg.Tracks[1].Length == 0)
	}
}

// TestTextIsNeitherLostNorDoubled cuts any cues: each is in the segments that it is shown in and no other, and a segment's
// samples leave no gap.
func TestTextIsNeitherLostNorDoubled(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var cues []media.Cue
		for n := range rapid.IntRange(0, 8).Draw(rt, "cues") {
			start := rapid.Int64Range(10040, 19000).Draw(rt, "start")
			cues = append(cues, media.Cue{ID: string(rune('a' + n)), Text: "x", Start: start, End: start + rapid.Int64Range(1, 6000).Draw(rt, "length")})
		}
		for _, seg := range cutWithText(rt, cues) {
			from := int64(seg.Time / time.Millisecond)
			to := int64((seg.Time + seg.Duration) / time.Millisecond)
			pieces, got := readText(rt, seg)
			want := map[string]bool{}
			for _, c := range cues {
				if c.Start < to && c.End > from {
					want[c.ID] = true
				}
			}
			for _, c := range got {
				require.True(rt, want[c.ID], "cue %+v in %d to %d", c, from, to)
				require.Contains(rt, cues, c)
			}
			for _, c := range got {
				delete(want, c.ID)
			}
			require.Empty(rt, want)
			if len(pieces) == 0 {
				continue
			}
			require.Equal(rt, from, pieces[0].DTS)
			for _, p := range pieces {
				require.Equal(rt, from, p.DTS)
				from += int64(p.Duration)
			}
			require.Equal(rt, to, from)
		}
	})
}

func TestTextThatCannotBeReadIsReported(t *testing.T) {
	var fault error
	s := &segment.Segmenter{Init: textInit, OnFault: func(err error) { fault = err }}
	s.Write(0, media.Sample{DTS: 900000, PTS: 900000, Sync: true, Units: [][]byte{{1}}})
	s.Write(1, media.Sample{PTS: 10000, Units: [][]byte{{1, 2, 3}}})
	require.ErrorIs(t, fault, media.ErrBadCue)
}
