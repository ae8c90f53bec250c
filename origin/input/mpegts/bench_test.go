package mpegts_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/asticode/go-astits"
	ts "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	tscodecs "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/mpegts"
	"podium.tv/podium/packager/media"
)

// counted is a receiver that costs nothing.
type counted struct{ samples, bytes int }

func (*counted) Describe([]media.Track) error { return nil }
func (*counted) Warn(error)                   {}
func (c *counted) Sample(_ int, s media.Sample) {
	c.samples++
	c.bytes += s.Size()
}

// lecture is ten seconds at 2.6 Mb/s.
func lecture(b *testing.B) []byte {
	return encode(b, words("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25"), tone, words("-c:v", "libx264", "-preset", "ultrafast", "-g", "50",
		"-b:v", "2500k", "-minrate", "2500k", "-maxrate", "2500k", "-bufsize", "2500k", "-x264-params", "nal-hrd=cbr", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-b:a", "96k", "-t", "10"))
}

// BenchmarkDemuxer takes datagrams apart, as UDP and SRT bring them; the others read the same bytes.
func BenchmarkDemuxer(b *testing.B) {
	stream := lecture(b)
	b.Run("podium", func(b *testing.B) {
		b.SetBytes(int64(len(stream)))
		b.ReportAllocs()
		for b.Loop() {
			c := new(counted)
			d := &mpegts.Demuxer{Receiver: c}
			for rest := stream; len(rest) > 0; {
				n := min(len(rest), 1316)
				_, err := d.Write(rest[:n])
				require.NoError(b, err)
				rest = rest[n:]
			}
			d.Close()
			require.Greater(b, c.samples, 700)
		}
	})
	b.Run("mediacommon", func(b *testing.B) {
		b.SetBytes(int64(len(stream)))
		b.ReportAllocs()
		for b.Loop() {
			samples := 0
			r := &ts.Reader{R: bytes.NewReader(stream)}
			require.NoError(b, r.Initialize())
			for _, track := range r.Tracks() {
				if _, ok := track.Codec.(*tscodecs.H264); ok {
					r.OnDataH264(track, func(int64, int64, [][]byte) error { samples++; return nil })
				} else {
					r.OnDataMPEG4Audio(track, func(_ int64, aus [][]byte) error { samples += len(aus); return nil })
				}
			}
			for {
				if err := r.Read(); err != nil {
					require.ErrorIs(b, err, io.EOF)
					break
				}
			}
			require.Greater(b, samples, 700)
		}
	})
	b.Run("astits", func(b *testing.B) {
		b.SetBytes(int64(len(stream)))
		b.ReportAllocs()
		for b.Loop() {
			d := astits.NewDemuxer(context.Background(), bytes.NewReader(stream))
			pes := 0
			for {
				data, err := d.NextData()
				if errors.Is(err, astits.ErrNoMorePackets) {
					break
				}
				require.NoError(b, err)
				if data.PES != nil {
					pes++
				}
			}
			require.Greater(b, pes, 250)
		}
	})
}
