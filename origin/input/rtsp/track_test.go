package rtsp

import (
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

func describe(t testing.TB, text string) (*description.Session, bool) {
	t.Helper()
	var parsed sdp.SessionDescription
	if parsed.Unmarshal([]byte(text)) != nil {
		return nil, false
	}
	var desc description.Session
	if desc.Unmarshal(&parsed) != nil {
		return nil, false
	}
	return &desc, true
}

const head = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		name    string
		sdp     string
		codecs  []string
		known   []bool // whether the parameters are in the description
		clocks  []int
		dropped []string
	}{
		{
			"H.264 with and AAC",
			"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\n" +
				"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/44100/2\r\na=fmtp:97 streamtype=5;mode=AAC-hbr;config=1210;sizelength=13;indexlength=3;indexdeltalength=3\r\n",
			[]string{"H264", "MPEG-4 Audio"},
			[]bool{true, true},
			[]int{90000, 44100},
			nil,
		},
		{"H.264 without parameters", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", []string{"H264"}, []bool{false}, []int{90000}, nil},
		{"H.265", "m=video 0 RTP/AVP 98\r\na=rtpmap:98 H265/90000\r\n", []string{"H265"}, []bool{false}, []int{90000}, nil},
		{"Opus", "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 sprop-stereo=1\r\n", []string{"Opus"}, []bool{true}, []int{48000}, nil},
		{"MP2", "m=audio 0 RTP/AVP 14\r\n", []string{"MPEG-1/2 Audio"}, []bool{false}, []int{90000}, nil},
		{"MP2 by name", "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 MPA/90000\r\n", []string{"Generic"}, []bool{false}, []int{90000}, nil},
		{"AC-3", "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 ac3/44100/6\r\n", []string{"AC-3"}, []bool{false}, []int{44100}, nil},
		{"AC-3 at a strange rate", "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 AC3/90000/2\r\n", nil, nil, nil, []string{"ac-3 at 90000 Hz: 32000, 44100 or 48000 expected"}},
		{"LATM in band", "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 MP4A-LATM/90000/1\r\n", []string{"MPEG-4 Audio LATM"}, []bool{false}, []int{90000}, nil},
		{"LATM", "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 MP4A-LATM/48000/2\r\na=fmtp:96 profile-level-id=1;cpresent=0;object=2;config=400023203fc0\r\n", []string{"MPEG-4 Audio LATM"}, []bool{true}, []int{48000}, nil},
		{
			"what cannot be carried",
			"m=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 8\r\nm=audio 0 RTP/AVP 9\r\nm=audio 0 RTP/AVP 96\r\na=rtpmap:96 multiopus/48000/6\r\n" +
				"m=video 0 RTP/AVP 26\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 AV1/90000\r\nm=video 0 RTP/AVP 33\r\n" +
				"m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n",
			nil, nil, nil,
			[]string{
				"g711 audio cannot be carried in HLS: set the encoder to AAC",
				"g711 audio cannot be carried in HLS: set the encoder to AAC",
				"g722 audio cannot be carried in HLS: set the encoder to AAC",
				"opus with 6 channels audio cannot be carried in HLS: set the encoder to two channels",
				"m-jpeg video cannot be carried in HLS: set the encoder to H.264",
				"av1 video cannot be carried in HLS: set the encoder to H.264",
				"mpeg-ts track cannot be carried in HLS: set the encoder to send its video and audio as RTP tracks of their own",
				"vnd.onvif.metadata track cannot be carried in HLS: it is left out",
			},
		},
		{"a loudspeaker", "m=audio 0 RTP/AVP 0\r\na=sendonly\r\n", nil, nil, nil, nil},
		{
			"alternatives in one medium", "m=video 0 RTP/AVP 26 96\r\na=rtpmap:96 H264/90000\r\n",
			[]string{"H264"},
			[]bool{false},
			[]int{90000},
			nil,
		},
		{
			"a length that overflows",
			"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/44100/2\r\na=fmtp:97 streamtype=5;mode=AAC-hbr;config=1210;sizelength=64;indexlength=3;indexdeltalength=3\r\n",
			nil, nil, nil,
			[]string{"aac with AU headers of 64, 3 and 3 bits: at most 32 expected"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			desc, ok := describe(t, head+c.sdp)
			require.True(t, ok)
			tracks, dropped := plan(desc)
			var codecs []string
			for i, track := range tracks {
				codecs = append(codecs, track.format.Codec())
				require.Equal(t, c.known[i], track.essence.Codec() != nil)
				require.Equal(t, c.clocks[i], track.essence.clockRate())
			}
			require.Equal(t, c.codecs, codecs)
			var words []string
			for _, err := range dropped {
				words = append(words, err.Error())
			}
			require.Equal(t, c.dropped, words)
		})
	}
}

