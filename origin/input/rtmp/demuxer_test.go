package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/packager/media"
)

// keep is a receiver that keeps what it is given.
type keep struct {
	tracks  [][]media.Track
	samples []media.Sample
	errs    []error
}

func (k *keep) Describe(tracks []media.Track) error { k.tracks = append(k.tracks, tracks); return nil }
func (k *keep) Sample(_ int, s media.Sample)        { k.samples = append(k.samples, s) }
func (k *keep) Warn(err error)                      { k.errs = append(k.errs, err) }

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func demux(k *keep) *demuxer {
	d := newDemuxer(elementary.Stream{
		Receiver: k, ParametersWait: time.Hour, KeyframeWait: time.Hour, Silence: time.Hour,
	}, func() time.Time { return start })
	d.stream.Begin(start)
	return d
}

var (
	aacConfig = []byte{0xAF, 0, 0x11, 0x90}
	aacFrame  = []byte{0xAF, 1, 0x21, 0x10, 0x04}
)

func metadata(t testing.TB, o amf0.Object) []byte {
	t.Helper()
	b, err := amf0.Data{"@setDataFrame", "onMetaData", amf0.ECMAArray(o)}.Marshal()
	require.NoError(t, err)
	return b
}

// A connection does not say which tracks there will be; what its metadata says of them is believed for two seconds.
func TestDemuxerWaitsForTracks(t *testing.T) {
	for _, c := range []struct {
		name string
		meta amf0.Object // nil for none
		want int         // frames of sound until the track is described, of 50 that come a second
	}{
		{"sound that is said to be alone", amf0.Object{{Key: "audiocodecid", Value: float64(10)}}, 1},
		{"sound, by letters", amf0.Object{{Key: "audiocodecid", Value: "mp4a"}}, 1},
		{"pictures that never come", amf0.Object{{Key: "audiocodecid", Value: float64(10)}, {Key: "videocodecid", Value: float64(7)}}, 101},
		{"pictures whose size is told", amf0.Object{{Key: "audiocodecid", Value: float64(10)}, {Key: "width", Value: float64(320)}}, 101},
		{"nothing is said", nil, 101},
		{"neither", amf0.Object{{Key: "duration", Value: float64(0)}}, 101},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := &keep{}
			d := demux(k)
			if c.meta != nil {
				require.NoError(t, d.take(&arrival{message{kind: kindDataAMF0, body: metadata(t, c.meta)}, start}))
			}
			require.NoError(t, d.take(&arrival{message{kind: kindAudio, body: bytes.Clone(aacConfig)}, start}))
			n := 0
			for ; len(k.tracks) == 0; n++ {
				require.Less(t, n, 200)
				ms := n * 20
				require.NoError(t, d.take(&arrival{
					message{kind: kindAudio, stamp: uint32(ms), body: bytes.Clone(aacFrame)}, start.Add(time.Duration(ms) * time.Millisecond),
				}))
			}
			require.Equal(t, c.want, n)
			require.Len(t, k.samples, n, "what was held is delivered")
			require.Len(t, k.tracks, 1)
		})
	}
}

func TestDemuxerReportsWhatItCannotCarry(t *testing.T) {
	k := &keep{}
	d := demux(k)
	for _, body := range []string{"\x91av01\x09", "\x91av01\x09", "\x91vp09\x09"} {
		require.NoError(t, d.take(&arrival{message{kind: kindVideo, body: []byte(body)}, start}))
	}
	require.Len(t, k.errs, 2, "each once")
	var unsupported *input.UnsupportedTrackError
	require.ErrorAs(t, k.errs[0], &unsupported)
	require.Equal(t, "av1 video cannot be carried in HLS: set the encoder to H.264 or H.265", k.errs[0].Error())
	require.NoError(t, d.tick(start.Add(time.Second)))
	err := d.tick(start.Add(3 * time.Second))
	require.ErrorIs(t, err, input.ErrNoTracks)
	require.ErrorContains(t, err, "vp9 video cannot be carried")
}

