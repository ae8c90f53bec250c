package media_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/media"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// Parameter sets of real encoders.
const (
	spsX264 = "6764000cac3b50b04b420000030002000003003d08"
	spsX265 = "42010101600000030090000003000003007 8a003c08010e59666692 4cae01000000300100000030 1e080"
)

func everything(t testing.TB) *media.Init {
	return &media.Init{Tracks: []media.Track{
		{ID: 1, Timescale: 90000, Codec: &media.H264{SPS: unhex(t, spsX264), PPS: []byte{0x68, 0xee, 0x3c, 0x80}}},
		{ID: 2, Timescale: 90000, Codec: &media.H265{VPS: []byte{0x40, 1}, SPS: unhex(t, spsX265), PPS: []byte{0x44, 1}}},
		{ID: 3, Timescale: 48000, Language: "zh-CN", Codec: &media.AAC{Config: []byte{0x11, 0x90}}},
		{ID: 4, Timescale: 48000, Language: "en", Codec: &media.Opus{Channels: 2}},
		{ID: 5, Timescale: 44100, Codec: &media.MP2{SampleRate: 44100, Channels: 1}},
	}}
}

// TestInitForm holds the stored form to its bytes: an init is named by them, and segments refer to the name for years.
func TestInitForm(t *testing.T) {
	init := everything(t)
	b, err := json.MarshalIndent(init, "", "\t")
	require.NoError(t, err)
	b = append(b, '\n')
	golden := filepath.Join("testdata", "init.json")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(golden, b, 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(b))
	require.Equal(t, "35d16eb481e9bd24", init.Version())

	var again media.Init
	require.NoError(t, json.Unmarshal(b, &again))
	require.Equal(t, *init, again)
	require.True(t, init.Equal(&again))
	require.Equal(t, init.Version(), again.Version())
	for i := range again.Tracks {
		require.Equal(t, init.Tracks[i].Kind(), again.Tracks[i].Kind())
	}
}

func TestInitEqual(t *testing.T) {
	same := everything(t)
	for i, change := range []func(*media.Init){
		func(i *media.Init) { i.Tracks = i.Tracks[1:] },
		func(i *media.Init) { i.Tracks[0].ID = 9 },
		func(i *media.Init) { i.Tracks[0].Timescale = 1000 },
		func(i *media.Init) { i.Tracks[2].Language = "en" },
		func(i *media.Init) { i.Tracks[0].Codec = &media.H264{SPS: []byte{1}} },
		func(i *media.Init) { i.Tracks[0].Codec = i.Tracks[1].Codec },
		func(i *media.Init) { i.Tracks[1].Codec = &media.H265{SPS: unhex(t, spsX265), PPS: []byte{0x44, 1}} },
		func(i *media.Init) { i.Tracks[2].Codec = &media.AAC{Config: []byte{0x12, 0x10}} },
		func(i *media.Init) { i.Tracks[3].Codec = &media.Opus{Channels: 1} },
		func(i *media.Init) { i.Tracks[4].Codec = &media.MP2{SampleRate: 48000, Channels: 1} },
		func(i *media.Init) { i.Tracks[4].Codec = nil },
	} {
		other := everything(t)
		require.True(t, same.Equal(other))
		change(other)
		require.False(t, same.Equal(other), "change %d", i)
		require.False(t, other.Equal(same), "change %d", i)
		require.NotEqual(t, same.Version(), other.Version(), "change %d", i)
	}
	var none *media.Init
	require.True(t, none.Equal(nil))
	require.False(t, none.Equal(same))
	require.False(t, same.Equal(none))
	require.Equal(t, 0, same.Leading())
	require.Equal(t, 1, (&media.Init{Tracks: []media.Track{same.Tracks[2], same.Tracks[0]}}).Leading())
	require.Equal(t, 0, (&media.Init{Tracks: same.Tracks[2:]}).Leading())

	_, err := json.Marshal(&media.Init{Tracks: []media.Track{{ID: 7}}})
	require.ErrorContains(t, err, "track 7 has no codec")
	require.Empty(t, (&media.Init{Tracks: []media.Track{{ID: 7}}}).Version())
}

