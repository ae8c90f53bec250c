package segment_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/segment"
)

// TestObjectTakesNoCopy makes stored objects of cut segments: the same bytes with and without a copy.
func TestObjectTakesNoCopy(t *testing.T) {
	init := &media.Init{Tracks: []media.Track{videoTrack, audioTrack}}
	for name, size := range map[string]int{"a usual channel": 10_000, "frames of a byte": 1} {
		t.Run(name, func(t *testing.T) {
			var segments []*segment.Segment
			s := &segment.Segmenter{Init: init, Target: 2 * time.Second, OnSegment: func(seg *segment.Segment) { segments = append(segments, seg) }}
			for n := range 200 {
				dts := int64(900000 + n*3600)
				s.Write(0, media.Sample{DTS: dts, PTS: dts, Sync: n%25 == 0, Units: [][]byte{make([]byte, size+n), {1}, {2}}})
				s.Write(1, media.Sample{DTS: dts * 48 / 90, PTS: dts * 48 / 90, Units: [][]byte{make([]byte, 1+n%9)}})
			}
			s.Flush()
			require.Len(t, segments, 4)
			for _, seg := range segments {
				before := bytes.Clone(seg.Media)
				record := bytes.Repeat([]byte("r"), 500)
				want := append(segment.AppendRecord(nil, record), before...)
				got := seg.Object(record)
				require.Equal(t, want, got)
				require.Same(t, &seg.Media[len(seg.Media)-1], &got[len(got)-1], "nothing is copied")
				require.Less(t, cap(got)-len(got), 6000+len(got)/50, "spare capacity is kept in the cache as well")
				again := seg.Object([]byte("other"))
				require.Equal(t, append(segment.AppendRecord(nil, []byte("other")), before...), again)
				require.Equal(t, want, got, "the first is not touched")
			}
		})
	}
}

// TestObjectWithALargeRecord has a record that the room before the media does not hold.
func TestObjectWithALargeRecord(t *testing.T) {
	seg := &segment.Segment{Media: []byte("media")}
	record := make([]byte, 2000)
	require.Equal(t, append(segment.AppendRecord(nil, record), "media"...), seg.Object(record))
	require.Equal(t, segment.AppendRecord(nil, record), (&segment.Segment{}).Object(record))
}
