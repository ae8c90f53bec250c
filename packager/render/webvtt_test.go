package render_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/abema/go-mp4"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

var textTrack = media.Track{ID: 3, Timescale: 1000, Language: "zh-CN", Codec: &media.WebVTT{}}

// textFragment stores cues, whose times are media times, in one sample.
func textFragment(at int64, duration uint32, cues ...media.Cue) []byte {
	for i := range cues {
		cues[i].Start, cues[i].End = cues[i].Start-at, cues[i].End-at
	}
	return segment.AppendFragment(nil, 1, &textTrack, []segment.Piece{
		{DTS: at, Duration: duration, Sync: true, Units: [][]byte{media.AppendCues(nil, cues)}},
	})
}

func TestWebVTT(t *testing.T) {
	styled := textTrack
	styled.Codec = &media.WebVTT{Header: "STYLE\n::cue { color: yellow }\n\nREGION\nid:top\n"}
	over := media.Cue{ID: "7", Settings: "line:0 align:start", Text: "讲座\n<i>lecture</i>", Start: 99_500, End: 104_250}
	for name, c := range map[string]struct {
		track        *media.Track
		fragment     []byte
		start, shift time.Duration
		want         string
	}{
		"nothing shown": {&textTrack, nil, 10 * time.Second, 0, "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:10.000,MPEGTS:900000\n"},
		"a cue over both cuts": {
			&textTrack, textFragment(100_000, 4000, over), 100 * time.Second, 0,
			"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:01:40.000,MPEGTS:9000000\n\n7\n00:01:39.500 --> 00:01:44.250 line:0 align:start\n讲座\n<i>lecture</i>\n",
		},
		"shifted over the wrap": {
			&textTrack, textFragment(100_000, 4000, over), 100 * time.Second, 95_400 * time.Second,
			"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:26:31:40.000,MPEGTS:5065408\n\n7\n26:31:39.500 --> 26:31:44.250 line:0 align:start\n讲座\n<i>lecture</i>\n",
		},
		"shifted before zero": {
			&textTrack, textFragment(100_000, 4000, over), 100 * time.Second, -100 * time.Second,
			"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n7\n00:00:00.000 --> 00:00:04.250 line:0 align:start\n讲座\n<i>lecture</i>\n",
		},
		"with a head": {
			&styled, textFragment(10_000, 4000, media.Cue{Text: "a", Start: 10_000, End: 10_000}), 10 * time.Second, 0,
			"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:10.000,MPEGTS:900000\n\nSTYLE\n::cue { color: yellow }\n\nREGION\nid:top\n\n00:00:10.000 --> 00:00:10.001\na\n",
		},
		"text that would break the file": {
			&textTrack, textFragment(10_000, 4000, media.Cue{ID: "a\nb --> c", Settings: "line:1\n\nx", Text: "\n\none\r\n\r\n  \ntwo --> three\x00\xff\n", Start: 11_000, End: 12_000}),
			10 * time.Second, 0,
			"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:10.000,MPEGTS:900000\n\na b --&gt; c\n00:00:11.000 --> 00:00:12.000 line:1 x\none\ntwo --&gt; three��\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := render.WebVTT([]byte("head"), c.track, c.fragment, c.start, c.shift)
			require.NoError(t, err)
			require.Equal(t, "head"+c.want, string(b))
		})
	}
}

// TestWebVTTOnce has two samples with parts of one cue: the file has it once, in order of time.
func TestWebVTTOnce(t *testing.T) {
	long := media.Cue{Text: "long", Start: 10_000, End: 13_000}
	short := media.Cue{Text: "short", Start: 9000, End: 11_000}
	fragment := append(textFragment(10_000, 1000, long, short), textFragment(11_000, 1000, long)...)
	b, err := render.WebVTT(nil, &textTrack, fragment, 10*time.Second, 0)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(b), "long"))
	require.Less(t, bytes.Index(b, []byte("short")), bytes.Index(b, []byte("long")))
}

