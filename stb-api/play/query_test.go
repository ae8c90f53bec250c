package play_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/play"
)

func TestQueries(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) // 12:00 in Shanghai, 1795406400
	for query, want := range map[string]string{
		"":                                       "",
		"token=x":                                "",
		"lutc=1795406400":                        "",
		"playseek=20261123110000-20261123113000": "archive-1795402800-1800",
		"playseek=20261123030000GMT-20261123033000GMT": "archive-1795402800-1800",
		"tvdr=20261123030000GMT-20261123033000GMT":     "archive-1795402800-1800",
		"playseek=1795402800-1795404600":               "archive-1795402800-1800",
		"playseek=1795402800000-1795404600999":         "archive-1795402800-1800",
		"playseek=20261123110000-":                     "archive-1795402800-now",
		"playseek=20261123110000":                      "archive-1795402800-now",
		"playseek=20261123110000-20261123130000":       "archive-1795402800-now",  // It ends in the future.
		"playseek=20261123110000-20261123120000":       "archive-1795402800-3600", // It ends now.
		"utc=1795402800":                               "archive-1795402800-now",
		"utc=1795402800&lutc=1795406400":               "archive-1795402800-now",
		"utc=1795402800&utcend=1795404600":             "archive-1795402800-1800",
		"utc=20261123110000&utcend=20261123113000":     "archive-1795402800-1800",
		"playseek=20261123110000-20261123113000&utc=1": "archive-1795402800-1800",
		"playseek=20160229000000-20160229000001":       "archive-1456675200-1",
		"playseek=abc-def":                             `!playseek: "abc" is neither Unix seconds nor YYYYMMDDhhmmss`,
		"playseek=20261123110000-abc":                  `!playseek: "abc" is neither`,
		"playseek=20261323110000-20261123113000":       `!playseek: "20261323110000" is not a time of the form YYYYMMDDhhmmss`,
		"playseek=20250229000000":                      `!playseek: "20250229000000" is not a time`,
		"playseek=20261123113000-20261123110000":       `!playseek: end "20261123110000" is not after begin "20261123113000"`,
		"playseek=20261123113000-20261123113000":       `!playseek: end`,
		"playseek=20200101000000-20261123113000":       `!playseek: end "20261123113000" is not after begin "20200101000000" by 1 to 2678400 seconds`,
		"playseek=-5":                                  `!playseek: "" is neither`,
		"playseek=0":                                   `!playseek: "0" is neither`,
		"playseek=99999999999999999999":                `!playseek: "99999999999999999999" is neither`,
		"tvdr=GMT-GMT":                                 `!tvdr: "" is neither`,
		"utc=x":                                        `!utc: "x" is neither`,
		"utc=1795402800&utcend=1":                      `!utc: end "1" is not after begin "1795402800"`,
		"playseek=%00-%0a":                             `!playseek: "\x00" is neither`,
		"playseek=%EF%BC%92%EF%BC%90":                  `!playseek: "２０" is neither`,
	} {
		q, err := url.ParseQuery(query)
		require.NoError(t, err)
		view, ok, err := play.ViewOf(q, zone, now)
		switch {
		case want == "":
			require.NoError(t, err, query)
			require.False(t, ok, query)
		case want[0] == '!':
			require.ErrorContains(t, err, want[1:], query)
		default:
			require.NoError(t, err, query)
			require.True(t, ok, query)
			require.Equal(t, want, view, query)
		}
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("playseek=20261123110000-20261123113000")
	f.Add("utc=1795402800&utcend=1795404600")
	f.Add("tvdr=20261123030000GMT-")
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		view, ok, err := play.ViewOf(q, time.UTC, now)
		if !ok || err != nil {
			return
		}
		// What a query asks for could have been asked for by a path.
		got, err := play.Rewrite(view + ".m3u8")
		require.NoError(t, err)
		require.Equal(t, view+".m3u8", got)
	})
}
