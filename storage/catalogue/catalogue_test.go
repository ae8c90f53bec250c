package catalogue_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/catalogue"
	"podium.tv/podium/testserver"
)

var morning = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func TestCatalogue(t *testing.T) {
	suite := map[string]func(t *testing.T, url string){
		"channels":             testChannels,
		"channel numbers swap": testSwap,
		"bad channels":         testBadChannels,
		"programmes":           testProgrammes,
		"overlaps":             testOverlaps,
		"bad programmes":       testBadProgrammes,
		"prune programmes":     testPrune,
		"revisions":            testRevisions,
		"accounts":             testAccounts,
		"sessions":             testSessions,
		"setup link":           testSetup,
		"setup link race":      testSetupRace,
		"stream keys":          testStreamKeys,
		"settings":             testSettings,
		"hostile keys":         testHostileKeys,
		"concurrent writers":   testConcurrent,
		"open again":           testReopen,
		"open at once":         testOpenAtOnce,
		"too new":              testTooNew,
		"cancelled":            testCancelled,
		"metrics":              testMetrics,
	}
	t.Run("sqlite", func(t *testing.T) {
		for name, test := range suite {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, "sqlite://"+filepath.Join(t.TempDir(), "podium.db"))
			})
		}
	})
	t.Run("postgres", func(t *testing.T) {
		server := testserver.StartPostgres(t)
		for name, test := range suite {
			t.Run(name, func(t *testing.T) { test(t, server.Database(t)) })
		}
	})
}

func open(t *testing.T, url string) *catalogue.DB {
	t.Helper()
	db, err := catalogue.Open(t.Context(), catalogue.Options{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Check(t.Context()))
	return db
}

func edu(n int) catalogue.Channel {
	return catalogue.Channel{
		ID: fmt.Sprintf("edu%d", n), Number: n, Name: "党员教育电视频道", Group: "教育", XMLTV: fmt.Sprintf("edu%d.podium.tv", n),
		Feed: "hall1", ArchiveHours: 168, Position: n, Enabled: true,
	}
}

func lecture(title string, startMinute, endMinute int) catalogue.Programme {
	return catalogue.Programme{
		Title: title,
		Start: morning.Add(time.Duration(startMinute) * time.Minute),
		End:   morning.Add(time.Duration(endMinute) * time.Minute),
	}
}

func testChannels(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	all, err := db.Channels(ctx)
	require.NoError(t, err)
	require.Empty(t, all)
	_, err = db.Channel(ctx, "edu1")
	require.ErrorIs(t, err, catalogue.ErrNotFound)

	second := edu(2)
	second.Position, second.Enabled, second.XMLTV = 0, false, ""
	require.NoError(t, db.PutChannels(ctx, edu(1), second))
	all, err = db.Channels(ctx)
	require.NoError(t, err)
	require.Equal(t, []catalogue.Channel{second, edu(1)}, all, "by position")
	require.Equal(t, "edu2.podium.tv", second.GuideID())

	changed := edu(1)
	changed.Name, changed.Logo = "远程教育", "https://example.org/logo.png"
	require.NoError(t, db.PutChannels(ctx, changed))
	one, err := db.Channel(ctx, "edu1")
	require.NoError(t, err)
	require.Equal(t, changed, one)

	third := edu(3)
	third.Number = 1
	require.ErrorIs(t, db.PutChannels(ctx, third), catalogue.ErrTaken)

	_, err = db.ReplaceProgrammes(ctx, "edu1", morning, morning.Add(time.Hour), []catalogue.Programme{lecture("开播", 0, 30)})
	require.NoError(t, err)
	require.NoError(t, db.DeleteChannel(ctx, "edu1"))
	require.NoError(t, db.DeleteChannel(ctx, "edu1"), "deleting twice is no error")
	ps, err := db.Programmes(ctx, "edu1", morning, morning.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, ps, "programmes go with their channel")
}

func testSwap(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	one, two := edu(1), edu(2)
	require.NoError(t, db.PutChannels(ctx, one, two))
	one.Number, two.Number = 2, 1
	require.NoError(t, db.PutChannels(ctx, one, two))
	got, err := db.Channel(ctx, "edu1")
	require.NoError(t, err)
	require.Equal(t, 2, got.Number)
}

func testBadChannels(t *testing.T, url string) {
	db := open(t, url)
	for field, spoil := range map[string]func(*catalogue.Channel){
		"channel id":    func(c *catalogue.Channel) { c.ID = "../etc" },
		"number":        func(c *catalogue.Channel) { c.Number = 0 },
		"name":          func(c *catalogue.Channel) { c.Name = " " },
		"group":         func(c *catalogue.Channel) { c.Group = "a\x00b" },
		"logo":          func(c *catalogue.Channel) { c.Logo = "\xff" },
		"xmltv id":      func(c *catalogue.Channel) { c.XMLTV = "教育" },
		"feed":          func(c *catalogue.Channel) { c.Feed = "Hall 1" },
		"archive hours": func(c *catalogue.Channel) { c.ArchiveHours = -1 },
	} {
		t.Run(field, func(t *testing.T) {
			c := edu(1)
			spoil(&c)
			err := db.PutChannels(t.Context(), c)
			var invalid *catalogue.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, field, invalid.Field)
			require.NotEmpty(t, invalid.Expected)
		})
	}
}

