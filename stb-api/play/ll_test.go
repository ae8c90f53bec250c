package play_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/packager/playlist/strict"
	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// newLowAir is an air whose channel is put out in parts of half a second, which is as long as its pictures last.
func newLowAir(t testing.TB) *air {
	t.Helper()
	a := newAir(t)
	a.channel.LowLatency = true
	a.pace = &segment.Pace{Target: 500 * time.Millisecond}
	a.service.Now = func() time.Time { return signOn.Add(time.Minute) } // Requests that wait see the clock from elsewhere.
	a.describe(airPPS)
	return a
}

// show does with the segment in the making what a feed's recorder does.
func (a *air) show(m *segment.Making) {
	made := &timeline.Making{
		Entry: a.line.Prepare(timeline.Entry{
			Discontinuity: m.Discontinuity, Start: m.Start, Time: m.Time, Kind: timeline.Live, Independent: m.Independent, Init: m.Init.Version(),
		}),
		Parts: m.Parts,
	}
	edge := a.line.Edge()
	was := edge.RenditionOf(made.Entry.Seq, a.small)
	switch {
	case was != nil && a.away2:
		made.Also = []timeline.MadeRendition{*was}
		made.Also[0].Over = true
	case was != nil && was.Over:
		made.Also = []timeline.MadeRendition{*was}
	case was != nil, !a.away2 && made.Entry.Seq > 0 && edge.RenditionOf(made.Entry.Seq-1, a.small) != nil:
		made.Also = a.smallParts(m.Init, m.Time, m.Parts)
	}
	require.NoError(a.t, a.line.Make(made))
}

// asked asks in the background, and returns when the request waits, or when it is answered.
func (a *air) asked(ctx context.Context, path string) <-chan *httptest.ResponseRecorder {
	a.t.Helper()
	done := make(chan *httptest.ResponseRecorder, 1)
	before, _ := a.service.Waiting()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/live/edu1/"+path, http.NoBody)
	go func() { done <- a.serve(r) }()
	require.Eventually(a.t, func() bool {
		now, _ := a.service.Waiting()
		return now > before || len(done) > 0
	}, 10*time.Second, time.Millisecond)
	return done
}

func answered(t testing.TB, done <-chan *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	t.Helper()
	select {
	case w := <-done:
		return w
	case <-time.After(10 * time.Second):
		require.Fail(t, "not answered")
		return nil
	}
}

func readLow(t testing.TB, w *httptest.ResponseRecorder) *strict.Playlist {
	t.Helper()
	require.Equal(t, 200, w.Code, w.Body.String())
	p, err := strict.ParseUpdate(w.Body.Bytes())
	require.NoError(t, err, w.Body.String())
	require.Empty(t, strict.Check(p), w.Body.String())
	return p
}

func TestLowLatencyPlaylists(t *testing.T) {
	a := newLowAir(t)
	a.run(21500 * time.Millisecond)
	a.golden("low-latency-picture", "live/1.m3u8")
	a.golden("low-latency-sound", "live/2.m3u8")
	w := a.get("live/1.m3u8")
	require.Equal(t, "public, max-age=1", w.Header().Get("Cache-Control"))
	p := readLow(t, w)
	require.NotNil(t, p.Making)
	require.True(t, p.Making.Parts[0].Independent)
	require.True(t, p.Control.CanBlockReload)
	require.Len(t, p.Reports, 1)

	for _, path := range []string{"live/1.m3u8", "live/2.m3u8"} {
		p := readLow(t, a.get(path))
		for i, part := range p.Making.Parts {
			w := a.get(strings.TrimPrefix(part.URI, "../"))
			require.Equal(t, 200, w.Code)
			require.Equal(t, "public, max-age=86400, immutable", w.Header().Get("Cache-Control"))
			require.Equal(t, "moof", w.Body.String()[4:8], "part %d", i)
		}
	}
	// Everything else is as ever.
	for _, path := range []string{"mono.m3u8", "mono-rewind-60.m3u8", "rewind-60/1.m3u8"} {
		require.NotContains(t, a.get(path).Body.String(), "EXT-X-PART", path)
	}
	a.channel.LowLatency = false
	require.NotContains(t, a.get("live/1.m3u8?_HLS_msn=99").Body.String(), "EXT-X-PART")
	a.problem(a.get(strings.TrimPrefix(p.Making.Parts[0].URI, "../")), 404, "no such playlist or segment")
}

