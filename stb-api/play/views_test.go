package play_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
)

// TestGolden has one channel with all that can happen to it, in every view.
func TestGolden(t *testing.T) {
	a := newAir(t)
	a.run(24 * time.Second)
	a.silence(10 * time.Second) // The encoder was restarted.
	a.run(16 * time.Second)
	a.describe([]byte{0x68, 0xe9, 0x78, 0xf2, 0xcc}) // It has other parameters now.
	a.run(8 * time.Second)
	a.mute = true
	a.run(8 * time.Second)
	a.mute = false
	a.gap(4 * time.Second) // A segment was lost.
	a.run(10 * time.Second)

	from := signOn.Add(30 * time.Second).Unix() // In the silence.
	middle := signOn.Add(6500 * time.Millisecond).Unix()
	for name, path := range map[string]string{
		"live-master":    "index.m3u8",
		"live-mono":      "mono.m3u8",
		"live-picture":   "live/1.m3u8",
		"live-sound":     "live/2.m3u8",
		"rewind-master":  "rewind-60.m3u8",
		"rewind-mono":    "mono-rewind-60.m3u8",
		"archive-master": fmt.Sprintf("archive-%d-20.m3u8", from),
		"archive-mono":   fmt.Sprintf("mono-archive-%d-20.m3u8", middle),
		"archive-sound":  fmt.Sprintf("archive-%d-40/2.m3u8", from),
		"growing-mono":   fmt.Sprintf("mono-archive-%d-3600.m3u8", from),
		"start-over":     fmt.Sprintf("mono-archive-%d-now.m3u8", from),
		"start-picture":  fmt.Sprintf("archive-%d-now/1.m3u8", from),
	} {
		t.Run(name, func(t *testing.T) {
			a.t = t
			a.golden(name, path)
			if !strings.HasSuffix(name, "master") {
				a.playlist(path)
			}
		})
	}
}

// TestViewsWhileTheyGrow follows every view through an eventful hour, as strictly as can be, and fetches every segment
// as it appears and as it leaves.
func TestViewsWhileTheyGrow(t *testing.T) {
	a := newAir(t)
	a.run(20 * time.Second)
	begin := a.now.Add(-13 * time.Second).Unix()
	views := map[string]*strict.Follower{}
	tracks := func(view string, live bool) {
		mono := "mono-" + view
		if view == "live" {
			mono = "mono"
		}
		for _, path := range []string{mono, view + "/1", view + "/2"} {
			views[path+".m3u8"] = &strict.Follower{Live: live}
		}
	}
	tracks("live", true)
	tracks("rewind-60", true)
	tracks("rewind-300", true)
	tracks(fmt.Sprintf("archive-%d-now", begin), false)
	tracks(fmt.Sprintf("archive-%d-60", begin), false)
	tracks(fmt.Sprintf("archive-%d-600", begin), false)
	look := func() {
		for path, follower := range views {
			w := a.get(path)
			require.Equal(t, 200, w.Code, "%s: %s", path, w.Body)
			require.Empty(t, follower.Add(a.now, w.Body.Bytes()), "%s at %s:\n%s", path, a.now, w.Body)
		}
	}
	for n := range 60 {
		switch n % 20 {
		case 5:
			a.silence(time.Minute)
		case 8:
			a.describe([]byte{0x68, 0xe9, 0x78, 0xf2, byte(0xc8 + n/20)})
		case 11:
			a.gap(4 * time.Second)
		case 14:
			a.mute = !a.mute
		case 17:
			for range 30 { // Nothing is on the air, and people go on looking.
				a.now = a.now.Add(10 * time.Second)
				look()
			}
			a.silence(0)
		case 19:
			a.noIDR = !a.noIDR
		}
		a.run(4 * time.Second)
		look()
	}
	seen := map[string]bool{}
	for path, follower := range views {
		last := follower.Last()
		require.Equal(t, strings.Contains(path, "-60/") && strings.Contains(path, "archive") || strings.HasSuffix(path, "-60.m3u8") &&
			strings.Contains(path, "archive") || strings.Contains(path, "-600"), last.Ended, path)
		for i := range last.Segments {
			s := &last.Segments[i]
			uri := s.URI
			if j := strings.LastIndex(path, "/"); j >= 0 {
				uri = strings.TrimPrefix(uri, "../")
			}
			if s.Gap || seen[uri] {
				continue
			}
			seen[uri] = true
			require.Equal(t, 200, a.get(uri).Code, "%s of %s", uri, path)
			if s.Map != "" {
				require.Equal(t, 200, a.get(strings.TrimPrefix(s.Map, "../")).Code, s.Map)
			}
		}
	}
}

