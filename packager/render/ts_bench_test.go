package render_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// lecture is four seconds of 1080p at 25 frames per second with sound, 2.6 Mb/s in all: 1.3 MB.
func lecture(c *clip) *clip {
	random := rand.NewChaCha8([32]byte{})
	out := &clip{init: c.init, pieces: make([][]segment.Piece, 2)}
	noise := func(kind byte, n int) []byte {
		b := make([]byte, n)
		_, _ = random.Read(b)
		b[0] = kind
		return b
	}
	for n := range 100 {
		p := segment.Piece{DTS: int64(epoch*90000 + n*3600), Offset: 3600, Duration: 3600, Units: [][]byte{noise(1, 8000)}}
		if n%50 == 0 {
			p.Sync, p.Units = true, [][]byte{noise(5, 230000)}
		}
		out.pieces[0] = append(out.pieces[0], p)
	}
	for n := range 187 {
		out.pieces[1] = append(out.pieces[1], segment.Piece{
			DTS: int64(epoch*48000 + n*1024), Duration: 1024, Sync: true, Units: [][]byte{noise(0x21, 341)},
		})
	}
	return out
}

func (c *clip) whole() [][]byte {
	out := make([][]byte, len(c.pieces))
	for i := range c.pieces {
		out[i] = segment.AppendFragment(nil, 1, &c.init.Tracks[i], c.pieces[i])
	}
	return out
}

func BenchmarkTS(b *testing.B) {
	c := lecture(readClip(b, "h264-aac.ts"))
	fragments := c.whole()
	size := int64(len(fragments[0]) + len(fragments[1]))

	b.Run("cold", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			_, _, err := render.TS(nil, c.init, fragments, timeline.Counters{})
			require.NoError(b, err)
		}
	})
	b.Run("into a buffer", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		var out []byte
		for b.Loop() {
			var err error
			out, _, err = render.TS(out[:0], c.init, fragments, timeline.Counters{})
			require.NoError(b, err)
		}
	})
	b.Run("size", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			_, _, err := render.TSSize(c.init, fragments, timeline.Counters{})
			require.NoError(b, err)
		}
	})
	b.Run("copy", func(b *testing.B) { // What memory alone costs.
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			_ = append(bytes.Clone(fragments[0]), fragments[1]...)
		}
	})
	b.Run("mediacommon", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			mediacommonTS(b, c, bytes.NewBuffer(make([]byte, 0, size+size/16)))
		}
	})
}

// mediacommonTS writes the samples with the writer of mediacommon, with as many frames of sound in a PES packet as ours.
func mediacommonTS(b testing.TB, c *clip, out *bytes.Buffer) {
	var config mpeg4audio.AudioSpecificConfig
	params, ok := c.init.Tracks[0].Codec.(*media.H264)
	require.True(b, ok)
	aac, ok := c.init.Tracks[1].Codec.(*media.AAC)
	require.True(b, ok)
	require.NoError(b, config.Unmarshal(aac.Config))
	video := &mpegts.Track{Codec: &codecs.H264{}}
	audio := &mpegts.Track{Codec: &codecs.MPEG4Audio{Config: config}}
	w := &mpegts.Writer{W: out, Tracks: []*mpegts.Track{video, audio}}
	require.NoError(b, w.Initialize())
	sound := c.pieces[1]
	for i := range c.pieces[0] {
		p := &c.pieces[0][i]
		for len(sound) > 0 && sound[0].DTS*90000/48000 < p.DTS {
			n := min(4, len(sound))
			var frames [][]byte
			for _, s := range sound[:n] {
				frames = append(frames, s.Units[0])
			}
			require.NoError(b, w.WriteMPEG4Audio(audio, sound[0].DTS*90000/48000, frames))
			sound = sound[n:]
		}
		units := p.Units
		if p.Sync {
			units = append([][]byte{params.SPS, params.PPS}, units...)
		}
		require.NoError(b, w.WriteH264(video, p.DTS+int64(p.Offset), p.DTS, units))
	}
}

func TestLectureIsFollowed(t *testing.T) {
	c := lecture(readClip(t, "h264-aac.ts"))
	fragments := c.whole()
	b, _, err := render.TS(nil, c.init, fragments, timeline.Counters{})
	require.NoError(t, err)
	pes := tsRules(t, parsePackets(t, b), 0x100)
	samePictures(t, c, 0, pes[0x100])
	overhead := float64(len(b))/float64(len(fragments[0])+len(fragments[1])) - 1
	require.Less(t, overhead, 0.045, "multiplex overhead")
}