func TestReloadWaitsForThePart(t *testing.T) {
	a := newLowAir(t)
	a.run(17500 * time.Millisecond)
	p := readLow(t, a.get("live/1.m3u8"))
	n, have := p.Making.Sequence, len(p.Making.Parts)
	wait := a.asked(t.Context(), fmt.Sprintf("live/1.m3u8?_HLS_msn=%d&_HLS_part=%d", n, have))
	sound := a.asked(t.Context(), fmt.Sprintf("live/2.m3u8?_HLS_msn=%d&_HLS_part=%d", n, have))
	hint := a.asked(t.Context(), strings.TrimPrefix(p.Hint, "../"))
	whole := a.asked(t.Context(), fmt.Sprintf("live/1.m3u8?_HLS_msn=%d", n))
	now, refused := a.service.Waiting()
	require.EqualValues(t, 4, now)
	require.Zero(t, refused)
	a.run(500 * time.Millisecond)
	w := answered(t, wait)
	require.Equal(t, "public, max-age=48", w.Header().Get("Cache-Control"))
	q := readLow(t, w)
	require.Len(t, q.Parts(n), have+1)
	require.Equal(t, p.Hint, q.Parts(n)[have].URI)
	w = answered(t, hint)
	require.Equal(t, 200, w.Code)
	require.Equal(t, "moof", w.Body.String()[4:8])
	a.run(4 * time.Second)
	require.Greater(t, len(readLow(t, answered(t, sound)).Parts(n)), have)
	require.Greater(t, readLow(t, answered(t, whole)).End(), n)
	now, _ = a.service.Waiting()
	require.Zero(t, now)

	// Behind the end of a segment is the next one's beginning.
	p = readLow(t, a.get("live/1.m3u8"))
	last := p.End() - 1
	require.NotEmpty(t, p.Parts(last))
	require.NotEmpty(t, readLow(t, a.get(fmt.Sprintf("live/1.m3u8?_HLS_msn=%d&_HLS_part=%d", last, len(p.Parts(last))+7))).Making)
	// What was long ago is there.
	require.Equal(t, 200, a.get("live/1.m3u8?_HLS_msn=0&_HLS_part=900").Code)
}

func TestReloadRefuses(t *testing.T) {
	a := newLowAir(t)
	a.run(29500 * time.Millisecond)
	p := readLow(t, a.get("live/1.m3u8"))
	for name, query := range map[string]string{
		"a part of no segment":     "_HLS_part=1",
		"a number that is none":    "_HLS_msn=x",
		"a part that is none":      fmt.Sprintf("_HLS_msn=%d&_HLS_part=-1", p.End()),
		"a far future":             fmt.Sprintf("_HLS_msn=%d", p.End()+2),
		"a part in a far future":   fmt.Sprintf("_HLS_msn=%d&_HLS_part=%d", p.End(), len(p.Making.Parts)+6),
		"the next's distant parts": fmt.Sprintf("_HLS_msn=%d&_HLS_part=6", p.End()+1),
	} {
		t.Run(name, func(t *testing.T) {
			a.problem(a.get("live/1.m3u8?"+query), 400, "is not to come")
		})
	}
	for name, path := range map[string]string{
		"a part far ahead":        fmt.Sprintf("part-%d-%d-1-%d.m4s", signOn.UnixMilli(), p.End(), len(p.Making.Parts)+1),
		"a part past a segment":   fmt.Sprintf("part-%d-%d-1-99.m4s", signOn.UnixMilli(), p.End()-1),
		"a part long gone":        fmt.Sprintf("part-%d-0-1-0.m4s", signOn.UnixMilli()),
		"a part of another track": fmt.Sprintf("part-%d-%d-7-0.m4s", signOn.UnixMilli(), p.End()),
		"a part of another run":   fmt.Sprintf("part-7-%d-1-0.m4s", p.End()),
	} {
		t.Run(name, func(t *testing.T) { a.problem(a.get(path), 404, "") })
	}
}

