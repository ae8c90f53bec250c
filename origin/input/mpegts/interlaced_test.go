package mpegts_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	ts "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	tscodecs "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/mpegts"
	"podium.tv/podium/packager/media"
)

// decode has FFmpeg decode pictures; it gives how many there are, and fails the test if FFmpeg complains.
func decode(t *testing.T, of media.Codec, samples []sample) int {
	t.Helper()
	codec, ok := of.(*media.H264)
	require.True(t, ok)
	var stream bytes.Buffer
	for _, set := range [][]byte{codec.SPS, codec.PPS} {
		stream.Write(append([]byte{0, 0, 0, 1}, set...))
	}
	for _, s := range samples {
		for _, u := range s.Units {
			stream.Write(append([]byte{0, 0, 0, 1}, u...))
		}
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "warning", "-f", "h264", "-i", "-", "-f", "framecrc", "-")
	var out, log bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &stream, &out, &log
	require.NoError(t, cmd.Run(), log.String())
	for line := range strings.Lines(log.String()) {
		// Who starts at a recovery point has nothing to forget of what was before.
		require.Contains(t, line, "mmco: unref short failure")
	}
	n := 0
	for line := range bytes.Lines(out.Bytes()) {
		if line[0] != '#' {
			n++
		}
	}
	return n
}

// TestInterlaced reads pictures of two interleaved fields, with B pictures, as broadcasters send them.
func TestInterlaced(t *testing.T) {
	stream := encode(t, words("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25"), words("-c:v", "libx264", "-preset", "fast", "-flags", "+ilme+ildct",
		"-x264-params", "tff=1:keyint=25:bframes=3:b-pyramid=2", "-pix_fmt", "yuv420p", "-t", "4"))
	r := demux(t, new(mpegts.Demuxer), stream)
	require.Empty(t, r.warnings)
	pictures := r.of(0)
	require.Len(t, pictures, 100)
	shown := map[int64]bool{}
	for i, s := range pictures {
		require.Equal(t, pictures[0].DTS+int64(i)*3600, s.DTS)
		shown[s.PTS-pictures[0].PTS] = true
	}
	for i := range pictures {
		require.True(t, shown[int64(i)*3600], "nothing is shown at frame %d", i)
	}
	require.Equal(t, 100, decode(t, r.descriptions[0][0].Codec, pictures))
}

// bits writes bits.
type bits struct {
	b []byte
	n int
}

func (w *bits) u(v uint32, n int) {
	for ; n > 0; n-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>(n-1)&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bits) ue(values ...uint32) {
	for _, v := range values {
		n := 1
		for v+1 >= 1<<n {
			n++
		}
		w.u(0, n-1)
		w.u(v+1, n)
	}
}

func (w *bits) end() []byte {
	w.u(1, 1)
	return w.b
}

// fields codes the fields of frames of 16 by 32 samples one by one, as intra PCM: no encoder at hand does that.
func fields(frames int) (sps, pps []byte, out [][2][]byte) {
	s := &bits{b: []byte{0x67, 77, 0, 30}, n: 32}
	s.ue(0, 0, 0, 4, 1) // id, frame_num of 4 bits, POC type 0 of 8 bits, one reference
	s.u(0, 1)
	s.ue(0, 0)
	s.u(0b001, 3) // fields, not adaptive, direct 8x8 inference
	s.u(0, 2)
	p := &bits{b: []byte{0x68}, n: 8}
	p.ue(0, 0)
	p.u(0, 2)
	p.ue(0, 0, 0)
	p.u(0, 3)
	p.ue(0, 0, 0)
	p.u(0b100, 3) // The slices say that there is no deblocking.
	for i := range frames {
		var pair [2][]byte
		for bottom := range pair {
			idr := i%5 == 0 && bottom == 0
			f := &bits{b: []byte{0x61}, n: 8}
			if idr {
				f.b[0] = 0x65
			}
			f.ue(0, 7, 0)
			f.u(uint32(i%5), 4)
			f.u(1, 1)
			f.u(uint32(bottom), 1)
			if idr {
				f.ue(uint32(i / 5 % 2))
			}
			f.u(uint32(2*(i%5)+bottom), 8)
			f.u(0, 1)
			if idr {
				f.u(0, 1)
			}
			f.ue(0, 1, 25) // slice_qp_delta, no deblocking, I_PCM
			f.n = len(f.b) * 8
			f.b = append(f.b, bytes.Repeat([]byte{byte(100 + 50*bottom)}, 384)...)
			f.n += 384 * 8
			pair[bottom] = f.end()
		}
		out = append(out, pair)
	}
	return s.end(), p.end(), out
}

// TestFields makes one sample of two fields that are coded one by one, in PES packets of their own or in one.
func TestFields(t *testing.T) {
	sps, pps, frames := fields(20)
	aud := []byte{9, 0xf0}
	for name, together := range map[string]bool{"in one packet": true, "in two packets": false} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			track := &ts.Track{Codec: &tscodecs.H264{}}
			w := &ts.Writer{W: &b, Tracks: []*ts.Track{track}}
			require.NoError(t, w.Initialize())
			for i, f := range frames {
				at := int64(90000 + 3600*i)
				first := [][]byte{f[0]}
				if i%5 == 0 {
					first = [][]byte{sps, pps, f[0]}
				}
				if together {
					require.NoError(t, w.WriteH264(track, at, at, append(first, aud, f[1])))
					continue
				}
				require.NoError(t, w.WriteH264(track, at, at, first))
				require.NoError(t, w.WriteH264(track, at+1800, at+1800, [][]byte{f[1]}))
			}
			r := demux(t, new(mpegts.Demuxer), b.Bytes())
			require.Empty(t, r.warnings)
			pictures := r.of(0)
			require.Len(t, pictures, len(frames))
			for i, s := range pictures {
				require.Equal(t, pictures[0].DTS+int64(i)*3600, s.DTS)
				require.Equal(t, i%5 == 0, s.Sync)
			}
			require.Equal(t, len(frames), decode(t, r.descriptions[0][0].Codec, pictures))
		})
	}
}
