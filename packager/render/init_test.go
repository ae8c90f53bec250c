package render_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/abema/go-mp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
)

func TestInitReadByAnotherLibrary(t *testing.T) {
	for _, name := range clips {
		c := readClip(t, name)
		for i := range c.init.Tracks {
			track := &c.init.Tracks[i]
			b, err := render.Init(track)
			require.NoError(t, err)
			var init fmp4.Init
			require.NoError(t, init.Unmarshal(bytes.NewReader(b)))
			require.Len(t, init.Tracks, 1)
			got := init.Tracks[0]
			require.Equal(t, track.ID, got.ID)
			require.EqualValues(t, track.Timescale, got.TimeScale)
			switch want := track.Codec.(type) {
			case *media.H264:
				require.Equal(t, &codecs.H264{SPS: want.SPS, PPS: want.PPS}, got.Codec)
			case *media.H265:
				require.Equal(t, &codecs.H265{VPS: want.VPS, SPS: want.SPS, PPS: want.PPS}, got.Codec)
			case *media.AAC:
				aac, ok := got.Codec.(*codecs.MPEG4Audio)
				require.True(t, ok)
				config, err := aac.Config.Marshal()
				require.NoError(t, err)
				require.Equal(t, want.Config, config)
			case *media.Opus:
				require.Equal(t, &codecs.Opus{ChannelCount: want.Channels}, got.Codec)
			case *media.AC3:
				require.Equal(t, "100880", hex.EncodeToString(want.Config), "as ffmpeg writes it for this stream")
				ac3, ok := got.Codec.(*codecs.AC3)
				require.True(t, ok)
				require.Equal(t, [2]int{want.SampleRate(), want.Channels()}, [2]int{ac3.SampleRate, ac3.ChannelCount})
				require.Equal(t, [2]uint8{8, 1}, [2]uint8{ac3.Bsid, ac3.Acmod})
			case *media.EAC3:
				require.Equal(t, "0180600400", hex.EncodeToString(want.Config), "as ffmpeg writes it for this stream")
				eac3, ok := got.Codec.(*codecs.EAC3)
				require.True(t, ok)
				require.Equal(t, &codecs.EAC3{SampleRate: want.SampleRate(), ChannelCount: want.Channels(), DataRate: 48, Acmod: 2}, eac3)
			case *media.MP2:
				require.Equal(t, &codecs.MPEG1Audio{SampleRate: want.SampleRate, ChannelCount: want.Channels}, got.Codec)
			}
		}
	}
}

// TestInitBoxesAddUp reads every box with a parser that knows their fields.
func TestInitBoxesAddUp(t *testing.T) {
	for _, name := range clips {
		c := readClip(t, name)
		for i := range c.init.Tracks {
			b, err := render.Init(&c.init.Tracks[i])
			require.NoError(t, err)
			kinds := map[string]bool{}
			_, err = mp4.ReadBoxStructure(bytes.NewReader(b), func(h *mp4.ReadHandle) (any, error) {
				kinds[h.BoxInfo.Type.String()] = true
				if !h.BoxInfo.IsSupportedType() {
					return nil, nil
				}
				_, n, err := h.ReadPayload()
				require.NoError(t, err, "box %s", h.BoxInfo.Type)
				if h.BoxInfo.Type.String() != "esds" {
					require.LessOrEqual(t, n, h.BoxInfo.Size-h.BoxInfo.HeaderSize)
				}
				return h.Expand()
			})
			require.NoError(t, err)
			for _, kind := range []string{"ftyp", "mvhd", "tkhd", "mdhd", "hdlr", "dref", "stsd", "stts", "stsc", "stsz", "stco", "trex"} {
				require.True(t, kinds[kind], "box %s", kind)
			}
		}
	}
}

// TestInitOfHEVC compares the decoder configuration with the one that ffmpeg writes for the same stream.
func TestInitOfHEVC(t *testing.T) {
	c := readClip(t, "h265-opus.ts")
	b, err := render.Init(&c.init.Tracks[0])
	require.NoError(t, err)
	at := bytes.Index(b, []byte("hvcC")) + 4
	require.Equal(t, "01"+"01"+"60000000"+"900000000000"+"3c"+"f000"+"fc"+"fd"+"f8"+"f8"+"0000"+"0f"+"03", hex.EncodeToString(b[at:at+23]))
	require.Equal(t, 1, bytes.Count(b, []byte("hvc1")))
}

func TestInitTellsTheLanguage(t *testing.T) {
	aac := &media.AAC{Config: []byte{0x11, 0x90}}
	for tag, want := range map[string]string{"zh-CN": "zho", "en": "eng", "": "und", "xx-nonsense-": "und", "yue": "yue"} {
		b, err := render.Init(&media.Track{ID: 1, Timescale: 48000, Language: tag, Codec: aac})
		require.NoError(t, err)
		at := bytes.Index(b, []byte("mdhd")) + 4 + 20
		packed := int(b[at])<<8 | int(b[at+1])
		got := string([]byte{byte(packed>>10&31) + 0x60, byte(packed>>5&31) + 0x60, byte(packed&31) + 0x60})
		require.Equal(t, want, got, "language %q", tag)
		require.Equal(t, want != "und", bytes.Contains(b, []byte("elng")), "language %q", tag)
	}
}

