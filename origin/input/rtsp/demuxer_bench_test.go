package rtsp

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// drain is a receiver that keeps nothing.
type drain struct{ samples, bytes int }

func (*drain) Describe([]media.Track) error { return nil }
func (*drain) Warn(error)                   {}
func (d *drain) Sample(_ int, s media.Sample) {
	d.samples++
	d.bytes += s.Size()
}

// BenchmarkIngest is the way of one access unit of 13 kB, as a stream of 2.6 Mb/s at 25 pictures a second has,
// from RTP packets to a sample. A core has 40 ms for it.
func BenchmarkIngest(b *testing.B) {
	file, err := os.ReadFile("testdata/narrow.h264")
	require.NoError(b, err)
	units := func(from int) (out [][]byte) {
		// Only the first two access units matter: a key frame and a picture after it.
		parts := bytes.Split(file, []byte{0, 0, 0, 1, 9})
		var stream h264.AnnexB
		require.NoError(b, stream.Unmarshal(append([]byte{0, 0, 0, 1, 9}, parts[from+1]...)))
		return stream[1:]
	}
	key, picture := units(0), units(1)
	// Slices are read no further than their header.
	picture[len(picture)-1] = append(picture[len(picture)-1], bytes.Repeat([]byte{0x5A}, 13000)...)

	f := &format.H264{PayloadTyp: 96, PacketizationMode: 1}
	encoder, err := f.CreateEncoder()
	require.NoError(b, err)
	e, err := newH264(&format.H264{PayloadTyp: 96, PacketizationMode: 1})
	require.NoError(b, err)
	t := &track{Track: elementary.Track{Essence: e, Kind: media.Video}, format: f, essence: e}
	t.time.ClockRate = elementary.VideoTimescale
	r := &drain{}
	d := &demuxer{tracks: []*track{t}, stream: elementary.Stream{Receiver: r}, now: time.Now}
	d.begin()

	now := time.Now()
	stamp := uint32(0)
	send := func(packets []*rtp.Packet, from uint16) uint16 {
		for _, pkt := range packets {
			pkt.Timestamp, pkt.SequenceNumber = stamp, from
			from++
			if err := d.packet(t, pkt, now); err != nil {
				b.Fatal(err)
			}
		}
		stamp += 3600
		return from
	}
	first, err := encoder.Encode(key)
	require.NoError(b, err)
	rest, err := encoder.Encode(picture)
	require.NoError(b, err)
	sequence := send(first, 0)

	b.ReportAllocs()
	b.SetBytes(13000)
	n := 0
	for b.Loop() {
		n++
		if n%50 == 0 {
			sequence = send(first, sequence)
			continue
		}
		sequence = send(rest, sequence)
	}
	require.Greater(b, r.samples, n/3)
}