func testProgrammes(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	require.NoError(t, db.PutChannels(ctx, edu(1), edu(2)))
	want := []catalogue.Programme{
		{
			ID: "a1", Channel: "edu1", Start: morning, End: morning.Add(90 * time.Minute), Title: "政策法规讲座", Subtitle: "第一讲",
			Description: "第一行\n第二行", Lecturer: "周明德", Category: "政策法规", Series: "law", Repeat: true,
		},
		{ID: "a2", Channel: "edu1", Start: morning.Add(90 * time.Minute), End: morning.Add(26 * time.Hour).Add(-time.Hour), Title: "通宵"},
	}
	day := morning.Add(24 * time.Hour)
	first, err := db.ReplaceProgrammes(ctx, "edu1", morning, day, []catalogue.Programme{want[1], want[0]})
	require.NoError(t, err)
	got, err := db.Programmes(ctx, "edu1", morning, day)
	require.NoError(t, err)
	require.Equal(t, want, got)

	got, err = db.Programmes(ctx, "edu1", day, day.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, want[1:], got, "what runs into the window belongs to it")
	got, err = db.Programmes(ctx, "edu1", morning.Add(90*time.Minute), day)
	require.NoError(t, err)
	require.Equal(t, want[1:], got, "an end is not part of a programme")
	one, err := db.Programme(ctx, "a1")
	require.NoError(t, err)
	require.Equal(t, want[0], one)

	second, err := db.ReplaceProgrammes(ctx, "edu1", morning, day, []catalogue.Programme{lecture("新的", 0, 10)})
	require.NoError(t, err)
	require.Greater(t, second, first)
	got, err = db.Programmes(ctx, "edu1", morning, day)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.NotEmpty(t, got[0].ID)

	_, err = db.ReplaceProgrammes(ctx, "edu2", morning, day, []catalogue.Programme{{
		ID: got[0].ID, Title: "同一个编号", Start: morning, End: morning.Add(time.Hour),
	}})
	require.ErrorIs(t, err, catalogue.ErrTaken)
	require.ErrorContains(t, err, "同一个编号")
	_, err = db.ReplaceProgrammes(ctx, "nowhere", morning, day, nil)
	require.ErrorIs(t, err, catalogue.ErrNotFound)
}

