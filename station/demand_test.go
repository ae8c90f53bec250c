package station_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
	"podium.tv/podium/packager/playlist/strict"
)

// camera is an RTSP server that plays what ffmpeg pushes to it, and knows who watches.
type camera struct {
	server  *gortsplib.Server
	address string

	mu      sync.Mutex
	stream  *gortsplib.ServerStream
	playing map[*gortsplib.ServerSession]bool
	plays   int // how often somebody began to watch
}

func (c *camera) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.playing, ctx.Session)
}

func (c *camera) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream = &gortsplib.ServerStream{Server: c.server, Desc: ctx.Description}
	return &base.Response{StatusCode: base.StatusOK}, c.stream.Initialize()
}

func (c *camera) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusOK}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.playing[ctx.Session] = true
	c.plays++
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (c *camera) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	ctx.Session.OnPacketRTPAny(func(medium *description.Media, _ format.Format, packet *rtp.Packet) {
		_ = c.stream.WritePacketRTP(medium, packet) // A reader that is too slow is its own fault.
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (c *camera) watched() (now, ever int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.playing), c.plays
}

// shoot starts a camera with ffmpeg's test picture.
func shoot(t *testing.T) *camera {
	t.Helper()
	c := &camera{playing: make(map[*gortsplib.ServerSession]bool)}
	c.server = &gortsplib.Server{Handler: c, RTSPAddress: "127.0.0.1:0"}
	c.server.Listen = func(network, address string) (net.Listener, error) {
		l, err := new(net.ListenConfig).Listen(t.Context(), network, address)
		if err == nil {
			c.address = l.Addr().String()
		}
		return l, err
	}
	require.NoError(t, c.server.Start())
	t.Cleanup(c.server.Close)
	publishTo(t, "rtsp://"+c.address+"/cam")
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.stream != nil
	}, 20*time.Second, 20*time.Millisecond)
	return c
}

func TestOnDemand(t *testing.T) {
	c := shoot(t)
	cfg, err := config.Parse("podium.yaml", fmt.Appendf(nil, `
http: {listen: '127.0.0.1:0'}
rtsp: {listen: '127.0.0.1:0'}
data_dir: %s
packaging: {segment_target: 1s, live_window: 8s, archive: 2h}
inputs: {allow_loopback: true}
feeds: [{id: cam, slate: off, on_demand: true, on_demand_idle: 5s, inputs: [{url: "rtsp://%s/cam", transport: tcp}]}]
channels: [{id: edu1, number: 1, name: edu1, feed: cam}]
`, t.TempDir(), c.address), nil)
	require.NoError(t, err)
	s := start(t, cfg)
	_, body := s.get("/metrics")
	require.Contains(t, string(body), `podium_feed_wanted{feed="cam"} 0`)
	_, ever := c.watched()
	require.Zero(t, ever, "nobody watches: nothing is fetched")
	status, _ := s.get("/readyz")
	require.Equal(t, 200, status)

	status, body = s.get("/live/edu1/mono.m3u8")
	require.Equal(t, 200, status, "the first viewer waits for a segment: %s", body)
	now, _ := c.watched()
	require.Equal(t, 1, now)
	_, body = s.get("/metrics")
	require.Contains(t, string(body), `podium_feed_wanted{feed="cam"} 1`)
	require.Contains(t, string(body), `podium_channel_woken_total{channel="edu1"} 1`)
	s.wait("edu1", 3)

	require.Eventually(t, func() bool { now, _ := c.watched(); return now == 0 }, time.Minute, 50*time.Millisecond, "the last has gone")
	require.Eventually(t, func() bool { // Until then the tail is new enough to be shown while the camera is fetched again.
		_, body = s.get("/metrics")
		return strings.Contains(string(body), `podium_channel_on_air{channel="edu1"} 0`)
	}, time.Minute, 50*time.Millisecond)
	require.Contains(t, string(body), `podium_feed_wanted{feed="cam"} 0`)

	status, body = s.get("/live/edu1/mono.m3u8")
	require.Equal(t, 200, status, "and comes back: %s", body)
	p, err := strict.ParseMedia(body)
	require.NoError(t, err, "%s", body)
	require.Empty(t, strict.Check(p))
	_, ever = c.watched()
	require.Equal(t, 2, ever)
	_, err = s.end()
	require.NoError(t, err)
}
