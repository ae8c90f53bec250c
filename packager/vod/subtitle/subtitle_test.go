package subtitle_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"podium.tv/podium/packager/vod/subtitle"
)

const srt = "1\r\n00:00:01,500 --> 00:00:04,000\r\n大家好\r\n<i>欢迎</i>\r\n\r\n2\r\n00:01:00,000 --> 00:01:02,5\r\na --> b\r\n\r\nnonsense\r\n"

func TestSubRipBecomesWebVTT(t *testing.T) {
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(srt)
	require.NoError(t, err)
	for _, in := range []string{srt, "\xef\xbb\xbf" + srt, gbk} {
		text, err := subtitle.Parse([]byte(in))
		require.NoError(t, err)
		require.Equal(t, "WEBVTT\n\n1\n00:00:01.500 --> 00:00:04.000\n大家好\n<i>欢迎</i>\n\n2\n00:01:00.000 --> 00:01:02.500\na → b\n",
			string(text.Append(nil, "", 0, math.MaxInt64)))
	}
}

func TestWebVTT(t *testing.T) {
	const in = "WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE no\n\n00:05.000 --> 00:07.000 align:start\nfive\n\nx\n01:00:00.000 --> 01:00:01.000\nhour\n"
	text, err := subtitle.Parse([]byte(in))
	require.NoError(t, err)
	require.Len(t, text.Cues, 2)
	require.Equal(t, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\nSTYLE\n::cue { color: red }\n\n"+
		"00:00:05.000 --> 00:00:07.000 align:start\nfive\n",
		string(text.Append(nil, "X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000", 6*time.Second, time.Minute)))
	text.Shift(-6 * time.Second)
	require.Equal(t, []time.Duration{0, time.Second}, []time.Duration{text.Cues[0].Start, text.Cues[0].End})
	text.Shift(-time.Minute)
	require.Len(t, text.Cues, 1)
}

func TestNoSubtitles(t *testing.T) {
	for _, in := range []string{"", "WEBVTT", "hello", "1\n00:00:05,000 --> 00:00:04,000\nback\n", "a --> b\nc", "99999:00:00,000 --> 99999:00:01,000\nx"} {
		_, err := subtitle.Parse([]byte(in))
		require.ErrorIs(t, err, subtitle.ErrBad, "%q", in)
	}
}

// What is read is written so that it reads the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(srt))
	f.Add([]byte("WEBVTT\n\nREGION\nid:a\n\n00:01.000 --> 00:02.000 line:1\nx"))
	f.Add([]byte("\xff\xfe1\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		text, err := subtitle.Parse(in)
		if err != nil {
			return
		}
		out := text.Append(nil, "", 0, math.MaxInt64)
		again, err := subtitle.Parse(out)
		require.NoError(t, err)
		require.Len(t, again.Cues, len(text.Cues))
		require.Equal(t, string(out), string(again.Append(nil, "", 0, math.MaxInt64)))
	})
}
