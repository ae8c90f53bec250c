package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/playlist/strict"
)

// watcher is the strictest viewer there can be: it asks for a live playlist three times a second, holds it to every
// rule of RFC 8216bis §6.2, fetches each segment the moment that it is listed, and remembers every byte.
type watcher struct {
	url string

	client   http.Client
	follower strict.Follower
	stop     chan struct{}
	done     chan struct{}

	mu       sync.Mutex
	faults   []string
	away     bool   // the server is known to be away: nothing can be asked of it
	again    bool   // all that is listed is to be fetched anew with the next version
	stored   uint64 // segments below may be told to be away with a 503: the store has them and is away
	segments map[uint64]watched
	first    uint64            // the lowest media sequence number seen
	end      uint64            // behind the highest
	inits    map[string]string // digest by URL
	versions int               // playlists fetched
	fetches  int               // segments and inits fetched
	newest   time.Time         // when a segment was last seen for the first time
}

// watched is a segment as it was first listed and fetched.
type watched struct {
	segment strict.Segment
	url     string
	digest  string
	size    int
}

// watch follows a live playlist until the test ends or end is called. The playlist has to be there.
func watch(t testing.TB, address string) *watcher {
	t.Helper()
	w := &watcher{
		url: address, client: http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2}},
		follower: strict.Follower{Live: true}, stop: make(chan struct{}), done: make(chan struct{}),
		segments: map[uint64]watched{}, inits: map[string]string{},
	}
	go w.run()
	t.Cleanup(func() { w.finish() })
	return w
}

func (w *watcher) run() {
	defer close(w.done)
	for tick := time.NewTicker(300 * time.Millisecond); ; {
		w.look()
		select {
		case <-w.stop:
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// finish ends the watching and returns all that was wrong.
func (w *watcher) finish() []string {
	select {
	case <-w.stop:
	default:
		close(w.stop)
	}
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults
}

// content ends the watching and fails the test where a promise was broken.
func (w *watcher) content(t testing.TB) {
	t.Helper()
	for _, f := range w.finish() {
		t.Errorf("%s: %s", w.url, f)
	}
	require.NotZero(t, w.versions, "%s was never there", w.url)
}

// leave tells that the server is going away; enter that it is back, upon which everything listed is fetched again.
func (w *watcher) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = true
	w.client.CloseIdleConnections()
}

func (w *watcher) enter() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away, w.again = false, true
	w.follower.Crashed()
}

// look is one round. It holds the lock throughout, so that leave returns between rounds.
func (w *watcher) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away {
		return
	}
	at := time.Now()
	status, body, err := w.get(w.url)
	if err == nil && status == http.StatusServiceUnavailable && (w.versions == 0 || w.again) {
		return // A channel that opens its timeline after a start says when to come again.
	}
	if err != nil || status != http.StatusOK {
		w.fault(at, "playlist: status %d, error %v: %.200s", status, err, body)
		return
	}
	w.versions++
	for _, v := range w.follower.Add(at, body) {
		w.faults = append(w.faults, v.String())
	}
	p := w.follower.Last()
	if p == nil {
		return
	}
	if w.versions == 1 {
		w.first = p.MediaSequence
	}
	for i := range p.Segments {
		w.fetch(at, &p.Segments[i])
	}
	w.again = false
	w.end = max(w.end, p.End())
}

