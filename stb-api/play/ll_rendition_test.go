package play_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/playlist/strict"
)

// newLowLadder is an air with a second size, in parts as well.
func newLowLadder(t testing.TB) *air {
	a := newLowAir(t)
	a.small = "270p"
	return a
}

func TestLowLatencyRendition(t *testing.T) {
	a := newLowLadder(t)
	a.run(21500 * time.Millisecond)
	a.golden("low-latency-rendition", "live/270p.2.m3u8")
	main, p := readLow(t, a.get("live/1.m3u8")), readLow(t, a.get("live/270p.2.m3u8"))
	require.Equal(t, main.PartTarget, p.PartTarget)
	require.Len(t, main.Reports, 3)
	require.Len(t, p.Reports, 3)
	require.Len(t, p.Making.Parts, len(main.Making.Parts))
	for i := range p.Making.Parts {
		uri := p.Making.Parts[i].URI
		require.Contains(t, uri, "-270p.2-")
		w := a.get(strings.TrimPrefix(uri, "../"))
		require.Equal(t, 200, w.Code)
		require.Equal(t, "moof", w.Body.String()[4:8])
		require.NotEqual(t, a.get(strings.TrimPrefix(main.Making.Parts[i].URI, "../")).Body.Bytes(), w.Body.Bytes(), "it has times of its own")
	}
	n, have := p.Making.Sequence, len(p.Making.Parts)
	wait := a.asked(t.Context(), fmt.Sprintf("live/270p.2.m3u8?_HLS_msn=%d&_HLS_part=%d", n, have))
	hint := a.asked(t.Context(), strings.TrimPrefix(p.Hint, "../"))
	a.run(500 * time.Millisecond)
	q := readLow(t, answered(t, wait))
	require.Len(t, q.Parts(n), have+1)
	require.Equal(t, p.Hint, q.Parts(n)[have].URI)
	require.Equal(t, 200, answered(t, hint).Code)
}

// A rendition whose feed goes away in the middle of a segment is hinted at no more; whoever waits for it has the segment when
// the main one is whole, and until it is back in parts there are whole segments.
func TestLowLatencyRenditionGoes(t *testing.T) {
	a := newLowLadder(t)
	a.run(19 * time.Second)
	path := "live/270p.2.m3u8"
	p := readLow(t, a.get(path))
	n, have := p.Making.Sequence, len(p.Making.Parts)
	hint := a.asked(t.Context(), strings.TrimPrefix(p.Hint, "../"))
	wait := a.asked(t.Context(), fmt.Sprintf("%s?_HLS_msn=%d&_HLS_part=%d", path, n, have))
	a.away2 = true
	a.run(500 * time.Millisecond)
	a.problem(answered(t, hint), 404, "")
	q := readLow(t, a.get(path))
	require.Empty(t, q.Hint)
	require.Len(t, q.Parts(n), have, "what was listed stays")
	a.run(4 * time.Second)
	q = readLow(t, answered(t, wait))
	require.True(t, q.Segments[n-q.MediaSequence].Gap)
	require.Equal(t, p.Making.Map, q.Segments[n-q.MediaSequence].Map)
	a.problem(a.get(strings.TrimPrefix(q.Segments[n-q.MediaSequence].URI, "../")), 404, "")

	wait = a.asked(t.Context(), fmt.Sprintf("%s?_HLS_msn=%d&_HLS_part=0", path, q.End()))
	a.run(4 * time.Second)
	q = readLow(t, answered(t, wait))
	require.Nil(t, q.Making)
	require.Empty(t, q.Hint)
	last := q.Segments[len(q.Segments)-1]
	require.False(t, last.Gap)
	require.NotContains(t, last.URI, "270p", "another stands in")

	a.away2 = false
	a.run(8 * time.Second)
	require.NotNil(t, readLow(t, a.get(path)).Making)
}

// Whatever comes and goes, the playlists of all sizes keep their promises.
func TestLowLatencyRenditionsProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newLowLadder(t)
		a.run(9 * time.Second)
		paths := []string{"live/1.m3u8", "live/2.m3u8", "live/270p.1.m3u8", "live/270p.2.m3u8"}
		followers := make([]strict.Follower, len(paths))
		for i := range followers {
			followers[i].Live = true
		}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0:
				a.silence(time.Duration(rapid.IntRange(1, 20).Draw(rt, "silence")) * time.Second)
			case 1:
				a.describe(rapid.SampledFrom([][]byte{airPPS, append([]byte{0x68, 1}, airPPS...)}).Draw(rt, "parameters"))
			case 2:
				a.gap(time.Duration(rapid.IntRange(1, 8).Draw(rt, "gap")) * time.Second)
			case 3, 4, 5:
				a.away2 = !a.away2
			default:
				a.run(time.Duration(rapid.IntRange(1, 20).Draw(rt, "half seconds")) * time.Second / 2)
			}
			for i, path := range paths {
				if followers[i].Last() != nil && rapid.Bool().Draw(rt, "skip") {
					path += "?_HLS_skip=YES"
				}
				w := a.get(path)
				require.Equal(rt, 200, w.Code, w.Body.String())
				require.Empty(rt, followers[i].Add(a.now, w.Body.Bytes()), "%s: %s", path, w.Body.String())
				if p := followers[i].Last(); p.Hint != "" && p.Making != nil {
					require.Contains(rt, p.Hint, fmt.Sprintf("-%d.m4s", len(p.Making.Parts)))
				}
			}
		}
	})
}
