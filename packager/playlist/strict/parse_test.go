package strict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
)

const full = `#EXTM3U
#EXT-X-VERSION:7
## made by hand
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SOMETHING-NEW:HELLO
#EXT-X-START:TIME-OFFSET=-12.5,PRECISE=YES
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-DISCONTINUITY-SEQUENCE:4
#EXT-X-MEDIA-SEQUENCE:18446744073709551000
#EXT-X-TARGETDURATION:5

#EXT-X-KEY:METHOD=AES-128,URI="k1,1",IV=0x9c7dB8778570d05c3177c349fd9236aa
#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.5+08:00
#EXT-X-BYTERANGE:1000@100
#EXTINF:4.0125,第一课
all.mp4
#EXT-X-BYTERANGE:500
#EXT-X-GAP
#EXTINF:4,
all.mp4
#EXT-X-KEY:METHOD=NONE
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init2.mp4"
#EXTINF:3.5,
next.mp4
#EXT-X-ENDLIST
`

func TestParseReadsEverything(t *testing.T) {
	for _, text := range []string{full, strings.ReplaceAll(full, "\n", "\r\n"), strings.TrimSuffix(full, "\n")} {
		p, err := strict.ParseMedia([]byte(text))
		require.NoError(t, err)
		offset := -12500 * time.Millisecond
		const key = `METHOD=AES-128,URI="k1,1",IV=0x9c7dB8778570d05c3177c349fd9236aa`
		require.True(t, p.Segments[0].ProgramDateTime.Equal(time.Date(2026, 11, 23, 4, 0, 0, 500e6, time.UTC)))
		p.Segments[0].ProgramDateTime = time.Time{}
		require.Equal(t, &strict.Playlist{
			Version: 7, TargetDuration: 5 * time.Second, MediaSequence: 18446744073709551000, DiscontinuitySequence: 4,
			Type: "EVENT", Ended: true, Independent: true, StartOffset: &offset,
			Segments: []strict.Segment{
				{
					Line: 17, Sequence: 18446744073709551000, DiscontinuitySequence: 4, URI: "all.mp4", Duration: 4012500 * time.Microsecond,
					Title: "第一课", Map: "init.mp4@100@0", Key: key, MapKey: key, Range: "1000@100",
				},
				{
					Line: 21, Sequence: 18446744073709551001, DiscontinuitySequence: 4, URI: "all.mp4", Duration: 4 * time.Second,
					Map: "init.mp4@100@0", Key: key, MapKey: key, Range: "500@1100", Gap: true,
				},
				{
					Line: 26, Sequence: 18446744073709551002, DiscontinuitySequence: 5, URI: "next.mp4", Duration: 3500 * time.Millisecond,
					Map: "init2.mp4", Discontinuity: true,
				},
			},
		}, p)
		require.Equal(t, 11512500*time.Microsecond, p.Duration())
		require.Equal(t, uint64(18446744073709551003), p.End())
	}
}

func TestParseAllowsTheSegmentInTheMaking(t *testing.T) {
	_, err := strict.ParseMedia([]byte("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:4\n" +
		"#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=1\n#EXT-X-PART-INF:PART-TARGET=0.5\n" +
		"#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:00Z\n#EXT-X-PART:DURATION=0.5,URI=\"p.m4s\"\n"))
	require.NoError(t, err)
}

