package demo_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/demo"
	"podium.tv/podium/epg"
	"podium.tv/podium/storage/catalogue"
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	return zone
}

func TestDayOfGuide(t *testing.T) {
	zone := shanghai(t)
	seen := map[string]time.Time{} // When a lesson was last new.
	for day := 1; day <= 60; day++ {
		from, to := epg.Day(2026, 11, day, zone)
		ps := demo.DayOfGuide("edu1", 2026, 11, day, zone)
		require.Equal(t, ps, demo.DayOfGuide("edu1", 2026, 11, day, zone), "the same date has the same programmes")
		require.GreaterOrEqual(t, len(ps), 30)
		require.Equal(t, from, ps[0].Start)
		require.Equal(t, to, ps[len(ps)-1].End)
		categories := map[string]bool{}
		for i, p := range ps {
			if i > 0 {
				require.Equal(t, ps[i-1].End, p.Start, "no overlap, no hole")
				require.NotEqual(t, ps[i-1].Series, p.Series)
			}
			length := p.End.Sub(p.Start)
			require.GreaterOrEqual(t, length, 5*time.Minute)
			require.LessOrEqual(t, length, 90*time.Minute)
			require.NotEmpty(t, p.Description)
			categories[p.Category] = true
			if p.Subtitle == "" {
				continue
			}
			key := p.Series + p.Subtitle
			if !p.Repeat {
				seen[key] = p.Start
			}
			if day > 14 && p.Repeat {
				require.Contains(t, seen, key, "a repeat was shown before: %s %s at %s", p.Title, p.Subtitle, p.Start)
			}
		}
		for _, category := range []string{"党务知识", "实用技术", "居家生活", "红色经典", "健康养生", "新闻资讯"} {
			require.Contains(t, categories, category)
		}
	}
}

func TestWeekendsDiffer(t *testing.T) {
	zone := shanghai(t)
	friday, saturday := demo.DayOfGuide("edu1", 2026, 11, 27, zone), demo.DayOfGuide("edu1", 2026, 11, 28, zone)
	titles := func(ps []catalogue.Programme) (out []string) {
		for _, p := range ps {
			out = append(out, p.Title)
		}
		return out
	}
	require.NotEqual(t, titles(friday), titles(saturday))
	require.Contains(t, titles(saturday), "周末公开课")
	require.NotContains(t, titles(friday), "周末公开课")
}

func TestFillGuide(t *testing.T) {
	zone, ctx := shanghai(t), t.Context()
	db, err := catalogue.Open(ctx, catalogue.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "podium.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.PutChannels(ctx, catalogue.Channel{ID: "edu1", Number: 1, Name: "党员教育电视频道", Enabled: true}))

	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	from, to := epg.Day(2026, 11, 25, zone)
	edited := []catalogue.Programme{{ID: "mine", Title: "临时安排", Start: from.Add(time.Hour), End: from.Add(2 * time.Hour)}}
	_, err = db.ReplaceProgrammes(ctx, "edu1", from, to, edited)
	require.NoError(t, err)

	require.NoError(t, demo.FillGuide(ctx, db, "edu1", now, zone))
	got, err := db.Programmes(ctx, "edu1", from, to)
	require.NoError(t, err)
	require.Len(t, got, 1, "what somebody edited stays")
	first, _ := epg.Day(2026, 11, 20, zone)
	_, last := epg.Day(2026, 11, 30, zone)
	all, err := db.Programmes(ctx, "edu1", first.AddDate(0, 0, -3), last.AddDate(0, 0, 3))
	require.NoError(t, err)
	require.Equal(t, first, all[0].Start)
	require.Equal(t, last, all[len(all)-1].End)

	before, err := db.Revisions(ctx)
	require.NoError(t, err)
	require.NoError(t, demo.FillGuide(ctx, db, "edu1", now.Add(time.Hour), zone))
	after, err := db.Revisions(ctx)
	require.NoError(t, err)
	require.Equal(t, before, after, "a full guide is left alone")
}

func TestDayOfGuideWithSummerTime(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	for _, day := range []time.Time{time.Date(2026, 3, 8, 0, 0, 0, 0, zone), time.Date(2026, 11, 1, 0, 0, 0, 0, zone)} {
		ps := demo.DayOfGuide("edu1", day.Year(), day.Month(), day.Day(), zone)
		for i := 1; i < len(ps); i++ {
			require.Equal(t, ps[i-1].End, ps[i].Start)
		}
	}
}