func TestDemuxerSurvivesBrokenMessages(t *testing.T) {
	k := &keep{}
	d := demux(k)
	for _, m := range []message{
		{kind: kindVideo, body: []byte{0x17}},
		{kind: kindVideo, body: []byte{0x17, 0, 0, 0, 0, 1}},
		{kind: kindVideo, body: []byte{0x17, 1, 0, 0, 0, 0, 0, 0, 9, 1}},
		{kind: kindAudio, body: []byte{0xAF, 0, 0xFF}},
		{kind: kindAudio, body: []byte{0xAF, 0}},
		{kind: kindAudio, body: []byte{0xAF, 1}},
		{kind: kindDataAMF0, body: []byte{2, 0}},
		{kind: kindDataAMF3, body: []byte{0}},
		{kind: 99, body: []byte{1, 2, 3}},
		{kind: kindCommandAMF0, body: []byte{2, 0, 1, 'x'}},
	} {
		require.NoError(t, d.take(&arrival{m, start}))
	}
	d.stream.Report()
	require.Len(t, k.errs, 1)
	var loss *input.LossError
	require.ErrorAs(t, k.errs[0], &loss)
	require.Equal(t, uint64(4), loss.Broken)
	require.Empty(t, k.tracks)
}

// An encoder that changes what a track is begins a new connection.
func TestDemuxerEndsWithAnotherCodec(t *testing.T) {
	d := demux(&keep{})
	require.NoError(t, d.take(&arrival{message{kind: kindAudio, body: bytes.Clone(aacConfig)}, start}))
	err := d.take(&arrival{message{kind: kindAudio, body: []byte{0x2F, 9}}, start})
	require.ErrorContains(t, err, "changed a track from aac to mp3")
}

func TestDemuxerTakesOneVideoTrackAndSomeOfSound(t *testing.T) {
	k := &keep{}
	d := demux(k)
	require.NoError(t, d.take(&arrival{message{kind: kindVideo, body: []byte("\x90avc1\x01")}, start}))
	require.NoError(t, d.take(&arrival{message{kind: kindVideo, body: []byte("\x96\x00avc1\x01\x01")}, start}))
	for id := range byte(30) {
		require.NoError(t, d.take(&arrival{message{kind: kindAudio, body: []byte{0x95, 0, 'm', 'p', '4', 'a', id, 0x11, 0x90}}, start}))
	}
	require.Len(t, d.tracks, media.MaxTracks)
	require.Len(t, k.errs, 2)
	require.ErrorContains(t, k.errs[0], "a second video track is dropped")
	require.ErrorContains(t, k.errs[1], fmt.Sprintf("at most %d tracks", media.MaxTracks))
}

// Each codec that is promised to encoders has a track.
func TestDemuxerKnowsWhatIsPromised(t *testing.T) {
	for _, code := range ourCodecs() {
		text, ok := code.(string)
		require.True(t, ok)
		kind := media.Audio
		if strings.HasSuffix(text, "vc1") {
			kind = media.Video
		}
		_, err := newTrack(&tag{kind: kind, codec: fourCC([]byte(text))})
		require.NoError(t, err, text)
	}
}

func TestHeadersAreKept(t *testing.T) {
	var h headers
	for _, m := range []message{
		{kind: kindDataAMF0, body: []byte{1}},
		{kind: kindAudio, body: []byte{0xAF, 0, 1}},
		{kind: kindAudio, body: []byte{0xAF, 1, 9}},
		{kind: kindVideo, body: []byte{0x17, 0, 0, 0, 0, 1}},
		{kind: kindAudio, body: []byte{0xAF, 0, 2}},
		{kind: kindAudio},
		{kind: kindVideo, body: []byte{0x17}},
		{kind: kindCommandAMF0, body: []byte{0xAF, 0, 1}},
		{kind: kindVideo, body: append([]byte{0x17, 0, 0, 0, 0}, make([]byte, maxHeaderBytes)...)},
	} {
		h.keep(&m)
	}
	require.Len(t, h.kept, 3)
	require.Equal(t, []byte{0xAF, 0, 2}, h.kept[1].body, "the latest of each")
	for id := range byte(100) {
		h.keep(&message{kind: kindAudio, body: []byte{0x95, 0, 'm', 'p', '4', 'a', id, 0x11, 0x90}})
	}
	require.Len(t, h.kept, maxHeaders)
}

