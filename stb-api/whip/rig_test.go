package whip_test

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/publish"
	ingest "podium.tv/podium/origin/input/whip"
	"podium.tv/podium/packager/media"
	stbapi "podium.tv/podium/stb-api"
	"podium.tv/podium/stb-api/whip"
)

const key = "a-good-key"

// feed is a receiver that keeps what it is told.
type feed struct {
	mutex     sync.Mutex
	described [][]media.Track
	samples   map[media.Kind][]media.Sample
	warned    []error
}

func (f *feed) Describe(tracks []media.Track) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.described = append(f.described, tracks)
	return nil
}

func (f *feed) Sample(track int, s media.Sample) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.samples == nil {
		f.samples = make(map[media.Kind][]media.Sample)
	}
	kind := f.described[len(f.described)-1][track].Codec.Kind()
	f.samples[kind] = append(f.samples[kind], s)
}

func (f *feed) Warn(err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.warned = append(f.warned, err)
}

func (f *feed) keyFrames() (n int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, s := range f.samples[media.Video] {
		if s.Sync {
			n++
		}
	}
	return n
}

// rig is a whole HTTP server over a real ingest, with a feed that reads it.
type rig struct {
	t    *testing.T
	desk *publish.Desk
	feed *feed
	http *httptest.Server
}

func newRig(t *testing.T, change func(*ingest.Server)) *rig {
	t.Helper()
	r := &rig{t: t, feed: &feed{}, desk: &publish.Desk{Keys: publish.StaticKeys{"hall1": key, "hall2": key}}}
	server := &ingest.Server{Desk: r.desk, UDP: "127.0.0.1:0", IdleWithin: 4 * time.Second}
	if change != nil {
		change(server)
	}
	require.NoError(t, server.Listen())
	t.Cleanup(server.Close)
	whole := &stbapi.Server{Slices: []stbapi.Slice{&whip.Slice{Ingest: server, Origins: []string{"https://studio.example.org"}}}}
	handler, err := whole.Handler()
	require.NoError(t, err)
	r.http = httptest.NewServer(handler)
	t.Cleanup(r.http.Close)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = (&publish.Input{Desk: r.desk, Feed: "hall1"}).Run(ctx, r.feed)
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return r
}

// other is a publisher by another protocol.
type other struct{}

func (other) Info() publish.Info {
	return publish.Info{Feed: "hall1", Protocol: "rtsp", Address: netip.MustParseAddrPort("192.0.2.1:5")}
}
func (other) End(error) {}
func (other) Attach() publish.Read {
	return func(ctx context.Context, _ input.Receiver) error { <-ctx.Done(); return ctx.Err() }
}

// occupy has another encoder publish the feed.
func (r *rig) occupy() {
	r.t.Helper()
	leave, err := r.desk.Enter(other{})
	require.NoError(r.t, err)
	r.t.Cleanup(func() { leave(publish.ErrLeft) })
}