func TestInitRefuses(t *testing.T) {
	h264, ok := readClip(t, "h264-aac.ts").init.Tracks[0].Codec.(*media.H264)
	require.True(t, ok)
	h265, ok := readClip(t, "h265-opus.ts").init.Tracks[0].Codec.(*media.H265)
	require.True(t, ok)
	for name, track := range map[string]media.Track{
		"no SPS":               {ID: 1, Timescale: 90000, Codec: &media.H264{}},
		"no PPS":               {ID: 1, Timescale: 90000, Codec: &media.H264{SPS: h264.SPS}},
		"no VPS":               {ID: 1, Timescale: 90000, Codec: &media.H265{SPS: h265.SPS}},
		"no configuration":     {ID: 1, Timescale: 48000, Codec: &media.AAC{}},
		"nine Opus channels":   {ID: 1, Timescale: 48000, Codec: &media.Opus{Channels: 9}},
		"no codec to speak of": {ID: 1, Timescale: 48000},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render.Init(&track)
			require.ErrorIs(t, err, render.ErrBadParameters)
		})
	}
	_, err := render.Init(&media.Track{ID: 1, Codec: &media.Opus{Channels: 2}})
	require.ErrorIs(t, err, render.ErrTracks)
}

func TestInitOfManyChannels(t *testing.T) {
	for channels := 1; channels <= 8; channels++ {
		b, err := render.Init(&media.Track{ID: 1, Timescale: 48000, Codec: &media.Opus{Channels: channels}})
		require.NoError(t, err)
		at := bytes.Index(b, []byte("dOps")) + 4
		if channels > 2 {
			require.EqualValues(t, 1, b[at+10], "mapping family")
			channelMap := slices.Sorted(slices.Values(b[at+13 : at+13+channels]))
			for i, c := range channelMap {
				require.EqualValues(t, i, c)
			}
		}
	}
}

// TestFragmentsReadByFFmpeg decodes each track's header and fragments without a line of complaint.
func TestFragmentsReadByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	for _, name := range clips {
		c := readClip(t, name)
		segments := c.cut()
		for i := range c.init.Tracks {
			track := &c.init.Tracks[i]
			t.Run(name+" "+track.Codec.Name(), func(t *testing.T) {
				b, err := render.Init(track)
				require.NoError(t, err)
				for _, fragments := range segments {
					b = append(b, fragments[i]...)
				}
				file := filepath.Join(t.TempDir(), "track.mp4")
				require.NoError(t, os.WriteFile(file, b, 0o600))
				out, err := exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-i", file, "-map", "0", "-f", "null", "-").CombinedOutput()
				require.NoError(t, err, "%s", out)
				require.Empty(t, string(out))
				probe(t, file, track, len(c.pieces[i]))
			})
		}
	}
}

func probe(t *testing.T, file string, track *media.Track, samples int) {
	ffprobe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Skip("ffprobe is not installed")
	}
	out, err := exec.Command(ffprobe, "-v", "error", "-count_packets", "-show_streams", "-of", "json", file).Output()
	require.NoError(t, err)
	var got struct {
		Streams []struct {
			Codec    string `json:"codec_name"`
			Tag      string `json:"codec_tag_string"`
			Packets  string `json:"nb_read_packets"`
			TimeBase string `json:"time_base"`
			Width    int    `json:"width"`
			Rate     string `json:"sample_rate"`
			Tags     struct {
				Language string `json:"language"`
			} `json:"tags"`
		} `json:"streams"`
	}
	require.NoError(t, json.Unmarshal(out, &got))
	require.Len(t, got.Streams, 1)
	s := got.Streams[0]
	want := map[string][3]string{
		"h264": {"h264", "avc1", ""}, "h265": {"hevc", "hvc1", ""}, "aac": {"aac", "mp4a", "zho"},
		"opus": {"opus", "Opus", ""}, "mp2": {"mp2", "mp4a", ""},
		"ac3": {"ac3", "ac-3", "eng"}, "eac3": {"eac3", "ec-3", ""},
	}[track.Codec.Name()]
	require.Equal(t, want[0], strings.Replace(s.Codec, "mp3", "mp2", 1)) // Object type 0x6B is both.
	require.Equal(t, want[1], s.Tag)
	if want[2] != "" {
		require.Equal(t, want[2], s.Tags.Language)
	}
	require.Equal(t, samples, atoi(s.Packets))
	if track.Kind() == media.Video {
		require.Equal(t, 320, s.Width)
	} else {
		require.Equal(t, track.Timescale, atoi(s.Rate))
	}
}

func atoi(s string) int {
	n := 0
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}