// recorded is what FFmpeg 5.1 sent, from the handshake on, to publish a second of pictures and sound.
func recorded(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/ffmpeg.rtmp")
	require.NoError(t, err)
	return b
}

// handshakeLength is that of C0, C1 and C2.
const handshakeLength = 1 + 1536 + 1536

// FuzzMessages gives what strangers send to everything that reads it, from the chunks to the samples.
func FuzzMessages(f *testing.F) {
	f.Add(recorded(f)[handshakeLength:])
	f.Add(begin(4, 0, kindAudio, 4, aacConfig...))
	f.Add(begin(6, 0, kindVideo, 11, []byte("\x96\x11avc1\x00\x00\x00\x09\x01")...))
	f.Add(begin(2, 0, kindChunkSize, 4, 0, 0, 0, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		k := &keep{}
		d := demux(k)
		var h headers
		w := newWire(&script{in: bytes.NewReader(b)}, time.Second, mediaLimits())
		for range 10_000 {
			m, err := w.nextInTime()
			if err != nil {
				break
			}
			h.keep(&m)
			_, _ = leaves(&m), ends(&m)
			if err := d.take(&arrival{m, start}); err != nil {
				break
			}
		}
		require.LessOrEqual(t, w.chunks.pending, len(b))
		d.stream.Report()
		require.NoError(t, d.stream.Check(start))
		for _, err := range k.errs {
			require.Less(t, len(err.Error()), 500)
		}
	})
}

// FuzzServer has a server talk with a stranger, from the first byte on. The one it would let in knows the key.
func FuzzServer(f *testing.F) {
	f.Add(recorded(f))
	f.Add(recorded(f)[:handshakeLength])
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{6})
	f.Add([]byte{0x16, 3, 1})
	s := &Server{Desk: &publish.Desk{Keys: publish.StaticKeys{"hall": "open-sesame"}}, Address: "127.0.0.1:0"}
	require.NoError(f, s.Start())
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, b []byte) {
		(&connection{server: s, conn: &script{in: bytes.NewReader(b)}}).serve()
		require.Empty(t, s.Desk.Publishers())
	})
}

// script is a connection whose other end has said all already.
type script struct {
	in  io.Reader
	out bytes.Buffer
}

func (s *script) Read(p []byte) (int, error) { return s.in.Read(p) }

func (s *script) Write(p []byte) (int, error) {
	if s.out.Len() > 1<<20 {
		return 0, errors.New("a flood of answers")
	}
	return s.out.Write(p)
}

func (*script) Close() error                     { return nil }
func (*script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }

// What was recorded is let in, read to its end and told of.
func TestRecordedConnection(t *testing.T) {
	s := &Server{Desk: &publish.Desk{Keys: publish.StaticKeys{"hall": "open-sesame"}}, Address: "127.0.0.1:0"}
	require.NoError(t, s.Start())
	t.Cleanup(s.Close)
	conn := &script{in: bytes.NewReader(recorded(t))}
	(&connection{server: s, conn: conn}).serve()
	require.Contains(t, conn.out.String(), "NetStream.Publish.Start")

	k := &keep{}
	d := demux(k)
	w := newWire(&script{in: bytes.NewReader(recorded(t)[handshakeLength:])}, time.Second, mediaLimits())
	for {
		m, err := w.nextInTime()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			break
		}
		require.NoError(t, d.take(&arrival{m, start}))
	}
	require.Empty(t, k.errs)
	require.Len(t, k.tracks, 1)
	require.Len(t, k.tracks[0], 2)
	require.Greater(t, len(k.samples), 40)
}