// TestParseRefuses changes one line of a good playlist.
func TestParseRefuses(t *testing.T) {
	const good = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:4.000,\na.ts\n#EXTINF:4.000,\nb.ts\n"
	_, err := strict.ParseMedia([]byte(good))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		old, new string
		line     int
		want     string
	}{
		"a byte order mark":        {"#EXTM3U\n", "\ufeff#EXTM3U\n", 1, "U+FEFF"},
		"another first line":       {"#EXTM3U\n", "#EXTM3U \n", 1, "expected #EXTM3U"},
		"a blank first line":       {"#EXTM3U\n", "\n#EXTM3U\n", 1, "expected #EXTM3U"},
		"a second first line":      {"a.ts\n", "a.ts\n#EXTM3U\n", 7, "a second EXTM3U"},
		"bad UTF-8":                {"a.ts", "a\xff.ts", 6, "UTF-8"},
		"a control character":      {"a.ts", "a\x01.ts", 6, "U+0001"},
		"a tab":                    {"a.ts", "a\t.ts", 6, "U+0009"},
		"a long line":              {"a.ts", strings.Repeat("a", 1<<17), 6, "at most"},
		"no version number":        {"VERSION:3", "VERSION:", 2, "expected digits"},
		"version 0":                {"VERSION:3", "VERSION:0", 2, "at least 1"},
		"a version without colon":  {"VERSION:3", "VERSION", 2, "expected a value"},
		"two versions":             {"a.ts\n", "a.ts\n#EXT-X-VERSION:3\n", 7, "a second EXT-X-VERSION"},
		"fractions in version 2":   {"VERSION:3", "VERSION:2", 5, "needs EXT-X-VERSION 3"},
		"no target":                {"#EXT-X-TARGETDURATION:4\n", "", 7, "no EXT-X-TARGETDURATION"},
		"a target with a fraction": {"TARGETDURATION:4", "TARGETDURATION:4.0", 3, "expected digits"},
		"a target far too long":    {"TARGETDURATION:4", "TARGETDURATION:18446744073709551615", 3, "target duration"},
		"two targets":              {"a.ts\n", "a.ts\n#EXT-X-TARGETDURATION:4\n", 7, "a second"},
		"a negative sequence":      {"SEQUENCE:7", "SEQUENCE:-7", 4, "expected digits"},
		"a sequence beyond 64 bit": {"SEQUENCE:7", "SEQUENCE:18446744073709551616", 4, "2^64-1"},
		"a sequence that wraps":    {"SEQUENCE:7", "SEQUENCE:18446744073709551615", 8, "overflows"},
		"a sequence too late":      {"#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:4.000,\na.ts\n", "#EXTINF:4.000,\na.ts\n#EXT-X-MEDIA-SEQUENCE:7\n", 6, "behind the first segment"},
		"discontinuities too late": {"#EXTINF:4.000,\na.ts", "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-SEQUENCE:4\n#EXTINF:4.000,\na.ts", 6, "behind the first segment or discontinuity"},
		"another type":             {"#EXTINF:4.000,\na.ts", "#EXT-X-PLAYLIST-TYPE:LIVE\n#EXTINF:4.000,\na.ts", 5, "expected EVENT or VOD"},
		"an end with a value":      {"b.ts\n", "b.ts\n#EXT-X-ENDLIST:YES\n", 9, "expected no value"},
		"two ends":                 {"b.ts\n", "b.ts\n#EXT-X-ENDLIST\n#EXT-X-ENDLIST\n", 10, "a second"},
		"no comma":                 {"#EXTINF:4.000,\na", "#EXTINF:4.000\na", 5, "comma"},
		"a negative duration":      {"#EXTINF:4.000,\na", "#EXTINF:-1,\na", 5, "number of seconds"},
		"a duration like 4e0":      {"#EXTINF:4.000,\na", "#EXTINF:4e0,\na", 5, "number of seconds"},
		"a duration like .5":       {"#EXTINF:4.000,\na", "#EXTINF:.5,\na", 5, "number of seconds"},
		"a duration like 4.":       {"#EXTINF:4.000,\na", "#EXTINF:4.,\na", 5, "number of seconds"},
		"a duration too long":      {"#EXTINF:4.000,\na", "#EXTINF:4000000000,\na", 5, "too large"},
		"two durations":            {"#EXTINF:4.000,\na", "#EXTINF:4.000,\n#EXTINF:4.000,\na", 6, "a second EXTINF"},
		"no duration":              {"#EXTINF:4.000,\na", "a", 5, "without EXTINF"},
		"a space before a URI":     {"a.ts", " a.ts", 6, "white space"},
		"a space behind a URI":     {"a.ts", "a.ts ", 6, "white space"},
		"no URI at the end":        {"b.ts\n", "b.ts\n#EXTINF:4.000,\n", 9, "EXTINF without a URI"},
		"a tag at the end":         {"b.ts\n", "b.ts\n#EXT-X-GAP\n#EXT-X-DISCONTINUITY\n", 9, "EXT-X-GAP without a segment"},
		"two discontinuities":      {"#EXTINF:4.000,\na", "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY\n#EXTINF:4.000,\na", 6, "the first is on line 5"},
		"a date without zone":      {"#EXTINF:4.000,\na", "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:00\n#EXTINF:4.000,\na", 5, "time zone"},
		"two dates":                {"#EXTINF:4.000,\na", "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:00Z\n#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:00Z\n#EXTINF:4.000,\na", 6, "a second"},
		"a map in version 3":       {"#EXTINF:4.000,\na", "#EXT-X-MAP:URI=\"i\"\n#EXTINF:4.000,\na", 5, "needs EXT-X-VERSION 6"},
		"a map without URI":        {"#EXTINF:4.000,\na", "#EXT-X-MAP:BYTERANGE=\"1@0\"\n#EXTINF:4.000,\na", 5, "quoted URI"},
		"a map not quoted":         {"#EXTINF:4.000,\na", "#EXT-X-MAP:URI=i\n#EXTINF:4.000,\na", 5, "quoted URI"},
		"a space in attributes":    {"#EXTINF:4.000,\na", "#EXT-X-MAP:URI=\"i\", BYTERANGE=\"1@0\"\n#EXTINF:4.000,\na", 5, "attribute name"},
		"an open quotation":        {"#EXTINF:4.000,\na", "#EXT-X-MAP:URI=\"i\n#EXTINF:4.000,\na", 5, "not closed"},
		"a doubled attribute":      {"#EXTINF:4.000,\na", "#EXT-X-MAP:URI=\"i\",URI=\"i\"\n#EXTINF:4.000,\na", 5, "a second attribute URI"},
		"junk behind a quotation":  {"#EXTINF:4.000,\na", "#EXT-X-MAP:URI=\"i\"x\n#EXTINF:4.000,\na", 5, "expected a comma"},
		"an empty attribute":       {"#EXTINF:4.000,\na", "#EXT-X-MAP:URI=\n#EXTINF:4.000,\na", 5, "value"},
		"a key without method":     {"#EXTINF:4.000,\na", "#EXT-X-KEY:URI=\"k\"\n#EXTINF:4.000,\na", 5, "METHOD"},
		"a key without URI":        {"#EXTINF:4.000,\na", "#EXT-X-KEY:METHOD=AES-128\n#EXTINF:4.000,\na", 5, "quoted URI"},
		"no key with a URI":        {"#EXTINF:4.000,\na", "#EXT-X-KEY:METHOD=NONE,URI=\"k\"\n#EXTINF:4.000,\na", 5, "stands alone"},
		"a bad IV":                 {"#EXTINF:4.000,\na", "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xxyz\n#EXTINF:4.000,\na", 5, "IV"},
		"a range in version 3":     {"#EXTINF:4.000,\na", "#EXT-X-BYTERANGE:1@0\n#EXTINF:4.000,\na", 5, "needs EXT-X-VERSION 4"},
		"a range without offset":   {"#EXTINF:4.000,\na", "#EXT-X-BYTERANGE:1\n#EXTINF:4.000,\na", 7, "without an offset"},
		"a range that wraps":       {"#EXTINF:4.000,\na", "#EXT-X-BYTERANGE:1@18446744073709551615\n#EXTINF:4.000,\na", 7, "overflows"},
		"a start without offset":   {"#EXTINF:4.000,\na", "#EXT-X-START:PRECISE=YES\n#EXTINF:4.000,\na", 5, "TIME-OFFSET"},
		"a start that is vague":    {"#EXTINF:4.000,\na", "#EXT-X-START:TIME-OFFSET=1,PRECISE=MAYBE\n#EXTINF:4.000,\na", 5, "PRECISE"},
		"a tag of another list":    {"#EXTINF:4.000,\na", "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXTINF:4.000,\na", 5, "multivariant"},
		"a delta update":           {"#EXTINF:4.000,\na", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:4.000,\na", 5, "delta"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			require.NotEqual(t, good, text)
			_, err := strict.ParseMedia([]byte(text))
			var syntax *strict.SyntaxError
			require.ErrorAs(t, err, &syntax)
			require.Contains(t, syntax.Reason, c.want)
			require.Equal(t, c.line, syntax.Line, syntax.Reason)
		})
	}
	_, err = strict.ParseMedia(nil)
	require.EqualError(t, err, "playlist line 1: expected #EXTM3U, found nothing")
}

func FuzzParseMedia(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(lowText))
	f.Add([]byte("#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXTINF:4,\r\na.ts\r\n"))
	f.Add([]byte("#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:4\n#EXT-X-BYTERANGE:1@2\n#EXTINF:4,\na\n#EXT-X-BYTERANGE:1\n#EXTINF:4,\na\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := strict.ParseMedia(b)
		if err != nil {
			var syntax *strict.SyntaxError
			require.ErrorAs(t, err, &syntax)
			require.Positive(t, syntax.Line)
			return
		}
		for i, s := range p.Segments {
			require.Equal(t, p.MediaSequence+uint64(i), s.Sequence)
			require.NotEmpty(t, s.URI)
			require.GreaterOrEqual(t, s.Duration, time.Duration(0))
		}
		strict.Check(p)
		follower := strict.Follower{Live: true, Interval: true}
		follower.Add(time.Time{}, b)
		require.Empty(t, follower.Add(time.Time{}, b))
	})
}