func TestPlanIsBounded(t *testing.T) {
	text := head
	for range 12 {
		text += "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
	}
	desc, ok := describe(t, text)
	require.True(t, ok)
	tracks, dropped := plan(desc)
	require.Len(t, tracks, media.MaxTracks)
	require.Len(t, dropped, 4)
}

func TestSBRClock(t *testing.T) {
	// HE-AAC: a core of 24 kHz under 48 kHz, as ffmpeg (RFC 3640) and gortsplib stamp it.
	const text = head + "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/48000/2\r\n" +
		"a=fmtp:97 streamtype=5;mode=AAC-hbr;config=2b118800;sizelength=13;indexlength=3;indexdeltalength=3\r\n"
	for _, c := range []struct {
		name string
		step uint32
		rate int
	}{{"stamped at the output's rate", 2048, 48000}, {"stamped at the core's rate", 1024, 24000}} {
		t.Run(c.name, func(t *testing.T) {
			desc, ok := describe(t, text)
			require.True(t, ok)
			tracks, _ := plan(desc)
			require.Len(t, tracks, 1)
			r := &keep{}
			d := &demuxer{tracks: tracks, stream: elementary.Stream{Receiver: r}, now: time.Now}
			d.begin()
			for i := range 5 {
				require.NoError(t, d.packet(tracks[0], &rtp.Packet{
					Header:  rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(i) * c.step, Marker: true, PayloadType: 97},
					Payload: []byte{0x00, 0x10, 0x00, 0x10, 1, 2},
				}, time.Now()))
			}
			require.Equal(t, c.rate, tracks[0].essence.clockRate())
			require.Equal(t, 24000, r.tracks[0].Timescale)
			require.Len(t, r.samples, 5)
			for i, s := range r.samples {
				require.Equal(t, int64(i)*1024, s.PTS)
			}
		})
	}
}

// keep is a receiver of one track.
type keep struct {
	tracks  []media.Track
	samples []media.Sample
	errs    []error
}

func (k *keep) Describe(tracks []media.Track) error { k.tracks = tracks; return nil }
func (k *keep) Sample(_ int, s media.Sample)        { k.samples = append(k.samples, s) }
func (k *keep) Warn(err error)                      { k.errs = append(k.errs, err) }

// FuzzDemuxer gives a description and packets of strangers to everything that reads them.
func FuzzDemuxer(f *testing.F) {
	for _, m := range []string{
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\n",
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
		"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwB4mZgJ; sprop-sps=QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBDllmZpJMrgEAAAAwAQAAADAeCA; sprop-pps=RAHBcrRiQA==\r\n",
		"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/48000/2\r\na=fmtp:96 streamtype=5;mode=AAC-hbr;config=1190;sizelength=13;indexlength=3;indexdeltalength=3\r\n",
		"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 MP4A-LATM/90000/1\r\n",
		"m=audio 0 RTP/AVP 14\r\n",
		"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n",
		"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 AC3/48000/2\r\n",
	} {
		f.Add(head+m, []byte{0x65, 0x88, 0x84, 0x00, 0x33, 0xff, 0x00, 0x10}, uint8(4))
		f.Add(head+m, []byte{24, 0, 2, 0x67, 0x42, 0, 1, 0x65}, uint8(3))
		f.Add(head+m, []byte{0x00, 0x10, 0x00, 0x10, 1, 2, 0xFF, 0xFD, 0xA4, 0x00}, uint8(5))
		f.Add(head+m, []byte{2, 2, 0x0b, 0x77, 0x47, 0x11, 0x00, 0x40, 3, 2, 0, 0, 0, 0, 0, 0}, uint8(7))
	}
	f.Fuzz(func(t *testing.T, text string, packets []byte, size uint8) {
		desc, ok := describe(t, text)
		if !ok {
			return
		}
		tracks, dropped := plan(desc)
		require.LessOrEqual(t, len(tracks), media.MaxTracks)
		for _, err := range dropped {
			require.Less(t, len(err.Error()), 400)
		}
		now := time.Now()
		d := &demuxer{tracks: tracks, now: func() time.Time { return now }, stream: elementary.Stream{
			Receiver: &keep{}, ParametersWait: time.Hour, KeyframeWait: time.Hour, Silence: time.Hour,
		}}
		d.begin()
		for n := 0; len(packets) > 0 && n < 64; n++ {
			cut := min(int(size)+1, len(packets))
			for _, track := range tracks {
				payload := append([]byte(nil), packets[:cut]...)
				require.NoError(t, d.packet(track, &rtp.Packet{
					Header:  rtp.Header{SequenceNumber: uint16(n), Timestamp: uint32(n/2) * 3600, Marker: n%2 == 1},
					Payload: payload,
				}, time.Now()))
			}
			packets = packets[cut:]
		}
		require.NoError(t, d.stream.Check(time.Now()))
	})
}