func TestInitHostile(t *testing.T) {
	track := func(id, scale, codec, params string) string {
		return fmt.Sprintf(`{"tracks":[{"id":%s,"timescale":%s,"codec":%q,"params":%s}]}`, id, scale, codec, params)
	}
	for in, want := range map[string]string{
		``:                  "unexpected end",
		`null`:              "1 to 8 tracks, not 0",
		`[]`:                "cannot unmarshal array",
		`{"tracks":[]}`:     "1 to 8 tracks, not 0",
		`{"tracks":[null]}`: "unknown codec",
		`{"tracks":[` + strings.Repeat(`{},`, 8) + `{}]}`:                                                "not 9",
		`{"tracks":[{"id":1,"timescale":1,"codec":"h264"}]}`:                                             "track 1",
		track("1", "90000", "vp9", "{}"):                                                                 `unknown codec "vp9"`,
		track("0", "90000", "h264", "{}"):                                                                "track id 0",
		track("-1", "90000", "h264", "{}"):                                                               "track id -1",
		track("4294967296", "90000", "h264", "{}"):                                                       "track id 4294967296",
		track("1e400", "90000", "h264", "{}"):                                                            "cannot unmarshal",
		track("1", "0", "h264", "{}"):                                                                    "timescale 0",
		track("1", "-5", "aac", "{}"):                                                                    "timescale -5",
		track("1", "9223372036854775807", "aac", "{}"):                                                   "timescale 9223372036854775807",
		track("1", "1", "h264", `{"sps":5}`):                                                             "track 1",
		track("1", "1", "h264", `{"sps":"not base64"}`):                                                  "track 1",
		track("1", "1", "opus", `{"channels":-1}`):                                                       "-1 channels",
		track("1", "1", "opus", `null`):                                                                  "0 channels",
		track("1", "1", "mp2", `{"channels":2}`):                                                         "sampling rate 0",
		track("1", "1", "mp2", `{"channels":999,"sampleRate":1}`):                                        "999 channels",
		track("1", "1", "h265", `{"pps":"`+base64.StdEncoding.EncodeToString(make([]byte, 70_000))+`"}`): "70000 bytes",
		`{"tracks":[{"id":1,"timescale":1,"codec":"aac","params":{}},{"id":1,"timescale":1,"codec":"aac","params":{}}]}`: "two tracks",
	} {
		init := media.Init{Tracks: []media.Track{{ID: 42}}}
		err := json.Unmarshal([]byte(in), &init)
		if in == "null" { // A null for a value leaves it as it is.
			err = init.UnmarshalJSON([]byte(in))
		}
		require.ErrorContains(t, err, want, in)
		require.Equal(t, 42, init.Tracks[0].ID, "what is refused changes nothing")
	}
	var init media.Init
	require.NoError(t, json.Unmarshal([]byte(track("1", "90000", "h264", "null")), &init))
	require.Equal(t, "avc1", init.Tracks[0].Codec.RFC6381())
}

