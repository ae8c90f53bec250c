package station_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/feed"
)

func TestKindsOfEvents(t *testing.T) {
	var known []config.EventKind
	for _, k := range []feed.EventKind{
		feed.SourceUp, feed.SourceDown, feed.OnAir, feed.Switched, feed.Back, feed.OnSlate, feed.OffAir,
	} {
		known = append(known, config.EventKind(k))
	}
	require.Equal(t, known, config.EventKinds())
}

// told are the kinds of event that a hook was told, in order.
type told struct {
	*httptest.Server
	mu    sync.Mutex
	kinds []string
}

func listenForHooks(t *testing.T) *told {
	t.Helper()
	h := new(told)
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ Feed, Kind, Station string }
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if err != nil || m.Feed != "hall1" || r.Header.Get("Podium-Signature") == "" {
			m.Kind = fmt.Sprintf("wrong: %s %v", body, err)
		}
		h.kinds = append(h.kinds, m.Kind)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *told) waitFor(t *testing.T, kind feed.EventKind) {
	t.Helper()
	require.Eventually(t, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.Contains(h.kinds, string(kind))
	}, time.Minute, 20*time.Millisecond, kind)
}

// A feed that nobody publishes shows the slate; an encoder comes and goes; who runs the station is told.
func TestSlateAndHooks(t *testing.T) {
	h := listenForHooks(t)
	const secret = "not to be logged, ever"
	text := func(hooks string) []byte {
		return fmt.Appendf(nil, `
http: {listen: '127.0.0.1:0'}
rtsp: {listen: '127.0.0.1:0'}
data_dir: %s
packaging: {segment_target: 1s, live_window: 8s, archive: 2h}
inputs: {allow_loopback: true}
feeds: [{id: hall1, input: publish, stream_key: %s, failover: {back_after: 1s}}]
channels: [{id: edu1, number: 1, name: edu1, feed: hall1}]
hooks: [%s]
`, t.TempDir(), streamKey, hooks)
	}
	hook := fmt.Sprintf("{url: %q, secret: %q}", h.URL+"/x?key="+strings.ReplaceAll(secret, " ", "+"), secret)
	cfg, err := config.Parse("podium.yaml", text(hook), nil)
	require.NoError(t, err)
	s := start(t, cfg)
	s.wait("edu1", 2)
	h.waitFor(t, feed.OnSlate)
	end := s.publish("hall1")
	h.waitFor(t, feed.Back)
	end()
	h.waitFor(t, feed.SourceDown)
	_, body := s.get("/metrics")
	require.Contains(t, string(body), `podium_hook_events_total{hook="`+h.URL+`",result="delivered"}`)
	h.mu.Lock()
	for _, kind := range h.kinds {
		require.NotContains(t, kind, "wrong")
	}
	h.mu.Unlock()

	without, err := config.Parse("podium.yaml", text(""), nil)
	require.NoError(t, err)
	without.DataDir = cfg.DataDir
	require.NoError(t, s.Reload(without))
	_, err = s.end()
	require.NoError(t, err)
	require.NotContains(t, s.log.String(), "not to be logged")
	require.NotContains(t, s.log.String(), "not+to+be+logged")
	require.NotContains(t, s.log.String(), streamKey)
}