func testOverlaps(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	require.NoError(t, db.PutChannels(ctx, edu(1)))
	hour := func(n int) time.Time { return morning.Add(time.Duration(n) * time.Hour) }
	replace := func(from, to int, ps ...catalogue.Programme) error {
		_, err := db.ReplaceProgrammes(ctx, "edu1", hour(from), hour(to), ps)
		return err
	}
	require.NoError(t, replace(0, 1, lecture("先", 30, 70)))
	require.NoError(t, replace(2, 3, lecture("后", 120, 150)))

	for name, test := range map[string]struct {
		ps            []catalogue.Programme
		first, second string
	}{
		"among themselves":  {[]catalogue.Programme{lecture("甲", 80, 95), lecture("乙", 94, 100)}, "甲", "乙"},
		"the same start":    {[]catalogue.Programme{lecture("甲", 80, 95), lecture("乙", 80, 90)}, "甲", "乙"},
		"runs in from left": {[]catalogue.Programme{lecture("甲", 65, 95)}, "先", "甲"},
		"runs out to right": {[]catalogue.Programme{lecture("甲", 95, 121)}, "甲", "后"},
	} {
		t.Run(name, func(t *testing.T) {
			err := replace(1, 2, test.ps...)
			var overlap *catalogue.OverlapError
			require.ErrorAs(t, err, &overlap)
			require.Equal(t, test.first, overlap.First.Title)
			require.Equal(t, test.second, overlap.Second.Title)
			require.ErrorContains(t, err, test.first)
			require.ErrorContains(t, err, test.second)
		})
	}
	require.NoError(t, replace(1, 2, lecture("甲", 70, 120)), "touching is no overlap")
	ps, err := db.Programmes(ctx, "edu1", hour(0), hour(3))
	require.NoError(t, err)
	require.Len(t, ps, 3, "what was refused left no trace")
}

func testBadProgrammes(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	require.NoError(t, db.PutChannels(ctx, edu(1)))
	for name, p := range map[string]catalogue.Programme{
		"no title":          lecture(" ", 0, 30),
		"ends first":        lecture("甲", 30, 0),
		"too long":          lecture("甲", 0, 24*60+1),
		"before the window": lecture("甲", -1, 10),
		"after the window":  lecture("甲", 24*60, 24*60+10),
		"control character": lecture("甲\x1b[2J", 0, 10),
		"long title":        lecture(strings.Repeat("长", 201), 0, 10),
		"bad id":            {ID: "a/b", Title: "甲", Start: morning, End: morning.Add(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := db.ReplaceProgrammes(ctx, "edu1", morning, morning.Add(24*time.Hour), []catalogue.Programme{p})
			var invalid *catalogue.InvalidError
			require.ErrorAs(t, err, &invalid)
		})
	}
	_, err := db.ReplaceProgrammes(ctx, "edu1", morning, morning.Add(time.Hour), make([]catalogue.Programme, catalogue.MostProgrammes+1))
	require.ErrorContains(t, err, "at most 5000")
}

func testPrune(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	require.NoError(t, db.PutChannels(ctx, edu(1)))
	day := morning.Add(24 * time.Hour)
	_, err := db.ReplaceProgrammes(ctx, "edu1", morning, day, []catalogue.Programme{lecture("甲", 0, 10), lecture("乙", 10, 30), lecture("丙", 30, 40)})
	require.NoError(t, err)
	n, err := db.PruneProgrammes(ctx, "edu1", morning.Add(20*time.Minute))
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	ps, err := db.Programmes(ctx, "edu1", morning, day)
	require.NoError(t, err)
	require.Len(t, ps, 2)
}

func testRevisions(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	revisions := func() catalogue.Revisions {
		r, err := db.Revisions(ctx)
		require.NoError(t, err)
		return r
	}
	require.NoError(t, db.PutChannels(ctx, edu(1)))
	before := revisions()
	require.NoError(t, db.PutChannels(ctx, edu(1)))
	require.Equal(t, before, revisions(), "nothing changed")

	named := edu(1)
	named.Name = "改名"
	require.NoError(t, db.PutChannels(ctx, named))
	require.Greater(t, revisions().Channels, before.Channels)
	r, err := db.ReplaceProgrammes(ctx, "edu1", morning, morning.Add(time.Hour), nil)
	require.NoError(t, err)
	require.Equal(t, r, revisions().Guide["edu1"])

	require.NoError(t, db.DeleteChannel(ctx, "edu1"))
	require.NoError(t, db.PutChannels(ctx, edu(1)))
	again, err := db.ReplaceProgrammes(ctx, "edu1", morning, morning.Add(time.Hour), nil)
	require.NoError(t, err)
	require.Greater(t, again, r, "a channel made anew goes on counting")
}