// TestTracksAgree: a player that plays picture and sound from two playlists must find the same numbers in both.
func TestTracksAgree(t *testing.T) {
	a := newAir(t)
	for n := range 12 {
		a.run(8 * time.Second)
		switch n % 3 {
		case 0:
			a.silence(3 * time.Second)
		case 1:
			a.mute = !a.mute
		}
		for _, view := range []string{"live", "rewind-90", fmt.Sprintf("archive-%d-now", signOn.Unix())} {
			mono := a.playlist(map[bool]string{true: "mono.m3u8", false: "mono-" + view + ".m3u8"}[view == "live"])
			for track := 1; track <= 2; track++ {
				other := a.playlist(fmt.Sprintf("%s/%d.m3u8", view, track))
				require.Equal(t, mono.MediaSequence, other.MediaSequence)
				require.Equal(t, mono.DiscontinuitySequence, other.DiscontinuitySequence)
				require.Equal(t, mono.TargetDuration, other.TargetDuration)
				require.Len(t, other.Segments, len(mono.Segments))
				for i := range mono.Segments {
					m, o := &mono.Segments[i], &other.Segments[i]
					require.Equal(t, m.DiscontinuitySequence, o.DiscontinuitySequence)
					require.Equal(t, m.Duration, o.Duration)
					require.True(t, m.ProgramDateTime.Equal(o.ProgramDateTime))
				}
			}
		}
	}
}

func TestArchive(t *testing.T) {
	a := newAir(t)
	a.now = signOn.Add(-50 * time.Hour)
	a.silence(0)
	a.run(time.Minute) // 50 h ago: no longer kept.
	a.now = signOn
	a.silence(0)
	a.run(2 * time.Minute)
	at := func(d time.Duration) int64 { return signOn.Add(d).Unix() }

	p := a.playlist(fmt.Sprintf("mono-archive-%d-60.m3u8", at(10*time.Second)))
	require.True(t, p.Ended)
	require.Equal(t, 2*time.Second, *p.StartOffset, "it begins with the segment that covers the instant")
	require.Equal(t, at(8*time.Second), p.Segments[0].ProgramDateTime.Unix())
	require.GreaterOrEqual(t, p.Duration(), 62*time.Second)

	p = a.playlist(fmt.Sprintf("mono-archive-%d-60.m3u8", at(110*time.Second)))
	require.False(t, p.Ended, "it still grows")
	require.Equal(t, "EVENT", p.Type)
	a.run(time.Minute)
	p = a.playlist(fmt.Sprintf("mono-archive-%d-60.m3u8", at(110*time.Second)))
	require.True(t, p.Ended)
	require.Equal(t, "EVENT", p.Type, "the type must not change")

	a.flush()
	end := a.now
	a.now = a.now.Add(20 * time.Second) // Off the air.
	p = a.playlist(fmt.Sprintf("mono-archive-%d-40.m3u8", end.Add(-30*time.Second).Unix()))
	require.False(t, p.Ended, "the segment may be late")
	a.now = a.now.Add(2 * time.Minute)
	p = a.playlist(fmt.Sprintf("mono-archive-%d-40.m3u8", end.Add(-30*time.Second).Unix()))
	require.True(t, p.Ended, "nothing comes any more")

	for name, test := range map[string]struct {
		path   string
		status int
	}{
		"before the beginning":      {fmt.Sprintf("archive-%d-60.m3u8", at(-time.Hour)), 404},
		"beyond retention":          {fmt.Sprintf("archive-%d-60.m3u8", at(-50*time.Hour)), 404},
		"beyond retention, growing": {fmt.Sprintf("archive-%d-now.m3u8", at(-50*time.Hour)), 404},
		"in the future":             {fmt.Sprintf("archive-%d-60.m3u8", a.now.Add(time.Hour).Unix()), 404},
		"in the beginning of time":  {"archive-0-now.m3u8", 404},
		"from a moment ago":         {fmt.Sprintf("archive-%d-now.m3u8", a.now.Add(-time.Second).Unix()), 503},
	} {
		t.Run(name, func(t *testing.T) {
			for _, form := range []string{test.path, "mono-" + test.path, strings.Replace(test.path, ".m3u8", "/1.m3u8", 1)} {
				w := a.get(form)
				require.Equal(t, test.status, w.Code, "%s: %s", form, w.Body)
				if test.status == 404 {
					a.problem(w, 404, "at that time")
				} else {
					a.problem(w, 503, "starting")
					require.NotEmpty(t, w.Header().Get("Retry-After"))
				}
			}
		})
	}
}

