package strict_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
)

const wholeMaster = `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="zh",LANGUAGE="zh",AUTOSELECT=YES,DEFAULT=YES,CHANNELS="2",URI="live/2.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="zh",AUTOSELECT=YES,DEFAULT=NO,URI="live/3.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000,AVERAGE-BANDWIDTH=1500,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a",SUBTITLES="t",FRAME-RATE=25.000
live/1.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=200,CODECS="avc1.64001f",RESOLUTION=1280x720,URI="live/iframe-1.m3u8"
`

func TestParseMaster(t *testing.T) {
	m, err := strict.ParseMaster([]byte(wholeMaster))
	require.NoError(t, err)
	require.Empty(t, strict.CheckMaster(m))
	require.Equal(t, []string{"live/1.m3u8", "live/2.m3u8", "live/3.m3u8", "live/iframe-1.m3u8"}, m.URIs())
	require.Equal(t, strict.Variant{
		Line: 6, URI: "live/1.m3u8", Bandwidth: 2000, AverageBandwidth: 1500, Codecs: []string{"avc1.64001f", "mp4a.40.2"},
		Width: 1280, Height: 720, FrameRate: "25.000", Audio: "a", Subtitles: "t",
	}, m.Variants[0])
}

// TestMastersRefused changes one thing of a good one.
func TestMastersRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, now, want string }{
		"a media playlist's tag":    {"#EXT-X-VERSION:4", "#EXT-X-TARGETDURATION:4", "belongs in a media playlist"},
		"a URI too many":            {"#EXT-X-I-FRAME", "x.m3u8\n#EXT-X-I-FRAME", "without EXT-X-STREAM-INF"},
		"no URI":                    {"live/1.m3u8\n", "", "expected the URI"},
		"no bandwidth":              {"BANDWIDTH=2000,AVERAGE-", "AVERAGE-", "no BANDWIDTH"},
		"a program":                 {"INF:BANDWIDTH=2000", "INF:PROGRAM-ID=1,BANDWIDTH=2000", "PROGRAM-ID"},
		"two versions":              {"#EXT-X-VERSION:4", "#EXT-X-VERSION:4\n#EXT-X-VERSION:4", "a second"},
		"no name":                   {`NAME="zh",LANGUAGE`, "LANGUAGE", "are required"},
		"a type that there is not":  {"TYPE=AUDIO", "TYPE=SMELL", "TYPE"},
		"codecs without marks":      {`CODECS="avc1.64001f",`, `CODECS=avc1.64001f,`, "CODECS"},
		"a size without marks":      {"RESOLUTION=1280x720,AUDIO", `RESOLUTION="1280x720",AUDIO`, "RESOLUTION"},
		"a frame rate of nothing":   {"FRAME-RATE=25.000", "FRAME-RATE=0", "FRAME-RATE"},
		"text without a URI":        {`,URI="live/3.m3u8"`, "", "SUBTITLES without a URI"},
		"key pictures with sound":   {`CODECS="avc1.64001f",RES`, `AUDIO="a",RES`, "no frame rate, sound or text"},
		"yes and no at once":        {"AUTOSELECT=YES,DEFAULT=YES", "AUTOSELECT=NO,DEFAULT=YES", "DEFAULT=YES"},
		"nothing":                   {wholeMaster, "", "found nothing"},
		"nothing to play":           {wholeMaster, "#EXTM3U\n", "no EXT-X-STREAM-INF"},
		"two means above the peak":  {"AVERAGE-BANDWIDTH=1500", "AVERAGE-BANDWIDTH=2001", "!on average"},
		"no codecs":                 {`CODECS="avc1.64001f,mp4a.40.2",`, "", "!every codec"},
		"a group that there is not": {`AUDIO="a"`, `AUDIO="b"`, `!no AUDIO group "b"`},
		"a picture without a size":  {"RESOLUTION=1280x720,AUDIO", "AUDIO", "!without RESOLUTION"},
		"one name twice":            {`TYPE=SUBTITLES,GROUP-ID="t"`, `TYPE=AUDIO,GROUP-ID="a"`, "!a second AUDIO"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, wholeMaster, c.old)
			m, err := strict.ParseMaster([]byte(strings.Replace(wholeMaster, c.old, c.now, 1)))
			if want, checked := strings.CutPrefix(c.want, "!"); checked {
				require.NoError(t, err)
				found := strict.CheckMaster(m)
				require.NotEmpty(t, found)
				require.Contains(t, fmt.Sprint(found), want)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestCheckAligned(t *testing.T) {
	a := plain()
	read := func(m []byte) *strict.Playlist {
		p, err := strict.ParseMedia(m)
		require.NoError(t, err)
		return p
	}
	one, later := read(text(t, a.window(0, 8))), read(text(t, a.window(3, 10)))
	require.Empty(t, strict.CheckAligned(one, later))
	off := a.window(3, 10)
	off.DiscontinuitySequence++
	require.Equal(t, strict.RuleAligned, strict.CheckAligned(one, read(text(t, off)))[0].Rule)
	off = a.window(3, 10)
	off.TargetDuration *= 2
	require.Len(t, strict.CheckAligned(one, read(text(t, off))), 1)
}

func TestKeysAndMaps(t *testing.T) {
	const head = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n"
	_, err := strict.ParseMedia([]byte(head + "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXT-X-MAP:URI=\"i\"\n#EXTINF:4,\na\n"))
	require.ErrorContains(t, err, "without IV")
	p, err := strict.ParseMedia([]byte(head + "#EXT-X-MAP:URI=\"i\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:4,\na\n"))
	require.NoError(t, err)
	require.Empty(t, p.Segments[0].MapKey)
	require.NotEmpty(t, p.Segments[0].Key)
	_, err = strict.ParseMedia([]byte("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-I-FRAMES-ONLY\n#EXTINF:4,\na\n"))
	require.ErrorContains(t, err, "EXT-X-VERSION 4")
}

func FuzzParseMaster(f *testing.F) {
	f.Add(wholeMaster)
	f.Add("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n")
	f.Fuzz(func(_ *testing.T, text string) {
		if m, err := strict.ParseMaster([]byte(text)); err == nil {
			strict.CheckMaster(m)
			m.URIs()
		}
	})
}