func testAccounts(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	made, err := db.CreateAccount(ctx, catalogue.Account{Name: " Wang.Li ", PasswordHash: "h1", Role: "editor", MustChange: true, Created: morning})
	require.NoError(t, err)
	require.NotEmpty(t, made.ID)
	require.Equal(t, "Wang.Li", made.Name)
	_, err = db.CreateAccount(ctx, catalogue.Account{Name: "WANG.LI", PasswordHash: "h", Role: "editor"})
	require.ErrorIs(t, err, catalogue.ErrTaken)
	for _, bad := range []catalogue.Account{{}, {Name: "a", Role: "editor"}, {Name: "a\nb", PasswordHash: "h", Role: "editor"}, {Name: "a", PasswordHash: "h"}} {
		_, err = db.CreateAccount(ctx, bad)
		var invalid *catalogue.InvalidError
		require.ErrorAs(t, err, &invalid)
	}

	got, err := db.AccountByName(ctx, "wang.li")
	require.NoError(t, err)
	require.Equal(t, made, got)
	require.NoError(t, db.CreateSession(ctx, catalogue.Session{TokenHash: "t", Account: made.ID, Expires: morning.Add(time.Hour)}))
	require.NoError(t, db.SetPassword(ctx, made.ID, "h2", false))
	_, _, err = db.Session(ctx, "t", morning)
	require.ErrorIs(t, err, catalogue.ErrNotFound, "a new password ends the sessions")
	require.NoError(t, db.SetRole(ctx, made.ID, "admin"))
	require.NoError(t, db.DisableAccount(ctx, made.ID, true))
	got, err = db.Account(ctx, made.ID)
	require.NoError(t, err)
	require.Equal(t, catalogue.Account{ID: made.ID, Name: "Wang.Li", PasswordHash: "h2", Role: "admin", Disabled: true, Created: morning}, got)
	require.ErrorIs(t, db.SetPassword(ctx, "nobody", "h", false), catalogue.ErrNotFound)
	require.ErrorIs(t, db.DisableAccount(ctx, "nobody", true), catalogue.ErrNotFound)
	require.ErrorIs(t, db.SetRole(ctx, "nobody", "admin"), catalogue.ErrNotFound)
	all, err := db.Accounts(ctx)
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func testSessions(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	a, err := db.CreateAccount(ctx, catalogue.Account{Name: "张", PasswordHash: "h", Role: "editor", Created: morning})
	require.NoError(t, err)
	s := catalogue.Session{TokenHash: "abc", Account: a.ID, Created: morning, LastSeen: morning, Expires: morning.Add(time.Hour)}
	require.NoError(t, db.CreateSession(ctx, s))
	require.ErrorIs(t, db.CreateSession(ctx, s), catalogue.ErrTaken)
	require.ErrorIs(t, db.CreateSession(ctx, catalogue.Session{TokenHash: "x", Account: "nobody"}), catalogue.ErrNotFound)
	gotSession, gotAccount, err := db.Session(ctx, "abc", morning)
	require.NoError(t, err)
	require.Equal(t, s, gotSession)
	require.Equal(t, a, gotAccount)
	_, _, err = db.Session(ctx, "abc", morning.Add(time.Hour))
	require.ErrorIs(t, err, catalogue.ErrNotFound, "expired")

	require.NoError(t, db.TouchSession(ctx, "abc", morning.Add(time.Minute), morning.Add(2*time.Hour)))
	gotSession, _, err = db.Session(ctx, "abc", morning.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, morning.Add(time.Minute), gotSession.LastSeen)
	require.ErrorIs(t, db.TouchSession(ctx, "none", morning, morning), catalogue.ErrNotFound)

	require.NoError(t, db.DisableAccount(ctx, a.ID, true))
	require.NoError(t, db.DisableAccount(ctx, a.ID, false))
	_, _, err = db.Session(ctx, "abc", morning)
	require.ErrorIs(t, err, catalogue.ErrNotFound, "disabling ended it for good")

	for _, hash := range []string{"a", "b", "c", "d"} {
		s.TokenHash = hash
		s.Expires = s.Expires.Add(time.Hour)
		require.NoError(t, db.CreateSession(ctx, s))
	}
	n, err := db.PruneSessions(ctx, morning.Add(2*time.Hour))
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.NoError(t, db.DeleteSession(ctx, "b"))
	_, _, err = db.Session(ctx, "b", morning)
	require.ErrorIs(t, err, catalogue.ErrNotFound)
	require.NoError(t, db.DeleteSessionsOf(ctx, a.ID))
	_, _, err = db.Session(ctx, "c", morning)
	require.ErrorIs(t, err, catalogue.ErrNotFound)
}

func testSetup(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	require.ErrorIs(t, db.CheckSetupLink(ctx, "one", morning), catalogue.ErrNotFound)
	require.NoError(t, db.PutSetupLink(ctx, "one", morning.Add(time.Hour)))
	require.NoError(t, db.PutSetupLink(ctx, "two", morning.Add(time.Hour)))
	require.ErrorIs(t, db.CheckSetupLink(ctx, "one", morning), catalogue.ErrNotFound, "only the last one counts")
	require.NoError(t, db.CheckSetupLink(ctx, "two", morning))
	require.ErrorIs(t, db.CheckSetupLink(ctx, "two", morning.Add(time.Hour)), catalogue.ErrExpired)

	admin := catalogue.Account{Name: "admin", PasswordHash: "h", Role: "admin", Created: morning}
	_, err := db.RedeemSetupLink(ctx, "one", morning, admin)
	require.ErrorIs(t, err, catalogue.ErrNotFound)
	_, err = db.RedeemSetupLink(ctx, "two", morning.Add(2*time.Hour), admin)
	require.ErrorIs(t, err, catalogue.ErrExpired)
	taken, err := db.CreateAccount(ctx, catalogue.Account{Name: "Admin", PasswordHash: "h", Role: "admin"})
	require.NoError(t, err)
	_, err = db.RedeemSetupLink(ctx, "two", morning, admin)
	require.ErrorIs(t, err, catalogue.ErrTaken)
	require.NoError(t, db.CheckSetupLink(ctx, "two", morning), "a failure does not use the link up")

	admin.Name = "root"
	made, err := db.RedeemSetupLink(ctx, "two", morning, admin)
	require.NoError(t, err)
	require.NotEqual(t, taken.ID, made.ID)
	require.ErrorIs(t, db.CheckSetupLink(ctx, "two", morning), catalogue.ErrUsed)
}

func testSetupRace(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	require.NoError(t, db.PutSetupLink(ctx, "one", morning.Add(time.Hour)))
	var group sync.WaitGroup
	results := make(chan error, 8)
	for i := range cap(results) {
		group.Go(func() {
			_, err := db.RedeemSetupLink(ctx, "one", morning, catalogue.Account{Name: fmt.Sprint("admin", i), PasswordHash: "h", Role: "admin"})
			results <- err
		})
	}
	group.Wait()
	close(results)
	won := 0
	for err := range results {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, catalogue.ErrUsed)
	}
	require.Equal(t, 1, won)
}

