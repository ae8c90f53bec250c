package hls_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/hls"
)

func TestPlaylists(t *testing.T) {
	t.Parallel()
	head := "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "expected #EXTM3U, found nothing"},
		{"a web page", "<!DOCTYPE html><html>", "a web page: take the address of the stream itself"},
		{"dash", `<?xml version="1.0"?><MPD>`, "DASH is not"},
		{"a byte order mark and carriage returns", "\ufeff#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXTINF:4,\r\na.ts\r\n", ""},
		{"a list of channels", "#EXTM3U\n#EXTINF:-1 tvg-id=\"1\",News\nhttp://x/1.m3u8\n", "list of channels (M3U)"},
		{"no target duration", "#EXTM3U\n#EXTINF:4.5,\na.ts\n", ""},
		{"no duration", head + "a.ts\n", "line 3: an address without EXTINF"},
		{"a duration that is none", head + "#EXTINF:NaN,\na.ts\n", "expected a number of seconds"},
		{"a duration of years", head + "#EXTINF:1e9,\na.ts\n", "expected a number of seconds"},
		{"a sequence that overflows", head + "#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n", "expected digits"},
		{"a delta update", head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n", "not asked for"},
		{"a long line", head + strings.Repeat("x", 20_000), "expected at most"},
		{"variables", head + "#EXTINF:4,\n{$base}/a.ts\n", "EXT-X-DEFINE"},
		{"a key without an address", head + "#EXT-X-KEY:METHOD=AES-128\n", "without a URI"},
		{"an IV that is none", head + "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xZZ\n", "hexadecimal"},
		{"a range of no length", head + "#EXT-X-BYTERANGE:0@4\n", "no length"},
		{"variants and segments", head + "#EXTINF:4,\na.ts\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8\n", "at once"},
		{"renditions alone", "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\"\n", "no variant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := hls.Parse([]byte(c.text))
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
	_, _, err := hls.Parse([]byte(head + strings.Repeat("#EXTINF:1,\na\n", 100_001)))
	require.ErrorContains(t, err, "more than 100000 segments")
}

func FuzzPlaylist(f *testing.F) {
	for _, text := range []string{
		"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x01\n" +
			"#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"10@0\"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.678+0800\n#EXTINF:2.0,t\n" +
			"#EXT-X-BYTERANGE:10@5\na.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXTINF:2\n#EXT-X-BYTERANGE:10\na.m4s\n#EXT-X-ENDLIST\n",
		"#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\",DEFAULT=YES,URI=\"a.m3u8\"\n" +
			"#EXT-X-STREAM-INF:BANDWIDTH=100,CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1x2,AUDIO=\"a\"\nv.m3u8\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, _, err := hls.Parse(text)
		if err == nil && n > len(text) {
			t.Fatalf("%d segments of %d bytes", n, len(text))
		}
	})
}

func FuzzSegment(f *testing.F) {
	f.Add([]byte(nil), []byte("\x47\x40\x00\x10"))
	f.Add([]byte("\x00\x00\x00\x08ftyp\x00\x00\x00\x08moov"), []byte("\x00\x00\x00\x08moof\x00\x00\x00\x08mdat"))
	f.Add([]byte(nil), []byte("ID3\x04\x00\x00\x00\x00\x00\x00\xff\xf1\x50\x80\x01\x7f\xfc\x00\x00\x00\x00"))
	f.Add([]byte(nil), []byte("\xff\xfb\x90\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte(nil), []byte("\x0b\x77\x00\x00\x10\x40\x43\xe0\x00\x00"))
	f.Fuzz(func(_ *testing.T, init, body []byte) {
		_ = hls.Unpack(init, body) // It may say what it likes, and must not panic, hang or take much memory.
	})
}
