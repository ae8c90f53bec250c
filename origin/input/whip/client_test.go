package whip_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	wm "github.com/pion/webrtc/v4/pkg/media"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/whip"
	"podium.tv/podium/packager/media"
)

const key = "a-good-key"

// lecture is a film of four seconds with a key frame each, as access units.
func lecture(t *testing.T, size string) [][]byte {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=r=25:d=4:s="+size,
		"-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-g", "25",
		"-x264-params", "slices=1:aud=1:scenecut=0", "-f", "h264", "pipe:1").Output()
	require.NoError(t, err)
	var units [][]byte
	aud := []byte{0, 0, 0, 1, byte(h264.NALUTypeAccessUnitDelimiter)}
	for _, one := range bytes.Split(out, aud)[1:] {
		units = append(units, append(bytes.Clone(aud), one...))
	}
	require.Len(t, units, 100)
	return units
}

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

func (f *feed) of(kind media.Kind) []media.Sample {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return append([]media.Sample(nil), f.samples[kind]...)
}

func (f *feed) last() []media.Track {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.described) == 0 {
		return nil
	}
	return f.described[len(f.described)-1]
}

// rig is a server with a feed that reads it.
type rig struct {
	t      *testing.T
	server *whip.Server
	desk   *publish.Desk
	feed   *feed
	input  *publish.Input
	ended  chan error // each time the feed's input ended
}

func newRig(t *testing.T, change func(*whip.Server)) *rig {
	t.Helper()
	r := &rig{t: t, feed: &feed{}, ended: make(chan error, 100)}
	r.desk = &publish.Desk{Keys: publish.StaticKeys{"hall1": key, "hall2": key}}
	r.server = &whip.Server{Desk: r.desk, UDP: "127.0.0.1:0", IdleWithin: 2 * time.Second}
	if change != nil {
		change(r.server)
	}
	require.NoError(t, r.server.Listen())
	t.Cleanup(r.server.Close)
	r.input = &publish.Input{Desk: r.desk, Feed: "hall1"}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			err := r.input.Run(ctx, r.feed)
			select {
			case r.ended <- err:
			default:
			}
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return r
}

func (r *rig) publish(offer string) (*whip.Answer, error) {
	return r.server.Publish(context.Background(), whip.Request{
		Feed: "hall1", Key: key, Address: netip.MustParseAddrPort("127.0.0.1:999"), Agent: "test", Offer: offer,
	})
}

// client is a peer that sends what a browser does.
type client struct {
	t        *testing.T
	pc       *webrtc.PeerConnection
	video    *webrtc.TrackLocalStaticSample
	audio    *webrtc.TrackLocalStaticSample
	answer   *whip.Answer
	pictures atomic.Uint64 // that were asked for
	stop     chan struct{}
	once     sync.Once
}

// losing is an interceptor that keeps the nth packet of every some of the pictures from going out, the first time.
type losing struct {
	interceptor.NoOp
	every uint16
	again bool // also lose what is sent again
}

func (l *losing) NewInterceptor(string) (interceptor.Interceptor, error) { return l, nil }

func (l *losing) BindLocalStream(info *interceptor.StreamInfo, next interceptor.RTPWriter) interceptor.RTPWriter {
	if info.MimeType != webrtc.MimeTypeH264 {
		return next
	}
	var mutex sync.Mutex
	sent := map[uint16]bool{}
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if h.SSRC != info.SSRC { // It is sent again, with its old number before it (RFC 4588 §4).
			if l.again && binary.BigEndian.Uint16(payload)%l.every == 0 {
				return len(payload), nil
			}
			return next.Write(h, payload, a)
		}
		mutex.Lock()
		first := !sent[h.SequenceNumber]
		sent[h.SequenceNumber] = true
		mutex.Unlock()
		if h.SequenceNumber%l.every == 0 && (first || l.again) {
			return len(payload), nil
		}
		return next.Write(h, payload, a)
	})
}

type wants struct {
	mimes  []string // of the pictures
	silent bool     // no sound
	losing *losing
}

func newClient(t *testing.T, w wants) *client {
	t.Helper()
	engine := &webrtc.MediaEngine{}
	require.NoError(t, engine.RegisterDefaultCodecs())
	registry := &interceptor.Registry{}
	if w.losing != nil {
		registry.Add(w.losing)
	}
	require.NoError(t, webrtc.RegisterDefaultInterceptors(engine, registry))
	var set webrtc.SettingEngine
	set.SetIncludeLoopbackCandidate(true)
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(set)).
		NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	c := &client{t: t, pc: pc, stop: make(chan struct{})}
	t.Cleanup(c.close)
	mime := webrtc.MimeTypeH264
	if len(w.mimes) > 0 {
		mime = w.mimes[len(w.mimes)-1]
	}
	c.video, err = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime}, "video", "studio")
	require.NoError(t, err)
	sender, err := pc.AddTrack(c.video)
	require.NoError(t, err)
	go func() {
		for {
			packets, _, err := sender.ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				if _, ok := p.(*rtcp.PictureLossIndication); ok {
					c.pictures.Add(1)
				}
			}
		}
	}()
	if !w.silent {
		c.audio, err = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "audio", "studio")
		require.NoError(t, err)
		_, err = pc.AddTrack(c.audio)
		require.NoError(t, err)
	}
	for _, one := range pc.GetTransceivers() {
		if len(w.mimes) > 0 && one.Kind() == webrtc.RTPCodecTypeVideo {
			var only []webrtc.RTPCodecParameters
			for _, p := range one.Sender().GetParameters().Codecs {
				for _, m := range w.mimes {
					if p.MimeType == m {
						only = append(only, p)
					}
				}
			}
			require.NoError(t, one.SetCodecPreferences(only))
		}
	}
	return c
}

func (c *client) offer() string {
	c.t.Helper()
	offer, err := c.pc.CreateOffer(nil)
	require.NoError(c.t, err)
	gathered := webrtc.GatheringCompletePromise(c.pc)
	require.NoError(c.t, c.pc.SetLocalDescription(offer))
	<-gathered
	return c.pc.LocalDescription().SDP
}

// connect goes live.
func (c *client) connect(r *rig) {
	c.t.Helper()
	answer, err := r.publish(c.offer())
	require.NoError(c.t, err)
	c.answer = answer
	require.NoError(c.t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.Answer}))
	require.Eventually(c.t, func() bool {
		return c.pc.ConnectionState() == webrtc.PeerConnectionStateConnected
	}, 20*time.Second, 10*time.Millisecond)
}

// show sends a film round and round, in real time, and sound beside it.
func (c *client) show(film [][]byte) {
	go func() {
		ticker := time.NewTicker(40 * time.Millisecond)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-c.stop:
				return
			case <-ticker.C:
				_ = c.video.WriteSample(wm.Sample{Data: film[i%len(film)], Duration: 40 * time.Millisecond})
				if c.audio == nil {
					continue
				}
				for range 2 {
					_ = c.audio.WriteSample(wm.Sample{Data: []byte{0xF8, 0xFF, 0xFE}, Duration: 20 * time.Millisecond})
				}
			}
		}
	}()
}

// quiet stops what is sent.
func (c *client) quiet() { c.once.Do(func() { close(c.stop) }) }

func (c *client) close() {
	c.quiet()
	_ = c.pc.Close()
}

var _ input.Receiver = (*feed)(nil)