func testStreamKeys(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	for i, hash := range []string{"k1", "k2"} {
		require.NoError(t, db.CreateStreamKey(ctx, catalogue.StreamKey{KeyHash: hash, Feed: "hall1", Created: morning.Add(time.Duration(i) * time.Hour)}))
	}
	require.ErrorIs(t, db.CreateStreamKey(ctx, catalogue.StreamKey{KeyHash: "k1", Feed: "hall2", Created: morning}), catalogue.ErrTaken)
	require.NoError(t, db.RevokeStreamKey(ctx, "hall1", "k1", morning.Add(2*time.Hour)))
	require.ErrorIs(t, db.RevokeStreamKey(ctx, "hall1", "k1", morning), catalogue.ErrNotFound, "revoked already")
	keys, err := db.StreamKeys(ctx, "hall1")
	require.NoError(t, err)
	require.Equal(t, []catalogue.StreamKey{
		{KeyHash: "k2", Feed: "hall1", Created: morning.Add(time.Hour)},
		{KeyHash: "k1", Feed: "hall1", Created: morning, Revoked: morning.Add(2 * time.Hour)},
	}, keys)
	require.NoError(t, db.RevokeStreamKeys(ctx, "hall1", morning.Add(3*time.Hour)))
	keys, err = db.StreamKeys(ctx, "hall1")
	require.NoError(t, err)
	require.Equal(t, morning.Add(3*time.Hour), keys[0].Revoked)
	require.Equal(t, morning.Add(2*time.Hour), keys[1].Revoked, "the first revocation stands")
}

