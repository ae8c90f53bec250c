package play_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/play"
)

// newSleeper is a channel that nobody has watched for five minutes.
func newSleeper(t *testing.T, patience time.Duration) (a *air, woken *atomic.Int64) {
	t.Helper()
	a, woken = newAir(t), new(atomic.Int64)
	a.run(20 * time.Second)
	a.silence(5 * time.Minute)
	now := a.now // Requests that wait see the clock from elsewhere.
	a.service.Now = func() time.Time { return now }
	a.service.WakePatience = patience
	a.channel.Demand = &play.Demand{Wake: func() { woken.Add(1) }}
	return a, woken
}

func TestFirstViewerWaitsForAFreshSegment(t *testing.T) {
	for _, path := range []string{"index.m3u8", "mono.m3u8", "live/1.m3u8", "index.mpd"} {
		t.Run(path, func(t *testing.T) {
			a, woken := newSleeper(t, time.Minute)
			before := a.line.Tail().Next
			const viewers = 5
			got := make(chan *httptest.ResponseRecorder, viewers)
			for range viewers {
				go func() {
					w := httptest.NewRecorder()
					a.echo.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/live/edu1/"+path, http.NoBody))
					got <- w
				}()
			}
			require.Eventually(t, func() bool { n, _ := a.service.Waiting(); return n == viewers }, 10*time.Second, time.Millisecond)
			require.Equal(t, int64(1), woken.Load(), "one of them wakes it")
			require.Equal(t, uint64(1), a.channel.Demand.Woken())
			a.run(6 * time.Second)
			for range viewers {
				w := <-got
				require.Equal(t, 200, w.Code, w.Body.String())
			}
			p := a.playlist("mono.m3u8")
			require.Equal(t, before, p.MediaSequence, "what was put out before it slept is not shown")
		})
	}
}

func TestSleeperThatDoesNotWake(t *testing.T) {
	a, woken := newSleeper(t, time.Millisecond)
	w := a.get("mono.m3u8")
	a.problem(w, http.StatusServiceUnavailable, "The source is being fetched and has no picture yet")
	require.NotEmpty(t, w.Header().Get("Retry-After"))
	require.Equal(t, int64(1), woken.Load())
	require.True(t, a.channel.Demand.Asked(a.now))
	require.False(t, a.channel.Demand.Asked(a.now.Add(3*time.Second)))
}

func TestCatchUpWakesNobody(t *testing.T) {
	a, woken := newSleeper(t, time.Minute)
	require.Equal(t, 200, a.get(fmt.Sprintf("mono-archive-%d-16.m3u8", signOn.Unix())).Code)
	require.Zero(t, woken.Load())
	require.False(t, a.channel.Demand.Asked(a.now))
}

func TestFastPathTellsOfDemand(t *testing.T) {
	e := newEdge(t, nil)
	p := dial(t, e.fast)
	for i, path := range []string{"/live/asked/mono.m3u8", "/live/asked/live/1.m3u8", "/live/asked/index.m3u8"} {
		p.say(t, get(path))
		r, _ := p.hear(t, http.MethodGet)
		require.Equal(t, 200, r.StatusCode)
		e.counts(t, int64(i+1))
		require.True(t, e.demand.Asked(time.Now()))
	}
	require.Equal(t, uint64(1), e.demand.Woken())
}

func TestDemandCostsNothing(t *testing.T) {
	d, now := new(play.Demand), time.Now()
	c := &play.Channel{Demand: d}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		now = now.Add(time.Second)
		play.Ask(c, now)
	}))
}
