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
		"playseek=20261123030000GMT-20261123033000GMT":            "archive-1795402800-1800",
		"tvdr=20261123030000GMT-20261123033000GMT":                "archive-1795402800-1800",
		"playseek=1795402800-1795404600":                          "archive-1795402800-1800",
		"playseek=1795402800000-1795404600999":                    "archive-1795402800-1800",
		"playseek=20261123110000-":                                "archive-1795402800-now",
		"playseek=20261123110000":                                 "archive-1795402800-now",
		"playseek=20261123110000-20261123130000":                  "archive-1795402800-now",  // It ends in the future.
		"playseek=20261123110000-20261123120000":                  "archive-1795402800-3600", // It ends now.
		"utc=1795402800":                                          "archive-1795402800-now",
		"utc=1795402800&lutc=1795406400":                          "archive-1795402800-now",
		"utc=1795402800&utcend=1795404600":                        "archive-1795402800-1800",
		"utc=20261123110000&utcend=20261123113000":                "archive-1795402800-1800",
		"playseek=20261123110000-20261123113000&utc=1":            "archive-1795402800-1800",
		"playseek=20160229000000-20160229000001":                  "archive-1456675200-1",
		"playseek=20261123T110000-20261123T113000":                "archive-1795402800-1800",
		"playseek=20261123T030000Z-20261123T033000Z":              "archive-1795402800-1800",
		"playseek=20261123T110000+08:00-20261123T113000+08:00":    "archive-1795402800-1800", // The pluses come as spaces.
		"playseek=20261123T110000%2B0800-20261123T113000%2B0800":  "archive-1795402800-1800",
		"playseek=2026-11-23T11:00:00-2026-11-23T11:30:00":        "archive-1795402800-1800",
		"playseek=2026-11-23T11:00:00":                            "archive-1795402800-now",
		"start=1795402800&end=1795404600":                         "archive-1795402800-1800",
		"start=1795402800&duration=1800":                          "archive-1795402800-1800",
		"start=1795402800":                                        "archive-1795402800-now",
		"start=2026-11-23:11-00&duration=1800":                    "archive-1795402800-1800",
		"start=2026-11-23:11-00-00&duration=1800":                 "archive-1795402800-1800",
		"start=2026-11-23_11-00&duration=1800":                    "archive-1795402800-1800",
		"start=2026-11-23:11:00&duration=1800":                    "archive-1795402800-1800",
		"start=2026-11-23:11:00:00&duration=1800":                 "archive-1795402800-1800",
		"start=2026-11-23 11:00&duration=1800":                    "archive-1795402800-1800",
		"start=2026-11-23 11:00:00&duration=1800":                 "archive-1795402800-1800",
		"start=2026-11-23T03:00:00Z&end=2026-11-23T03:30:00.000Z": "archive-1795402800-1800",
		"start=2026-11-23T03:00:00.000Z&end=2026-11-23T03:30:00Z": "archive-1795402800-1800",
		"starttime=20261123T030000Z&endtime=20261123T033000Z":     "archive-1795402800-1800",
		"starttime=20261123T110000&endtime=20261123T113000":       "archive-1795402800-1800",
		"utc=1795402800&duration=1800":                            "archive-1795402800-1800",
		"playseek=abc-def":                                        `!playseek: "abc-def" is no BEGIN-END`,
		"playseek=20261123110000-abc":                             `!playseek: "20261123110000-abc" is no BEGIN-END`,
		"playseek=20261323110000-20261123113000":                  `!playseek: "20261323110000-20261123113000" is no`,
		"playseek=20250229000000":                                 `!playseek: "20250229000000" is no`,
		"playseek=20261123113000-20261123110000":                  `!playseek: end 2026-11-23T03:00:00Z is not after begin 2026-11-23T03:30:00Z`,
		"playseek=20261123113000-20261123113000":                  `!playseek: end`,
		"playseek=20200101000000-20261123113000":                  `!is not after begin 2019-12-31T16:00:00Z by 1 to 2678400 seconds`,
		"playseek=-5":                                             `!playseek: "-5" is no`,
		"playseek=0":                                              `!playseek: "0" is no`,
		"playseek=99999999999999999999":                           `!playseek: "99999999999999999999" is no`,
		"playseek=0001-01-01T00:00:00Z":                           `!playseek`,
		"tvdr=GMT-GMT":                                            `!tvdr: "GMT-GMT" is no`,
		"utc=x":                                                   `!utc: "x" is neither`,
		"utc=1795402800&utcend=1":                                 `!utc: end 1970-01-01T00:00:01Z is not after begin`,
		"start=1795402800&duration=0":                             `!start: duration "0" is not 1 to 2678400 seconds`,
		"start=1795402800&duration=2678401":                       `!start: duration`,
		"start=2026-11-23:25-00":                                  `!start: "2026-11-23:25-00" is neither`,
		"playseek=%00-%0a":                                        `!playseek: "\x00-\n" is no`,
		"playseek=%EF%BC%92%EF%BC%90":                             `!playseek: "２０" is no`,
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
	f.Add("start=2026-11-23:11-00&duration=1800")
	f.Add("starttime=20261123T030000%2B0800&end=2026-11-23T03:30:00Z")
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