// A client that goes away leaves at once, a crowd is sent away, and patience ends.
func TestReloadWaitsForNobodyForEver(t *testing.T) {
	t.Parallel()
	a := newLowAir(t)
	a.channel.Target = 500 * time.Millisecond // and three target durations of a second are the longest wait.
	a.run(17500 * time.Millisecond)
	n := a.line.Tail().Next
	path := fmt.Sprintf("live/1.m3u8?_HLS_msn=%d", n+1)
	ctx, leave := context.WithCancel(t.Context())
	gone := a.asked(ctx, path)
	leave()
	answered(t, gone)
	now, _ := a.service.Waiting()
	require.Zero(t, now)

	a.service.MaxWaiters = 1
	waits := a.asked(t.Context(), path)
	a.problem(a.get(path), 503, "Too many players")
	_, refused := a.service.Waiting()
	require.EqualValues(t, 1, refused)
	w := answered(t, waits)
	a.problem(w, 503, "did not come")
	require.NotEmpty(t, w.Header().Get("Retry-After"))
}

func TestDeltaUpdates(t *testing.T) {
	a := newLowAir(t)
	a.channel.Window = 2 * time.Minute
	a.run(30 * time.Second)
	require.Zero(t, readLow(t, a.get("live/1.m3u8?_HLS_skip=YES")).Skipped, "nothing lies before the boundary")
	a.run(200 * time.Second)
	f := strict.Follower{Live: true}
	require.Empty(t, f.Add(a.now, a.get("live/1.m3u8").Body.Bytes()))
	for range 10 {
		a.run(1500 * time.Millisecond)
		w := a.get("live/1.m3u8?_HLS_skip=YES")
		require.Positive(t, readLow(t, w).Skipped)
		require.Empty(t, f.Add(a.now, w.Body.Bytes()), w.Body.String())
	}
	require.Less(t, len(a.get("live/1.m3u8?_HLS_skip=YES").Body.Bytes()), len(a.get("live/1.m3u8").Body.Bytes())*3/4)
}

// Whatever happens on the air, the low-latency playlists keep their promises.
func TestLowLatencyPlaylistsProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newLowAir(t)
		a.channel.Window = rapid.SampledFrom([]time.Duration{40 * time.Second, 3 * time.Minute}).Draw(rt, "window")
		a.run(9 * time.Second)
		followers := [2]strict.Follower{{Live: true}, {Live: true}}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0:
				a.silence(time.Duration(rapid.IntRange(1, 20).Draw(rt, "silence")) * time.Second)
			case 1:
				a.describe(rapid.SampledFrom([][]byte{airPPS, append([]byte{0x68, 1}, airPPS...)}).Draw(rt, "parameters"))
			case 2:
				a.gap(time.Duration(rapid.IntRange(1, 8).Draw(rt, "gap")) * time.Second)
			case 3:
				a.mute = !a.mute
			case 4:
				a.noIDR = !a.noIDR
			default:
				a.run(time.Duration(rapid.IntRange(1, 20).Draw(rt, "half seconds")) * time.Second / 2)
			}
			for i := range followers {
				path := fmt.Sprintf("live/%d.m3u8", i+1)
				if followers[i].Last() != nil && rapid.Bool().Draw(rt, "skip") {
					path += "?_HLS_skip=YES"
				}
				w := a.get(path)
				require.Equal(rt, 200, w.Code, w.Body.String())
				require.Empty(rt, followers[i].Add(a.now, w.Body.Bytes()), w.Body.String())
			}
		}
	})
}
