package play_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/stb-api/play"
)

// TestLongListsAreTheUsualOnes: put together of hours, a playlist has the bytes it has when it is written in one go, whatever
// happened on the air, whichever hours are in memory, and wherever it begins and ends.
func TestLongListsAreTheUsualOnes(t *testing.T) {
	a := newAir(t)
	a.line.Chunks = true
	a.run(50 * time.Minute)
	a.silence(3 * time.Hour)
	a.run(30 * time.Minute)
	a.describe([]byte{0x68, 0xe9, 0x78, 0xf2, 0xcc}) // Other parameters.
	a.run(40 * time.Minute)
	a.small = "480p" // Another size is there for a while.
	a.run(45 * time.Minute)
	a.small = ""
	a.gap(4 * time.Second)
	a.run(50 * time.Minute)
	a.noIDR = true
	a.run(20 * time.Second)
	a.noIDR = false
	a.run(70 * time.Minute)
	a.flush()
	require.NoError(t, a.line.Flush(t.Context()))

	hours := func(n float64) int64 { return signOn.Add(time.Duration(n * float64(time.Hour))).Unix() }
	views := []string{
		"rewind-28000", "rewind-12345", fmt.Sprintf("archive-%d-28000", hours(0)), fmt.Sprintf("archive-%d-9000", hours(0.6)),
		fmt.Sprintf("archive-%d-now", hours(2)), fmt.Sprintf("archive-%d-now", hours(0)), fmt.Sprintf("archive-%d-3600", hours(4)),
		fmt.Sprintf("archive-%d-7200", hours(4)),
	}
	same := func() {
		t.Helper()
		for _, view := range views {
			for _, path := range []string{"mono-" + view + ".m3u8", view + "/1.m3u8", view + "/2.m3u8", view + "/iframe-1.m3u8", view + "/480p.1.m3u8"} {
				for _, base := range []string{"", "~token/"} {
					long, usual, err := a.service.BothLists(t.Context(), a.channel, path, base)
					require.NoError(t, err, path)
					require.Equal(t, string(usual), string(long), path)
				}
			}
		}
	}
	same()
	a.channel.Keys = &play.Keys{Secrets: [][]byte{bytes.Repeat([]byte{7}, 32)}, Rotate: 11 * time.Minute}
	same()
	now := a.now
	for _, after := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
		a.now = now.Add(after)
		require.NoError(t, a.line.Housekeep(t.Context()))
		a.now = now
		same()
	}
	require.NoError(t, a.line.Close(t.Context()))
	require.NoError(t, a.line.Open(t.Context()))
	same()
}

// TestLongListsAsTheyGrow asks for a list of hours over and over, plain and compressed.
func TestLongListsAsTheyGrow(t *testing.T) {
	a := newAir(t)
	a.run(130 * time.Minute)
	var follower strict.Follower
	follower.Live = true
	path := "rewind-25000/1.m3u8"
	for range 6 {
		w := a.get(path)
		require.Equal(t, 200, w.Code)
		plain := w.Body.Bytes()
		require.Empty(t, follower.Add(a.now, plain))
		require.Equal(t, plain, a.get(path).Body.Bytes())

		w = a.get(path, "Accept-Encoding: gzip")
		require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
		require.Less(t, w.Body.Len(), len(plain)/4)
		r, err := gzip.NewReader(w.Body)
		require.NoError(t, err)
		unpacked, err := io.ReadAll(r)
		require.NoError(t, err)
		require.True(t, bytes.Equal(plain, unpacked))
		require.NoError(t, r.Close())

		again := a.get(path, "Accept-Encoding: gzip", "If-None-Match: "+w.Header().Get("ETag"))
		require.Equal(t, 304, again.Code)
		a.run(5 * time.Second)
	}
}
