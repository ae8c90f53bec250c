package playlist_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/playlist/strict"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, got, 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), file)
}

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// window is a live window of four seconds each.
func window(sequence uint64, n int, edit func(i int, s *playlist.Segment)) *playlist.Media {
	m := &playlist.Media{TargetDuration: 5 * time.Second, Sequence: sequence, Independent: true}
	for i := range n {
		s := playlist.Segment{
			URI: fmt.Sprintf("seg-%d.ts", sequence+uint64(i)), Duration: 4 * time.Second,
			ProgramDateTime: noon.Add(time.Duration(i) * 4 * time.Second),
		}
		if edit != nil {
			edit(i, &s)
		}
		m.Segments = append(m.Segments, s)
	}
	return m
}

func fmp4(_ int, s *playlist.Segment) {
	s.URI = strings.TrimSuffix(s.URI, "ts") + "m4s"
	s.Map = "init-a.mp4"
}

// TestMediaPlaylists has one golden file for each form, and for each fault of the library underneath.
func TestMediaPlaylists(t *testing.T) {
	offset := -12 * time.Second
	precise := 1500 * time.Millisecond
	for name, m := range map[string]*playlist.Media{
		"live-ts":   window(7, 4, nil),
		"live-fmp4": window(7, 4, fmp4),
		// The library forgets a map that was set on a segment that slid out, and takes one map for all or none.
		"map-after-slide": window(1000, 3, fmp4),
		"map-change": window(7, 4, func(i int, s *playlist.Segment) {
			fmp4(i, s)
			if i >= 2 {
				s.Map, s.Discontinuity = "init-b.mp4", i == 2
			}
		}),
		// It takes one key for all, and would have it over the maps as well.
		"keys": window(7, 6, func(i int, s *playlist.Segment) {
			fmp4(i, s)
			s.Key = playlist.Key{URI: "key-a.key", IV: [16]byte{0: 0xab, 15: 1}}
			switch {
			case i >= 5:
				s.Key = playlist.Key{}
			case i >= 3:
				s.Map, s.Discontinuity = "init-b.mp4", i == 3
				s.Key.URI = "key-b.key"
			case i >= 2:
				s.Map, s.Discontinuity = "init-b.mp4", true
			}
		}),
		"keys-ts": window(7, 4, func(i int, s *playlist.Segment) {
			if i > 0 {
				s.Key = playlist.Key{URI: []string{"a", "b"}[i/2%2], IV: [16]byte{15: byte(i / 2)}}
			}
		}),
		"i-frames": func() *playlist.Media {
			m := window(7, 3, fmp4)
			m.IFrames = true
			return m
		}(),
		"i-frames-ts": func() *playlist.Media {
			m := window(7, 3, nil)
			m.IFrames = true
			return m
		}(),
		// It never counts discontinuities that slid out, and leaves the tag out at 0.
		"discontinuity-first": func() *playlist.Media {
			m := window(7, 3, func(i int, s *playlist.Segment) { s.Discontinuity = i == 0 })
			m.DiscontinuitySequence = 41
			return m
		}(),
		// It trims the zeros of times, and prints up to nine digits.
		"program-date-time-digits": window(7, 3, func(i int, s *playlist.Segment) {
			s.ProgramDateTime = s.ProgramDateTime.Add(time.Duration(i) * 120987654 * time.Nanosecond)
		}),
		"program-date-time-zone": window(7, 1, func(_ int, s *playlist.Segment) {
			s.ProgramDateTime = s.ProgramDateTime.In(time.FixedZone("CST", 8*3600))
		}),
		// It rounds up the target duration to the longest segment; ours is fixed.
		"target-duration-fixed": window(7, 3, func(_ int, s *playlist.Segment) { s.Duration = 5400 * time.Millisecond }),
		// It goes through a float of 32 bits for durations.
		"durations": window(7, 3, func(i int, s *playlist.Segment) { s.Duration = time.Duration(3999600+i*400) * time.Microsecond }),
		// It corrupts URIs that have a query already.
		"signed-uris": window(7, 2, func(i int, s *playlist.Segment) {
			fmp4(i, s)
			s.URI += "?exp=1&sig=a%2Bb==&x=1"
			s.Map += "?exp=1&sig=c"
		}),
		// It writes the long removed EXT-X-ALLOW-CACHE into event playlists.
		"event": func() *playlist.Media {
			m := window(0, 3, nil)
			m.Event = true
			return m
		}(),
		"closed": func() *playlist.Media {
			m := window(0, 3, nil)
			m.Closed = true
			return m
		}(),
		"event-closed": func() *playlist.Media {
			m := window(0, 3, nil)
			m.Closed, m.Event = true, true
			return m
		}(),
		// Its EXT-X-START cannot count from the end.
		"start-offset": func() *playlist.Media {
			m := window(0, 3, nil)
			m.StartOffset = &offset
			return m
		}(),
		"start-offset-forward": func() *playlist.Media {
			m := window(0, 3, nil)
			m.StartOffset, m.Event = &precise, true
			return m
		}(),
		// It has no EXT-X-GAP.
		"gap": window(7, 3, func(i int, s *playlist.Segment) { s.Gap = i == 1 }),
		"version": func() *playlist.Media {
			m := window(7, 1, nil)
			m.Version = 9
			return m
		}(),
		"bare":    {TargetDuration: time.Second, Segments: []playlist.Segment{{URI: "a.ts", Duration: time.Second}}},
		"empty":   {TargetDuration: 4 * time.Second, Sequence: 3},
		"chinese": window(7, 1, func(_ int, s *playlist.Segment) { s.URI = "/live/%E5%85%9A%E5%91%98/7.ts" }),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := m.Append([]byte(nil))
			require.NoError(t, err)
			golden(t, name+".m3u8", got)
			if name == "empty" {
				return
			}
			read, err := strict.ParseMedia(got)
			require.NoError(t, err)
			require.Equal(t, m.Sequence, read.MediaSequence)
			require.Len(t, read.Segments, len(m.Segments))
			for i, s := range read.Segments {
				require.Equal(t, m.Segments[i].URI, s.URI)
				require.Equal(t, m.Segments[i].Map, s.Map)
				require.InDelta(t, m.Segments[i].Duration, s.Duration, float64(time.Millisecond))
				require.Equal(t, m.Segments[i].Discontinuity, s.Discontinuity)
				require.Equal(t, m.Segments[i].ProgramDateTime.Truncate(time.Millisecond).UTC(), s.ProgramDateTime.UTC())
			}
		})
	}
}