// TestNoArchive: a channel without an archive can be watched live, and no further back than a live playlist reaches.
func TestNoArchive(t *testing.T) {
	a := newAir(t)
	a.channel.Archive = 0
	a.run(10 * time.Minute)
	a.playlist("mono.m3u8")
	require.LessOrEqual(t, a.playlist("mono-rewind-600.m3u8").Duration(), 50*time.Second)
	a.problem(a.get(fmt.Sprintf("archive-%d-60.m3u8", signOn.Unix())), 404, "no longer kept")
	from, _, ok := a.channel.Span(a.now)
	require.True(t, ok)
	require.Equal(t, 40*time.Second, a.now.Sub(from))
}

func TestLongArchive(t *testing.T) {
	a := newAir(t)
	a.channel.Archive = 366 * 24 * time.Hour
	a.line.Retention = 367 * 24 * time.Hour
	a.run(time.Minute)
	a.now = signOn.Add(100 * 24 * time.Hour)
	a.silence(0)
	a.run(time.Minute)
	require.True(t, a.playlist(fmt.Sprintf("mono-archive-%d-30.m3u8", signOn.Unix())).Ended, "100 days ago")
	a.problem(a.get(fmt.Sprintf("archive-%d-now.m3u8", signOn.Unix())), 404, "no longer kept")
	a.playlist("mono-rewind-2678400.m3u8")
	a.now = a.now.Add(31*24*time.Hour - time.Hour)
	a.get(fmt.Sprintf("archive-%d-now.m3u8", signOn.Add(100*24*time.Hour).Unix()))
}

func TestQueryPicksTheView(t *testing.T) {
	a := newAir(t)
	a.run(2 * time.Minute)
	byPath := a.get(fmt.Sprintf("mono-archive-%d-60.m3u8", signOn.Unix())).Body.String()
	for _, query := range []string{
		"playseek=20261123120000-20261123120100", "tvdr=20261123040000GMT-20261123040100GMT",
		fmt.Sprintf("utc=%d&utcend=%d", signOn.Unix(), signOn.Unix()+60),
	} {
		require.Equal(t, byPath, a.get("mono.m3u8?"+query).Body.String(), query)
		require.Contains(t, a.get("index.m3u8?"+query).Body.String(), fmt.Sprintf("archive-%d-60/1.m3u8", signOn.Unix()))
	}
	a.problem(a.get("index.m3u8?playseek=yesterday"), 400, `yesterday`)
	a.problem(a.do("GET", "/live/edu1/index.m3u8?playseek=yesterday", "Accept-Language: zh-CN"), 400, `回看时间不对`)
	require.Equal(t, 200, a.get("index.m3u8?foo=bar").Code)
}

func TestNothingYet(t *testing.T) {
	a := newAir(t)
	for _, path := range []string{"index.m3u8", "mono.m3u8", "live/1.m3u8"} {
		a.problem(a.get(path), 503, "starting")
	}
	a.problem(a.get("rewind-60.m3u8"), 404, "Nothing was on the air")
	ready := make(chan struct{})
	a.channel.Ready = ready
	a.problem(a.get("index.m3u8"), 503, "starting")
	require.False(t, a.channel.OnAir(a.now))
	_, _, ok := a.channel.Span(a.now)
	require.False(t, ok)
	require.Zero(t, a.channel.Segments())
	close(ready)
	a.run(20 * time.Second)
	require.True(t, a.channel.OnAir(a.now))
	require.EqualValues(t, 4, a.channel.Segments())
	a.now = a.now.Add(time.Minute)
	require.False(t, a.channel.OnAir(a.now))
}