// fetch gets a segment that is new, and those seen before where the server has been started again.
func (w *watcher) fetch(at time.Time, s *strict.Segment) {
	was, known := w.segments[s.Sequence]
	if known && !w.again {
		return
	}
	if s.Gap {
		w.segments[s.Sequence] = watched{segment: *s}
		return
	}
	base, err := url.Parse(w.url)
	if err != nil {
		w.fault(at, "%v", err)
		return
	}
	if s.Map != "" {
		w.fetchInit(at, base, s.Map)
	}
	at2, err := base.Parse(s.URI)
	if err != nil {
		w.fault(at, "segment %d: %v", s.Sequence, err)
		return
	}
	status, body, err := w.get(at2.String())
	w.fetches++
	if status == http.StatusServiceUnavailable && s.Sequence < w.stored {
		return
	}
	if err != nil || status != http.StatusOK || len(body) == 0 {
		w.fault(at, "listed segment %d, %s: status %d, %d bytes, error %v", s.Sequence, s.URI, status, len(body), err)
		return
	}
	now := watched{segment: *s, url: at2.String(), digest: fmt.Sprintf("%x", sha256.Sum256(body)), size: len(body)}
	if known && now.digest != was.digest {
		w.fault(at, "segment %d, %s, has other bytes than before: %d, they were %d", s.Sequence, s.URI, now.size, was.size)
		return
	}
	if !known {
		w.segments[s.Sequence] = now
		w.newest = time.Now()
	}
}

func (w *watcher) fetchInit(at time.Time, base *url.URL, uri string) {
	to, err := base.Parse(uri)
	if err != nil {
		w.fault(at, "init: %v", err)
		return
	}
	was, known := w.inits[to.String()]
	if known && !w.again {
		return
	}
	status, body, err := w.get(to.String())
	w.fetches++
	digest := fmt.Sprintf("%x", sha256.Sum256(body))
	switch {
	case status == http.StatusServiceUnavailable && w.stored > 0:
	case err != nil || status != http.StatusOK || !bytes.Contains(body, []byte("moov")):
		w.fault(at, "listed init %s: status %d, %d bytes, error %v", uri, status, len(body), err)
	case known && digest != was:
		w.fault(at, "init %s has other bytes than before", uri)
	default:
		w.inits[to.String()] = digest
	}
}

func (w *watcher) get(address string) (int, []byte, error) {
	res, err := w.client.Get(address)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// fault notes what is wrong; many are one.
func (w *watcher) fault(at time.Time, format string, args ...any) {
	const most = 50
	if len(w.faults) < most {
		w.faults = append(w.faults, at.UTC().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

// seen is the media sequence number behind the newest segment, and when that was first seen.
func (w *watcher) seen() (end uint64, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end, w.newest
}

// awaitMore waits until n segments more than now are seen.
func (w *watcher) awaitMore(t testing.TB, n uint64, within time.Duration) {
	t.Helper()
	from, _ := w.seen()
	await(t, within, fmt.Sprintf("%d more segments of %s", n, w.url), func() bool {
		end, _ := w.seen()
		return end >= from+n
	})
}

// awaitAway waits until nothing new has come for longer than a segment takes.
func (w *watcher) awaitAway(t testing.TB) {
	t.Helper()
	await(t, 30*time.Second, "a silence of "+w.url, func() bool {
		_, at := w.seen()
		return time.Since(at) > 5*time.Second
	})
}

// awaitAll waits until all watchers have seen n segments more than now.
func awaitAll(t testing.TB, watchers []*watcher, n uint64) {
	t.Helper()
	from := make([]uint64, len(watchers))
	for i, w := range watchers {
		from[i], _ = w.seen()
	}
	for i, w := range watchers {
		await(t, 30*time.Second, fmt.Sprintf("%d more segments of %s", n, w.url), func() bool {
			end, _ := w.seen()
			return end >= from[i]+n
		})
	}
}

// breaks are the segments before which a viewer would see a break: those with a discontinuity, and those whose date does
// not follow from the one before.
func (w *watcher) breaks() []uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var where []uint64
	for n := w.first + 1; n < w.end; n++ {
		a, b := w.segments[n-1].segment, w.segments[n].segment
		off := b.ProgramDateTime.Sub(a.ProgramDateTime.Add(a.Duration))
		if b.Discontinuity || off.Abs() > 50*time.Millisecond {
			where = append(where, n)
		}
	}
	return where
}