// TestMediaIsTheSameEveryTime matters to ETags: the library prints custom tags in random order, and hands out its buffer.
func TestMediaIsTheSameEveryTime(t *testing.T) {
	m := window(7, 100, fmp4)
	offset := time.Second
	m.StartOffset, m.Event = &offset, true
	want, err := m.Append(nil)
	require.NoError(t, err)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				got, err := m.Append(make([]byte, 0, 1<<16))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("another text: %s (%v)", got, err)
				}
				_ = append(got, "pollution"...)
			}
		})
	}
	wait.Wait()
}

func TestMediaAppends(t *testing.T) {
	m := window(7, 1, nil)
	alone, err := m.Append(nil)
	require.NoError(t, err)
	got, err := m.Append([]byte("before\n"))
	require.NoError(t, err)
	require.Equal(t, "before\n"+string(alone), string(got))
}

func TestMediaRefuses(t *testing.T) {
	bad := func(edit func(*playlist.Media)) *playlist.Media {
		m := window(7, 2, fmp4)
		edit(m)
		return m
	}
	for name, c := range map[string]struct {
		m    *playlist.Media
		want string
	}{
		"a fraction of a target":  {bad(func(m *playlist.Media) { m.TargetDuration = 4500 * time.Millisecond }), "target duration 4.5s"},
		"no target":               {bad(func(m *playlist.Media) { m.TargetDuration = 0 }), "target duration 0s"},
		"a version too high":      {bad(func(m *playlist.Media) { m.Version = 256 }), "version 256"},
		"no URI":                  {bad(func(m *playlist.Media) { m.Segments[1].URI = "" }), "segment 8"},
		"a URI of two lines":      {bad(func(m *playlist.Media) { m.Segments[0].URI = "a\n#EXT-X-ENDLIST" }), "segment 7"},
		"a URI that is a tag":     {bad(func(m *playlist.Media) { m.Segments[0].URI = "#a" }), "segment 7"},
		"a URI with space around": {bad(func(m *playlist.Media) { m.Segments[0].URI = " a" }), "segment 7"},
		"a map with a quote":      {bad(func(m *playlist.Media) { m.Segments[0].Map = `a"b` }), "segment 7: map"},
		"a negative duration":     {bad(func(m *playlist.Media) { m.Segments[0].Duration = -1 }), "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.m.Append([]byte("kept"))
			require.ErrorContains(t, err, c.want)
			require.Equal(t, "kept", string(got))
		})
	}
}

func BenchmarkMedia(b *testing.B) {
	for _, n := range []int{10, 1000, 150000} { // A live window, an hour, a week.
		m := window(123456, n, fmp4)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var out []byte
			for b.Loop() {
				var err error
				if out, err = m.Append(out[:0]); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(out)))
		})
	}
}
