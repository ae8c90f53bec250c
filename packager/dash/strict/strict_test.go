package strict_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/dash/strict"
)

func golden(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", name+".mpd"))
	require.NoError(t, err)
	return string(b)
}

func TestGoodManifestsAreGood(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.mpd")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		m, err := strict.Parse(b)
		require.NoError(t, err, file)
		require.Empty(t, strict.Check(m), file)
	}
}

// fault is a good manifest with something replaced, and the rule that this breaks.
type fault struct {
	name, file, old, now string
	rule                 strict.Rule
}

func faults() []fault {
	return []fault{
		{"no XML", "live", "<MPD ", "MPD ", strict.RuleSyntax},
		{"cut off", "live", "</MPD>", "", strict.RuleSyntax},
		{"another namespace", "live", "schema:mpd:2011", "schema:mpd:2012", strict.RuleSyntax},
		{"another profile", "live", "isoff-live", "isoff-on-demand", strict.RuleSyntax},
		{"unknown attribute", "live", "<Period ", `<Period foo="1" `, strict.RuleSyntax},
		{"unknown element", "live", "<Period ", "<Foo/><Period ", strict.RuleSyntax},
		{"order", "live", "<AdaptationSet ", "<Role/><AdaptationSet ", strict.RuleSyntax},
		{"text", "live", "<Period ", "text<Period ", strict.RuleSyntax},
		{"no id", "live", `<Period id="p7"`, "<Period", strict.RuleSyntax},
		{"type", "live", `"dynamic"`, `"live"`, strict.RuleSyntax},
		{"duration", "live", `"PT2S"`, `"2 s"`, strict.RuleSyntax},
		{"date", "live", "00.000Z", "00.000+01:00", strict.RuleSyntax},
		{"number", "live", `startNumber="12"`, `startNumber="012"`, strict.RuleSyntax},
		{"timescale", "live", `timescale="90000"`, `timescale="0"`, strict.RuleSyntax},
		{"no length", "live", `d="360000"`, `d="0"`, strict.RuleSyntax},
		{"many segments", "live", `r="2"`, `r="99999999"`, strict.RuleSyntax},
		{"template", "live", "$Number$", "$Numbers$", strict.RuleSyntax},
		{"dollar", "live", "$Number$", "$Number", strict.RuleSyntax},
		{"never updated", "live", ` minimumUpdatePeriod="PT2S"`, "", strict.RuleDynamic},
		{"no availability start", "live", ` availabilityStartTime="1970-01-01T00:00:00.000Z"`, "", strict.RuleDynamic},
		{"no buffer", "live", `minBufferTime="PT4S"`, `minBufferTime="PT0S"`, strict.RuleDynamic},
		{"static that shifts", "static", ` maxSegmentDuration`, ` timeShiftBufferDepth="PT1S" maxSegmentDuration`, strict.RuleDynamic},
		{"static without end", "static", ` mediaPresentationDuration="PT9.5S"`, "", strict.RuleDynamic},
		{"periods of one name", "periods", `id="p17"`, `id="p7"`, strict.RulePeriod},
		{"periods in no order", "periods", `start="PT1795406460S"`, `start="PT1S"`, strict.RulePeriod},
		{"periods that overlap", "periods", `duration="PT8S"`, `duration="PT61S"`, strict.RulePeriod},
		{"goes on from nothing", "periods", `value="p17"`, `value="p7"`, strict.RuleContinuity},
		{"does not go on", "periods", `presentationTimeOffset="1800000"`, `presentationTimeOffset="1799000"`, strict.RuleContinuity},
		{"media type", "live", "video/mp4", "audio/mp4", strict.RuleSet},
		{"set twice", "live", `<AdaptationSet id="2"`, `<AdaptationSet id="1"`, strict.RuleSet},
		{"not aligned", "ladder-other-times", `presentationTimeOffset="18000000"`, `presentationTimeOffset="17000000"`, strict.RuleSet},
		{"no bandwidth", "live", `bandwidth="130000"`, `bandwidth="0"`, strict.RuleRepresentation},
		{"one id for two", "live", `Representation id="2"`, `Representation id="1"`, strict.RuleRepresentation},
		{"no codec", "live", ` codecs="mp4a.40.2"`, "", strict.RuleRepresentation},
		{"no size", "live", ` width="1280"`, "", strict.RuleRepresentation},
		{"no sampling rate", "live", ` audioSamplingRate="48000"`, "", strict.RuleRepresentation},
		{"hole", "live", `<S d="356400"/>`, `<S t="9900001" d="356400"/>`, strict.RuleTimeline},
		{"long segment", "live", "PT8S", "PT3S", strict.RuleTimeline},
		{"one address for all", "live", "$Number$", "1", strict.RuleTimeline},
		{"late media", "static", `presentationTimeOffset="45000"`, `presentationTimeOffset="40000"`, strict.RuleBounds},
		{"media that ends early", "static", `"PT9.5S"`, `"PT11S"`, strict.RuleBounds},
		{"media behind the end", "static", `"PT9.5S"`, `"PT7S"`, strict.RuleBounds},
	}
}

