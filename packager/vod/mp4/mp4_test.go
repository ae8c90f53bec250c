package mp4_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/vod/mp4"
)

func film(t testing.TB, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mp4")
	all := []string{
		"-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "color=s=16x16:r=25", "-f", "lavfi", "-i", "sine=r=8000", "-t", "1",
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "10", "-pix_fmt", "yuv420p", "-c:a", "aac",
	}
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append(append(all, args...), path)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// samples reads all samples of all tracks.
func samples(t testing.TB, b []byte) [][]mp4.Sample {
	t.Helper()
	f, err := mp4.Open(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	out := make([][]mp4.Sample, len(f.Tracks))
	for i, track := range f.Tracks {
		c := track.Samples()
		for {
			var s mp4.Sample
			err := c.Next(&s)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			out[i] = append(out[i], s)
		}
	}
	return out
}

// widen turns a file's table of places into one of 64 bits, as files of more than 4 GB have it.
func widen(t *testing.T, b []byte) []byte {
	t.Helper()
	var box func(b []byte) []byte
	box = func(b []byte) []byte {
		var out []byte
		for len(b) >= 8 {
			size := binary.BigEndian.Uint32(b)
			kind, body := string(b[4:8]), b[8:size]
			b = b[size:]
			switch kind {
			case "moov", "trak", "mdia", "minf", "stbl":
				body = box(body)
			case "stco":
				kind = "co64"
				wide := bytes.Clone(body[:8])
				for p := body[8:]; len(p) > 0; p = p[4:] {
					wide = binary.BigEndian.AppendUint64(wide, uint64(binary.BigEndian.Uint32(p)))
				}
				body = wide
			}
			out = binary.BigEndian.AppendUint32(out, uint32(len(body)+8))
			out = append(append(out, kind...), body...)
		}
		return out
	}
	return box(b)
}

func TestPlacesOf64Bits(t *testing.T) {
	t.Parallel()
	b := film(t)
	wide := widen(t, b)
	require.Greater(t, len(wide), len(b))
	require.Equal(t, samples(t, b), samples(t, wide))
}

// A fragmented file tells of the same samples as a plain one, at other places.
func TestFragmentsHoldTheSame(t *testing.T) {
	t.Parallel()
	plain := samples(t, film(t))
	require.Len(t, plain, 2)
	require.Len(t, plain[0], 25)
	for _, flags := range []string{"+frag_keyframe+empty_moov", "+frag_keyframe+empty_moov+default_base_moof", "+frag_keyframe"} {
		got := samples(t, film(t, "-movflags", flags))
		for track := range plain {
			require.Len(t, got[track], len(plain[track]), flags)
			for i := range plain[track] {
				want, have := plain[track][i], got[track][i]
				require.Equal(t, want.Sync, have.Sync, "%s: track %d, sample %d", flags, track, i)
				require.Equal(t, want.Size, have.Size)
				if i > 0 { // ffmpeg moves the first where the sound begins before zero.
					require.Equal(t, want.DTS-plain[track][1].DTS, have.DTS-got[track][1].DTS)
				}
			}
		}
	}
}

// Whatever the bytes are, reading ends, with times that rise and places inside of the file.
func FuzzOpen(f *testing.F) {
	for _, args := range [][]string{nil, {"-movflags", "+frag_keyframe+empty_moov+default_base_moof"}, {"-movflags", "+faststart"}} {
		f.Add(film(f, args...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := mp4.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			require.Error(t, err)
			return
		}
		for _, track := range file.Tracks {
			_ = track.Least()
			_, _ = track.Before(track.Edit.Begin)
			c := track.Samples()
			var s mp4.Sample
			last := int64(-1 << 62)
			for range 10_000 {
				if c.Next(&s) != nil {
					break
				}
				require.Greater(t, s.DTS, last)
				require.GreaterOrEqual(t, s.Pos, int64(0))
				require.LessOrEqual(t, s.Pos+int64(s.Size), int64(len(b)))
				last = s.DTS
			}
		}
	})
}
