package mpegts_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/mpegts"
)

// FuzzWrite holds the demuxer to surviving anything, and to giving the same however the bytes are cut.
func FuzzWrite(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ts")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(b, uint16(1316))
		f.Add(b[:len(b)/2], uint16(31))
	}
	f.Fuzz(func(t *testing.T, b []byte, n uint16) {
		whole, pieces := new(taken), new(taken)
		one := mpegts.Demuxer{Receiver: whole}
		_, err := one.Write(b)
		require.NoError(t, err)
		require.NoError(t, one.Tick(time.Now()))
		one.Close()
		other := mpegts.Demuxer{Receiver: pieces}
		for rest := b; len(rest) > 0; {
			k := min(len(rest), int(n)+1)
			_, err := other.Write(rest[:k])
			require.NoError(t, err)
			rest = rest[k:]
		}
		other.Close()
		require.Equal(t, whole.samples, pieces.samples)
		require.Equal(t, whole.descriptions, pieces.descriptions)
		require.Equal(t, one.Counts(), other.Counts())
		for _, s := range whole.samples {
			require.Less(t, s.track, len(whole.descriptions[s.description]))
			require.GreaterOrEqual(t, s.PTS, s.DTS)
			require.NotZero(t, s.Size())
		}
	})
}