func TestWebVTTRefuses(t *testing.T) {
	bad := textFragment(10_000, 1000, media.Cue{Text: "abc", Start: 10_000, End: 11_000})
	bad[bytes.Index(bad, []byte("vttc"))-1]++
	noScale := textTrack
	noScale.Timescale = 0
	for name, c := range map[string]struct {
		track    *media.Track
		fragment []byte
		want     error
	}{
		"sound":          {&media.Track{ID: 1, Timescale: 48000, Codec: &media.Opus{Channels: 2}}, nil, render.ErrUnsuitable},
		"no timescale":   {&noScale, nil, render.ErrTracks},
		"a cut fragment": {&textTrack, bad[:40], segment.ErrBadFragment},
		"a bad cue":      {&textTrack, bad, media.ErrBadCue},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := render.WebVTT([]byte("kept"), c.track, c.fragment, 0, 0)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, "kept", string(b))
		})
	}
}

func TestWebVTTReadByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	b, err := render.WebVTT(nil, &textTrack, textFragment(10_000, 4000, media.Cue{ID: "1", Text: "讲座", Start: 11_000, End: 12_500}), 10*time.Second, 0)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "text.vtt")
	require.NoError(t, os.WriteFile(file, b, 0o600))
	out, err := exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-i", file, "-f", "srt", "-").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "1\n00:00:11,000 --> 00:00:12,500\n讲座\n\n", string(out))
}

// TestInitOfText reads the header's boxes with a parser that knows them.
func TestInitOfText(t *testing.T) {
	track := textTrack
	track.Codec = &media.WebVTT{Header: "STYLE\n::cue {}"}
	b, err := render.Init(&track)
	require.NoError(t, err)
	kinds := map[string]bool{}
	_, err = mp4.ReadBoxStructure(bytes.NewReader(b), func(h *mp4.ReadHandle) (any, error) {
		kinds[h.BoxInfo.Type.String()] = true
		if !h.BoxInfo.IsSupportedType() {
			return nil, nil
		}
		return h.Expand()
	})
	require.NoError(t, err)
	for _, kind := range []string{"wvtt", "vttC", "hdlr", "elng"} {
		require.True(t, kinds[kind] || bytes.Contains(b, []byte(kind)), "box %s", kind)
	}
	require.Contains(t, string(b), "nmhd")
	require.Contains(t, string(b), "WEBVTT\n\nSTYLE\n::cue {}")
	require.Equal(t, "wvtt", track.Codec.RFC6381())
}

// TestTransportStreamLeavesTextOut renders a segment with a text track in the middle: as without, and its counter stays 0.
func TestTransportStreamLeavesTextOut(t *testing.T) {
	c := readClip(t, "h264-aac.ts")
	fragments := c.cut()[0]
	init := &media.Init{Tracks: append(c.init.Tracks[:2:2], textTrack)}
	plain, counters, err := render.TS(nil, c.init, fragments, timeline.Counters{})
	require.NoError(t, err)
	with, next, err := render.TS(nil, init, append(fragments[:2:2], textFragment(10_000, 4000)), timeline.Counters{})
	require.NoError(t, err)
	require.Equal(t, plain, with)
	require.Equal(t, append(counters.Tracks, 0), next.Tracks)

	_, _, err = render.TS(nil, &media.Init{Tracks: []media.Track{textTrack}}, [][]byte{nil}, timeline.Counters{})
	require.ErrorIs(t, err, render.ErrUnsuitable)
}

func FuzzWebVTT(f *testing.F) {
	f.Add(textFragment(10_000, 4000, media.Cue{ID: "1", Settings: "line:0", Text: "a\n\nb", Start: 9000, End: 11_000}), int64(0))
	f.Add([]byte{}, int64(-1))
	f.Fuzz(func(t *testing.T, fragment []byte, shift int64) {
		if len(fragment) > 1<<14 {
			return
		}
		b, err := render.WebVTT(nil, &textTrack, fragment, 10*time.Second, time.Duration(shift))
		if err != nil {
			return
		}
		for _, block := range strings.Split(string(b), "\n\n")[1:] {
			require.Equal(t, 1, strings.Count(block, "-->"), "%q", block)
		}
	})
}