func FuzzInit(f *testing.F) {
	b, err := json.Marshal(everything(f))
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte(`{"tracks":[{"id":1,"timescale":90000,"codec":"h265","params":{"sps":"QgEBAWA="}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var init media.Init
		if json.Unmarshal(b, &init) != nil {
			return
		}
		require.NotEmpty(t, init.Version())
		for _, track := range init.Tracks {
			require.NotEmpty(t, track.Codec.RFC6381())
			p := media.PictureOf(track.Codec)
			require.True(t, p.Width >= 0 && p.Width <= 16_384 && p.FrameRate >= 0 && p.FrameRate <= 300, "%+v", p)
		}
		again, err := json.Marshal(&init)
		require.NoError(t, err)
		var second media.Init
		require.NoError(t, json.Unmarshal(again, &second))
		require.True(t, init.Equal(&second))
	})
}

func TestRFC6381(t *testing.T) {
	for want, codec := range map[string]media.Codec{
		"avc1.64000c": &media.H264{SPS: unhex(t, spsX264)},
		"avc1.64001f": &media.H264{SPS: []byte{0x67, 0x64, 0x00, 0x1f}},
		"avc1.42e01e": &media.H264{SPS: []byte{0x67, 0x42, 0xe0, 0x1e}},
		"avc1":        &media.H264{},
		// The examples of ISO 14496-15 §E.3, and one whose flags reach the second byte.
		"hvc1.1.6.L120.90":      &media.H265{SPS: unhex(t, spsX265)},
		"hvc1.1.6.L93.B0":       &media.H265{SPS: unhex(t, "4201 01 01 60000003 00b0 00000300 000300 5d")},
		"hvc1.A4.41.H120.B0.23": &media.H265{SPS: unhex(t, "4201 01 64 820000 03 00 b023 0000 03 000078")},
		"hvc1.2.4.L153":         &media.H265{SPS: unhex(t, "4201 01 02 20000003 0000 03 00 0003 0000 03 0099")},
		"hvc1":                  &media.H265{SPS: []byte{0x42, 1}},
		"mp4a.40.2":             &media.AAC{Config: []byte{0x11, 0x90}},
		"mp4a.40.5":             &media.AAC{Config: unhex(t, "2b8a08 00")},
		"mp4a.40.29":            &media.AAC{Config: unhex(t, "eb8a08 00")},
		"opus":                  &media.Opus{Channels: 2},
		"mp4a.6B":               &media.MP2{},
	} {
		require.Equal(t, want, codec.RFC6381())
	}
	require.Equal(t, "mp4a.40.2", (&media.AAC{}).RFC6381())
}

func TestPictureOf(t *testing.T) {
	require.Equal(t, media.Picture{Width: 352, Height: 288, FrameRate: 15}, media.PictureOf(&media.H264{SPS: unhex(t, spsX264)}))
	require.Equal(t, media.Picture{Width: 1920, Height: 1080, FrameRate: 30}, media.PictureOf(&media.H265{SPS: unhex(t, spsX265)}))
	require.Zero(t, media.PictureOf(&media.H264{SPS: []byte{0x67}}))
	require.Zero(t, media.PictureOf(&media.H265{}))
	require.Zero(t, media.PictureOf(&media.AAC{}))
	require.Zero(t, media.PictureOf(nil))
	// A parameter set that is spoilt anywhere says nothing, or something that can be.
	for _, sps := range []string{spsX264, spsX265} {
		whole := unhex(t, sps)
		for i := range whole {
			for bit := range 8 {
				spoilt := append([]byte(nil), whole...)
				spoilt[i] ^= 1 << bit
				for _, c := range []media.Codec{&media.H264{SPS: spoilt}, &media.H265{SPS: spoilt}, &media.H264{SPS: whole[:i]}, &media.H265{SPS: whole[:i]}} {
					p := media.PictureOf(c)
					require.True(t, p.Width >= 0 && p.Width <= 16_384 && p.Height >= 0 && p.Height <= 16_384, "%+v", p)
					require.True(t, p.FrameRate >= 0 && p.FrameRate <= 300, "%+v", p)
					require.NotEmpty(t, c.RFC6381())
				}
			}
		}
	}
}

func TestClockExact(t *testing.T) {
	scales := rapid.SampledFrom([]int{1, 25, 1000, 8000, 11025, 44100, 48000, 90000, 10_000_000, media.MaxTimescale})
	floor := func(a int64, num, den int) int64 {
		n := new(big.Int).Mul(big.NewInt(a), big.NewInt(int64(num)))
		return new(big.Int).Div(n, big.NewInt(int64(den))).Int64() // Euclidean: down, for a positive divisor.
	}
	rapid.Check(t, func(t *rapid.T) {
		from, to := scales.Draw(t, "from"), scales.Draw(t, "to")
		// A hundred years either way.
		seconds := rapid.Int64Range(-100*365*86400, 100*365*86400).Draw(t, "seconds")
		at := seconds*int64(from) + rapid.Int64Range(0, int64(from)-1).Draw(t, "rest")
		next := at + rapid.Int64Range(0, int64(from)).Draw(t, "more")

		got := media.Ticks(at, from, to)
		require.Equal(t, floor(at, to, from), got)
		require.LessOrEqual(t, got, media.Ticks(next, from, to))
		d := media.Duration(at, from)
		require.Equal(t, floor(at, int(time.Second), from), int64(d))
		require.LessOrEqual(t, d, media.Duration(next, from))
		require.Equal(t, floor(int64(d), from, int(time.Second)), media.FromDuration(d, from))
		require.InDelta(t, at, media.FromDuration(d, from), 1)
		if to >= from {
			require.LessOrEqual(t, at-media.Ticks(got, to, from), int64(1))
			require.GreaterOrEqual(t, at, media.Ticks(got, to, from))
		}
	})
	require.EqualValues(t, -1, media.Ticks(-1, 90000, 48000))
	require.EqualValues(t, -11112, media.Duration(-1, 90000))
	require.EqualValues(t, math.MaxInt64, media.Ticks(math.MaxInt64, 90000, 90000))
}

func TestSmall(t *testing.T) {
	require.Equal(t, "video audio unknown", fmt.Sprint(media.Video, media.Audio, media.Kind(0)))
	require.Equal(t, 5, media.Sample{Units: [][]byte{{1, 2}, {3, 4, 5}}}.Size())
	require.EqualValues(t, 7, media.Range{Offset: 3, Length: 4}.End())
	for name, c := range map[string]media.Codec{
		"h264": &media.H264{}, "h265": &media.H265{}, "aac": &media.AAC{}, "opus": &media.Opus{}, "mp2": &media.MP2{},
	} {
		require.Equal(t, name, c.Name())
		require.True(t, media.Equal(c, c))
	}
}
