package events_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/events"
	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/input/guard"
)

const secret = "s3cret s3cret s3cret"

// receiver is what a station's operator runs: it fails as often as the test says.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int // of the first requests; then 204
	bodies   [][]byte
	signed   []string
}

func receive(t *testing.T, statuses ...int) *receiver {
	t.Helper()
	r := &receiver{statuses: statuses}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.bodies, r.signed = append(r.bodies, body), append(r.signed, q.Header.Get(events.SignatureHeader))
		status := http.StatusNoContent
		if len(r.statuses) > 0 {
			status, r.statuses = r.statuses[0], r.statuses[1:]
		}
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) got() (bodies [][]byte, signed []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies), slices.Clone(r.signed)
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type rig struct {
	hook     *events.Hook
	log      *lockedBuffer
	registry *prometheus.Registry
}

func newRig(t *testing.T, to string, change func(*events.Hook)) *rig {
	t.Helper()
	r := &rig{log: new(lockedBuffer), registry: prometheus.NewPedanticRegistry()}
	r.hook = &events.Hook{
		URL: to + "/podium?key=s3cret", Name: "alarm", Secret: []byte(secret), Station: "党员教育",
		Policy: &guard.Policy{AllowLoopback: true}, RetryMin: time.Millisecond, RetryMax: 4 * time.Millisecond,
		Log:     slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Metrics: events.NewMetrics(r.registry),
	}
	if change != nil {
		change(r.hook)
	}
	return r
}

func (r *rig) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); r.hook.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

// counts waits until the metric says so.
func (r *rig) counts(t *testing.T, result string, n int) {
	t.Helper()
	want := `podium_hook_events_total{hook="alarm",result="` + result + `"} ` + strconv.Itoa(n)
	require.Eventually(t, func() bool {
		text, err := testutil.GatherAndCount(r.registry, "podium_hook_events_total")
		if err != nil || text == 0 {
			return false
		}
		return testutil.GatherAndCompare(r.registry, strings.NewReader(
			"# HELP podium_hook_events_total Events that hooks were told, or not: delivered, failed, or dropped because too many waited.\n"+
				"# TYPE podium_hook_events_total counter\n"+want+"\n"), "podium_hook_events_total") == nil
	}, 20*time.Second, time.Millisecond, want)
	require.NotContains(t, r.log.String(), "s3cret")
}

func switched(feedID string) feed.Event {
	return feed.Event{
		At: time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC), Feed: feedID, Kind: feed.Switched, From: "导播台", To: "备用", Reason: feed.NoVideo,
		Cause: "no picture for 3 s", Advice: "look at the encoder",
	}
}

func TestHookThatFailsFirst(t *testing.T) {
	to := receive(t, 500, 429, 503)
	r := newRig(t, to.URL, nil)
	r.run(t)
	r.hook.Offer(switched("hall1"))
	r.counts(t, "delivered", 1)
	bodies, signed := to.got()
	require.Len(t, bodies, 4)
	for i, body := range bodies {
		require.Equal(t, string(bodies[0]), string(body), "each attempt is the same message")
		at, _, ok := strings.Cut(strings.TrimPrefix(signed[i], "t="), ",")
		require.True(t, ok)
		sec, err := strconv.ParseInt(at, 10, 64)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), time.Unix(sec, 0), time.Minute)
		require.Equal(t, events.Sign([]byte(secret), body, time.Unix(sec, 0)), signed[i])
		require.NotEqual(t, events.Sign([]byte("another secret"), body, time.Unix(sec, 0)), signed[i])
	}
	var m map[string]any
	require.NoError(t, json.Unmarshal(bodies[0], &m))
	require.NotEmpty(t, m["id"])
	delete(m, "id")
	require.Equal(t, map[string]any{
		"at": "2026-11-23T19:00:00Z", "station": "党员教育", "feed": "hall1", "kind": "switched", "from": "导播台", "to": "备用",
		"reason": "no_video", "cause": "no picture for 3 s", "advice": "look at the encoder",
	}, m)
	require.Contains(t, r.log.String(), `msg="event told" hook=alarm feed=hall1 kind=switched tries=4`)
}

func TestHookGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		statuses []int
		requests int
	}{
		"what is refused for good":   {[]int{404}, 1},
		"what leads elsewhere":       {[]int{302}, 1},
		"what fails again and again": {[]int{500, 500, 500, 500}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			to := receive(t, c.statuses...)
			r := newRig(t, to.URL, func(h *events.Hook) { h.Tries = 3 })
			r.run(t)
			r.hook.Offer(switched("hall1"))
			r.counts(t, "failed", 1)
			bodies, _ := to.got()
			require.Len(t, bodies, c.requests)
		})
	}
}

func TestHookIsGuarded(t *testing.T) {
	to := receive(t)
	r := newRig(t, to.URL, func(h *events.Hook) { h.Policy = guard.Default() })
	r.run(t)
	r.hook.Offer(switched("hall1"))
	r.counts(t, "failed", 1)
	bodies, _ := to.got()
	require.Empty(t, bodies)
	require.Contains(t, r.log.String(), "loopback")
}

func TestHookThatIsAwayHoldsNobodyUp(t *testing.T) {
	r := newRig(t, "http://127.0.0.1:1", func(h *events.Hook) { h.RetryMin, h.RetryMax = time.Hour, time.Hour })
	began := time.Now()
	for range 300 { // Nobody takes them: it does not run.
		r.hook.Offer(switched("hall1"))
	}
	require.Less(t, time.Since(began), 10*time.Second)
	r.counts(t, "dropped", 300-256)
}

func TestHookWantsSomeKinds(t *testing.T) {
	to := receive(t)
	r := newRig(t, to.URL, func(h *events.Hook) { h.Kinds, h.Secret = []feed.EventKind{feed.OnSlate}, nil })
	r.run(t)
	r.hook.Offer(switched("hall1"))
	r.hook.Offer(feed.Event{Feed: "hall2", Kind: feed.OnSlate})
	r.counts(t, "delivered", 1)
	bodies, signed := to.got()
	require.Len(t, bodies, 1)
	require.Contains(t, string(bodies[0]), `"feed":"hall2"`)
	require.Empty(t, signed[0], "nothing to sign with")
}
