package mpegts_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/mpegts"
	"podium.tv/podium/packager/media"
)

// muxer writes PES packets as encoders do that FFmpeg is not.
type muxer struct {
	bytes.Buffer
	counters map[int]byte
}

// tables copies the tables of a stream of FFmpeg's.
func (m *muxer) tables(ts []byte) {
	seen := map[int]bool{}
	for p := range bytesOf(ts, 188) {
		if n := pidOf(p); (n == 0 || n == 0x1000) && !seen[n] {
			seen[n] = true
			m.Write(p)
		}
	}
}

// pes writes a PES packet whose length is told; without a time stamp where pts is negative.
func (m *muxer) pes(pid int, id byte, pts int64, payload []byte) {
	var head []byte
	if pts >= 0 {
		head = []byte{0x21 | byte(pts>>29)&0x0e, byte(pts >> 22), byte(pts>>14) | 1, byte(pts >> 7), byte(pts<<1) | 1}
	}
	n := 3 + len(head) + len(payload)
	flags := byte(len(head)/5) << 7
	b := append([]byte{0, 0, 1, id, byte(n >> 8), byte(n), 0x80, flags, byte(len(head))}, head...)
	b = append(b, payload...)
	if m.counters == nil {
		m.counters = map[int]byte{}
	}
	for first := true; len(b) > 0; first = false {
		p := []byte{0x47, byte(pid >> 8), byte(pid), 0x10 | m.counters[pid]&0x0f}
		m.counters[pid]++
		if first {
			p[1] |= 0x40
		}
		k := min(len(b), 184)
		if k < 184 {
			p[3] |= 0x20
			p = append(p, byte(183-k))
			if k < 183 {
				p = append(append(p, 0), bytes.Repeat([]byte{0xff}, 182-k)...)
			}
		}
		m.Write(append(p, b[:k]...))
		b = b[k:]
	}
}

// TestSplitPictures reads pictures that go on in PES packets without time stamps.
func TestSplitPictures(t *testing.T) {
	ts := encode(t, picture, words("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "0", "-pix_fmt", "yuv420p", "-t", "2"))
	want := demux(t, new(mpegts.Demuxer), ts)
	codec, ok := want.descriptions[0][0].Codec.(*media.H264)
	require.True(t, ok)
	m := new(muxer)
	m.tables(ts)
	for _, s := range want.samples {
		var b []byte
		units := s.Units
		if s.Sync {
			units = append([][]byte{codec.SPS, codec.PPS}, units...)
		}
		for _, u := range append([][]byte{{9, 0xf0}}, units...) {
			b = append(append(b, 0, 0, 0, 1), u...)
		}
		m.pes(0x100, 0xe0, s.PTS, b[:len(b)/2])
		m.pes(0x100, 0xe0, -1, b[len(b)/2:])
	}
	got := demux(t, new(mpegts.Demuxer), m.Bytes())
	require.Len(t, got.samples, len(want.samples))
	for i, s := range got.samples {
		require.Equal(t, want.samples[i].DTS, s.DTS)
		if i > 0 { // By the first the demuxer learns that they go on.
			require.Equal(t, want.samples[i].Units, s.Units)
		}
	}
}

// TestSound reads AAC that begins anywhere in PES packets, with few time stamps, and with bytes in between that are none of it.
func TestSound(t *testing.T) {
	ts := encode(t, tone, words("-c:a", "aac", "-t", "3"))
	want := demux(t, new(mpegts.Demuxer), ts)
	var stream []byte
	for i, s := range want.samples {
		n := len(s.Units[0]) + 7
		stream = append(stream, 0xff, 0xf1, 0x4c, 0x40|byte(n>>11), byte(n>>3), byte(n<<5)|0x1f, 0xfc)
		stream = append(stream, s.Units[0]...)
		if i == 60 {
			stream = append(stream, 1, 2, 0xff, 0xf1, 5)
		}
	}
	m := new(muxer)
	m.tables(ts)
	for i := 0; len(stream) > 0; i++ {
		n := min(len(stream), 700)
		pts := int64(-1)
		if i == 0 {
			pts = 126000
		}
		m.pes(0x100, 0xc0, pts, stream[:n])
		stream = stream[n:]
	}
	var d mpegts.Demuxer
	got := demux(t, &d, m.Bytes())
	require.InDelta(t, len(want.samples), len(got.samples), 1)
	for i, s := range got.samples {
		require.Equal(t, 126000*48000/90000+int64(i)*1024, s.DTS)
		if i < 60 {
			require.Equal(t, want.samples[i].Units, s.Units)
		}
	}
	require.EqualValues(t, 1, d.Counts().Broken, "one message for five bytes")
}

func TestLanguages(t *testing.T) {
	for code, want := range map[string]string{
		"chi": "zh", "zho": "zh", "eng": "en", "ger": "de", "yue": "yue", "bod": "bo", "und": "", "qaa": "",
	} {
		r := demux(t, new(mpegts.Demuxer), encode(t, tone, words("-c:a", "aac", "-metadata:s:a", "language="+code, "-t", "0.5")))
		require.Equal(t, want, r.descriptions[0][0].Language, code)
	}
}