func TestFaultsAreFound(t *testing.T) {
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			text := golden(t, f.file)
			require.Contains(t, text, f.old)
			found := new(strict.Follower).Add(time.Now(), []byte(strings.Replace(text, f.old, f.now, 1)))
			broken := make([]strict.Rule, len(found))
			for i := range found {
				broken[i] = found[i].Rule
			}
			require.Contains(t, broken, f.rule, "%v", found)
			require.Contains(t, found[0].String(), string(broken[0]))
		})
	}
}

// A version breaks a promise that the version before it made.
func TestFollower(t *testing.T) {
	same := strings.NewReplacer()
	for name, c := range map[string]struct {
		file   string
		change *strings.Replacer
		rule   strict.Rule // none is nothing wrong
		grows  bool
	}{
		"nothing new": {"live", same, "", false},
		"a segment more": {"live", strings.NewReplacer(`<S d="363600"/>`, `<S d="363600"/><S d="1"/>`, `<S d="193920"/>`, `<S d="193920"/><S d="1"/>`,
			"04:00:00", "04:00:04"), "", false},
		"a segment less at the beginning": {"live", strings.NewReplacer(`r="2"`, `r="1"`, `startNumber="12"`, `startNumber="13"`,
			`<S t="900000"`, `<S t="1260000"`, `<S t="480000"`, `<S t="672000"`), "", false},
		"and that where nothing is lost": {"live", strings.NewReplacer(`r="2"`, `r="1"`, `startNumber="12"`, `startNumber="13"`,
			`<S t="900000"`, `<S t="1260000"`, `<S t="480000"`, `<S t="672000"`), strict.RuleUpdate, true},
		"a segment less at the end": {"live", strings.NewReplacer(`<S d="363600"/>`, "", `<S d="193920"/>`, ""), strict.RuleUpdate, false},
		"another number":            {"live", strings.NewReplacer(`startNumber="12"`, `startNumber="13"`), strict.RuleUpdate, false},
		"a lower number":            {"live", strings.NewReplacer(`startNumber="12"`, `startNumber="11"`), strict.RuleUpdate, false},
		"another duration":          {"live", strings.NewReplacer(`d="363600"`, `d="363601"`), strict.RuleUpdate, false},
		"another address":           {"live", strings.NewReplacer("seg-n", "seg-m"), strict.RuleUpdate, false},
		"another init":              {"live", strings.NewReplacer("0123456789abcdef", "1123456789abcdef"), strict.RuleUpdate, false},
		"another start":             {"live", strings.NewReplacer("PT1795406400S", "PT1795406400.1S"), strict.RuleUpdate, false},
		"another zero":              {"live", strings.NewReplacer("1970", "1971"), strict.RuleUpdate, false},
		"published earlier":         {"live", strings.NewReplacer("04:00:00", "03:59:59"), strict.RuleUpdate, false},
		"a representation gone":     {"ladder", strings.NewReplacer(`id="480p.1"`, `id="360p.1"`), strict.RuleUpdate, false},
		"another period":            {"live", strings.NewReplacer(`"p7"`, `"p8"`), strict.RuleUpdate, false},
		"another end":               {"periods", strings.NewReplacer(`duration="PT8S"`, ""), strict.RuleUpdate, false},
		"static that changes":       {"static", strings.NewReplacer(`lang="en"`, `lang="eo"`), strict.RuleEnded, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := strict.Follower{Grows: c.grows}
			text := golden(t, c.file)
			require.Empty(t, f.Add(time.Now(), []byte(text)))
			found := f.Add(time.Now(), []byte(c.change.Replace(text)))
			require.NotNil(t, f.Last())
			if c.rule == "" {
				require.Empty(t, found)
				return
			}
			require.NotEmpty(t, found)
			require.Equal(t, c.rule, found[0].Rule, "%v", found)
		})
	}
}

// A period goes when all of it has left the window, the first of them first.
func TestPeriodsComeAndGo(t *testing.T) {
	text := golden(t, "periods")
	first := strings.Index(text, " <Period ")
	second := strings.Index(text[first+1:], " <Period ") + first + 1
	third := strings.Index(text[second+1:], " <Period ") + second + 1
	withoutFirst := text[:first] + text[second:]
	withoutFirst = strings.Replace(withoutFirst, `   <SupplementalProperty schemeIdUri="urn:mpeg:dash:period-connectivity:2015" value="p7"/>`, "", 1)
	f := new(strict.Follower)
	require.Empty(t, f.Add(time.Now(), []byte(text)))
	require.Empty(t, f.Add(time.Now(), []byte(withoutFirst)))
	back := f.Add(time.Now(), []byte(text))
	require.NotEmpty(t, back, "what has gone does not come back")
	require.Equal(t, strict.RuleUpdate, back[0].Rule)
	require.NotEmpty(t, f.Add(time.Now(), []byte(text[:second]+text[third:])), "one from the middle goes")
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../testdata/*.mpd")
	require.NoError(f, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		if m, err := strict.Parse(text); err == nil {
			strict.Check(m)
			follower := new(strict.Follower)
			follower.Add(time.Time{}, text)
			follower.Add(time.Time{}, append(text, ' '))
		}
	})
}
