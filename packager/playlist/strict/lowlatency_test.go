package strict_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
)

// lowText is a low-latency playlist without fault.
const lowText = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24.000,HOLD-BACK=12.000,PART-HOLD-BACK=3.000
#EXT-X-PART-INF:PART-TARGET=1.000
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-MAP:URI="i.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:00.000Z
#EXTINF:4.000,
7.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:04.000Z
#EXT-X-PART:DURATION=1.00000,URI="8-0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="8-1.m4s"
#EXT-X-PART:DURATION=1.00000,URI="8-2.m4s"
#EXT-X-PART:DURATION=0.90000,URI="8-3.m4s"
#EXT-X-PART:DURATION=0.10000,URI="8-4.m4s"
#EXTINF:4.000,
8.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:08.000Z
#EXT-X-PART:DURATION=0.50000,URI="9-0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="9-1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="9-2.m4s"
#EXT-X-RENDITION-REPORT:URI="2.m3u8",LAST-MSN=9,LAST-PART=1
`

func TestParseReadsLowLatency(t *testing.T) {
	p, err := strict.ParseMedia([]byte(lowText))
	require.NoError(t, err)
	require.Empty(t, strict.Check(p))
	require.Equal(t, "9-2.m4s", p.Hint)
	require.Len(t, p.Parts(8), 5)
	require.Len(t, p.Parts(9), 2)
	require.Empty(t, p.Parts(7))
	require.EqualValues(t, 9, p.Making.Sequence)
	require.Equal(t, "i.mp4", p.Making.Map)
	require.Equal(t, []strict.Report{{URI: "2.m3u8", Sequence: 9, Part: 1}}, p.Reports)
}

func TestParseRefusesLowLatency(t *testing.T) {
	const inf, control, hint = "#EXT-X-PART-INF:PART-TARGET=1.000\n", "PART-HOLD-BACK=3.000", "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"9-2.m4s\"\n"
	for name, c := range map[string]struct{ old, new, want string }{
		"parts without a target":     {inf, "", "without EXT-X-PART-INF"},
		"a target of nothing":        {"PART-TARGET=1.000", "PART-TARGET=0", "more than 0"},
		"no target in PART-INF":      {"PART-TARGET=1.000", "X=1", "without PART-TARGET"},
		"a hold-back too short":      {control, "PART-HOLD-BACK=1.9", "twice the part target"},
		"no part hold-back":          {"," + control, "", "twice the part target"},
		"a short HOLD-BACK":          {"HOLD-BACK=12.000", "HOLD-BACK=11.9", "three target durations"},
		"a near skip boundary":       {"CAN-SKIP-UNTIL=24.000", "CAN-SKIP-UNTIL=23.9", "six target durations"},
		"no as an answer":            {"CAN-BLOCK-RELOAD=YES", "CAN-BLOCK-RELOAD=NO", "expected YES"},
		"a part without a URI":       {`,URI="8-1.m4s"`, "", "quoted URI"},
		"a part without a duration":  {`DURATION=1.00000,URI="8-1.m4s"`, `URI="8-1.m4s"`, "without DURATION"},
		"a date behind a part":       {"#EXT-X-PART:DURATION=1.00000,URI=\"9-1", "#EXT-X-DISCONTINUITY\n#EXT-X-PART:DURATION=1.00000,URI=\"9-1", "behind the segment's first"},
		"two hints":                  {hint, hint + hint, "a second EXT-X-PRELOAD-HINT"},
		"a hint of another type":     {"TYPE=PART", "TYPE=FILE", "PART or MAP"},
		"a hint at the end of all":   {hint, hint + "#EXT-X-ENDLIST\n", "has ended"},
		"a report of no segment":     {"LAST-MSN=9,", "", "number"},
		"two reports of one":         {"#EXT-X-REND", "#EXT-X-RENDITION-REPORT:URI=\"2.m3u8\",LAST-MSN=9\n#EXT-X-REND", "a second EXT-X-RENDITION-REPORT"},
		"nothing skipped":            {"#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=0\n#EXT-X-MAP", "at least 1"},
		"skipped behind a segment":   {"#EXT-X-PRE", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-PRE", "behind a segment"},
		"skipped in an older form":   {"VERSION:9\n", "VERSION:8\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n", "needs EXT-X-VERSION 9"},
		"skipped without permission": {"CAN-SKIP-UNTIL=24.000,HOLD", "HOLD", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(lowText, c.old, c.new, 1)
			require.NotEqual(t, lowText, text)
			if c.want == "" {
				text, c.want = strings.Replace(text, "#EXT-X-MAP", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-MAP", 1), "CAN-SKIP-UNTIL"
			}
			_, err := strict.ParseUpdate([]byte(text))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestCheckParts(t *testing.T) {
	for name, c := range map[string]struct{ old, new string }{
		"a part too long":             {`DURATION=1.00000,URI="8-1`, `DURATION=1.00100,URI="8-1`},
		"a part too short":            {`DURATION=1.00000,URI="8-1`, `DURATION=0.84900,URI="8-1`},
		"a part too long, unfinished": {`DURATION=1.00000,URI="9-1`, `DURATION=1.10000,URI="9-1`},
		"parts of half a segment":     {"#EXT-X-PART:DURATION=1.00000,URI=\"8-1.m4s\"\n#EXT-X-PART:DURATION=1.00000,URI=\"8-2.m4s\"\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := strict.ParseMedia([]byte(strings.Replace(lowText, c.old, c.new, 1)))
			require.NoError(t, err)
			found := strict.Check(p)
			require.Len(t, found, 1)
			require.Equal(t, strict.RulePart, found[0].Rule)
		})
	}
}

// TestFollowerOfParts has a next version that is right, and ones with a fault each.
func TestFollowerOfParts(t *testing.T) {
	const next = "#EXT-X-PART:DURATION=1.00000,URI=\"9-2.m4s\"\n#EXT-X-PART:DURATION=1.00000,URI=\"9-3.m4s\"\n#EXTINF:4.000,\n9.m4s\n" +
		"#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:12.000Z\n#EXT-X-PART:DURATION=1.00000,URI=\"10-0.m4s\",INDEPENDENT=YES\n" +
		"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"10-1.m4s\"\n#EXT-X-RENDITION-REPORT:URI=\"2.m3u8\",LAST-MSN=10,LAST-PART=0\n"
	good, _, _ := strings.Cut(lowText, "#EXT-X-PRELOAD")
	good += next
	delta := strings.Replace(good, "#EXT-X-MAP:URI=\"i.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:00.000Z\n#EXTINF:4.000,\n7.m4s\n",
		"#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n", 1)
	for name, c := range map[string]struct {
		text, old, new string
		want           strict.Rule
	}{
		"right":               {good, "", "", ""},
		"a right delta":       {delta, "", "", ""},
		"the same delta":      {delta, "10-0", "10-0", ""},
		"parts taken away":    {good, "#EXT-X-PART:DURATION=1.00000,URI=\"8-0.m4s\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1.00000,URI=\"8-1.m4s\"\n#EXT-X-PART:DURATION=1.00000,URI=\"8-2.m4s\"\n#EXT-X-PART:DURATION=0.90000,URI=\"8-3.m4s\"\n#EXT-X-PART:DURATION=0.10000,URI=\"8-4.m4s\"\n", "", ""},
		"another hinted part": {good, "9-2", "9-x", strict.RuleHint},
		"another part":        {good, "9-1", "9-x", strict.RuleAppendOnly},
		"another length":      {good, "DURATION=0.50000", "DURATION=0.60000", strict.RuleAppendOnly},
		"another date":        {good, "04:00:08.000Z", "04:00:08.001Z", strict.RuleDateTime},
		"a sudden break":      {good, "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:08", "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-11-23T04:00:08", strict.RuleDiscontinuity},
		"a report gone back":  {good, "LAST-MSN=10,LAST-PART=0", "LAST-MSN=9,LAST-PART=0", strict.RuleReport},
		"too much skipped":    {delta, "SEGMENTS=1", "SEGMENTS=3", strict.RuleSkip},
		"skipped and lost":    {delta, "MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:6", strict.RuleSkip},
	} {
		t.Run(name, func(t *testing.T) {
			f := strict.Follower{Live: true}
			require.Empty(t, f.Add(noon, []byte(lowText)))
			found := f.Add(noon, []byte(strings.Replace(c.text, c.old, c.new, 1)))
			if c.want == "" {
				require.Empty(t, found)
				require.Equal(t, "i.mp4", f.Last().Making.Map)
				require.EqualValues(t, 10, f.Last().End())
				return
			}
			require.NotEmpty(t, found)
			require.Equal(t, c.want, found[0].Rule, found)
		})
	}
}