func testSettings(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	_, err := db.Setting(ctx, "station")
	require.ErrorIs(t, err, catalogue.ErrNotFound)
	require.NoError(t, db.PutSetting(ctx, "station", "一"))
	require.NoError(t, db.PutSetting(ctx, "station", "二"))
	value, err := db.Setting(ctx, "station")
	require.NoError(t, err)
	require.Equal(t, "二", value)
	require.NoError(t, db.DeleteSetting(ctx, "station"))
	_, err = db.Setting(ctx, "station")
	require.ErrorIs(t, err, catalogue.ErrNotFound)
	require.Error(t, db.PutSetting(ctx, "station", "a\x00"))
}

func testHostileKeys(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	for _, key := range []string{"", "\x00", "\xff\xfe", "' OR 1=1 --", strings.Repeat("x", 1<<16)} {
		_, err := db.AccountByName(ctx, key)
		require.ErrorIs(t, err, catalogue.ErrNotFound)
		_, _, err = db.Session(ctx, key, morning)
		require.ErrorIs(t, err, catalogue.ErrNotFound)
		_, err = db.Programme(ctx, key)
		require.ErrorIs(t, err, catalogue.ErrNotFound)
		require.ErrorIs(t, db.CheckSetupLink(ctx, key, morning), catalogue.ErrNotFound)
	}
}

func testConcurrent(t *testing.T, url string) {
	db, ctx := open(t, url), t.Context()
	require.NoError(t, db.PutChannels(ctx, edu(1)))
	const writers, rounds = 8, 10
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			from := w * 60
			for round := range rounds {
				// Each programme begins in its writer's hour and tries to run into the next writer's.
				_, err := db.ReplaceProgrammes(ctx, "edu1", morning.Add(time.Duration(from)*time.Minute), morning.Add(time.Duration(from+60)*time.Minute),
					[]catalogue.Programme{lecture(fmt.Sprint(w, round), from+5*(round%3), from+55+10*(round%2))})
				var overlap *catalogue.OverlapError
				if err != nil {
					require.ErrorAs(t, err, &overlap)
				}
				_, err = db.Programmes(ctx, "edu1", morning, morning.Add(24*time.Hour))
				require.NoError(t, err)
			}
		})
	}
	group.Wait()
	ps, err := db.Programmes(ctx, "edu1", morning, morning.Add(24*time.Hour))
	require.NoError(t, err)
	require.NotEmpty(t, ps)
	for i := 1; i < len(ps); i++ {
		require.False(t, ps[i].Start.Before(ps[i-1].End), "%v overlaps %v", ps[i-1], ps[i])
	}
}

func testReopen(t *testing.T, url string) {
	db, err := catalogue.Open(t.Context(), catalogue.Options{URL: url})
	require.NoError(t, err)
	require.NoError(t, db.PutChannels(t.Context(), edu(1)))
	require.NoError(t, db.Close())
	require.Error(t, db.Check(t.Context()), "closed")

	again := open(t, url)
	got, err := again.Channel(t.Context(), "edu1")
	require.NoError(t, err)
	require.Equal(t, edu(1), got)
}

func testOpenAtOnce(t *testing.T, url string) {
	var group sync.WaitGroup
	errs := make(chan error, 4)
	for range cap(errs) {
		group.Go(func() {
			db, err := catalogue.Open(context.Background(), catalogue.Options{URL: url})
			if err == nil {
				err = db.Close()
			}
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}

func testCancelled(t *testing.T, url string) {
	db := open(t, url)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.Channels(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, db.PutChannels(ctx, edu(1)), context.Canceled)
	require.NoError(t, db.PutChannels(t.Context(), edu(1)), "the writer is free again")
}

func testMetrics(t *testing.T, url string) {
	registry := prometheus.NewPedanticRegistry()
	db, err := catalogue.Open(t.Context(), catalogue.Options{URL: url, Metrics: catalogue.NewMetrics(registry)})
	require.NoError(t, err)
	require.NoError(t, db.PutChannels(t.Context(), edu(1)))
	require.NoError(t, db.Close())
	require.Error(t, db.Check(t.Context()))
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP podium_catalogue_errors_total Queries and transactions of the catalogue that the database failed.
# TYPE podium_catalogue_errors_total counter
podium_catalogue_errors_total{operation="read"} 1
podium_catalogue_errors_total{operation="write"} 0
`), "podium_catalogue_errors_total"))
}
