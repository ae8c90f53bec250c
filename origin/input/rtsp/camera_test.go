package rtsp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/rtsp"
)

// pictures are the access units of a file in testdata, without delimiters.
func pictures(t testing.TB, name string) [][][]byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	var stream h264.AnnexB
	// The library bounds an access unit; a file has many.
	var out [][][]byte
	for len(b) > 0 {
		end := len(b)
		for i := 4; i+5 <= len(b); i++ {
			if b[i] == 0 && b[i+1] == 0 && b[i+2] == 0 && b[i+3] == 1 && b[i+4]&0x1F == 9 {
				end = i
				break
			}
		}
		require.NoError(t, stream.Unmarshal(b[:end]))
		var unit [][]byte
		for _, nalu := range stream {
			if nalu[0]&0x1F != 9 {
				unit = append(unit, nalu)
			}
		}
		out = append(out, unit)
		b = b[end:]
	}
	return out
}

// parameters are the SPS and PPS of an access unit.
func parameters(unit [][]byte) (sps, pps []byte) {
	for _, nalu := range unit {
		switch nalu[0] & 0x1F {
		case 7:
			sps = nalu
		case 8:
			pps = nalu
		}
	}
	return sps, pps
}

// camera is an RTSP server that plays what it is told to.
type camera struct {
	server *gortsplib.Server
	stream *gortsplib.ServerStream

	user, password string
	redirect       string
	noSDP          bool

	video   *description.Media
	encoder *rtph264.Encoder
	audio   *description.Media

	mutex   sync.Mutex
	readers int
	setups  int
}

func (c *camera) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if c.redirect != "" {
		return &base.Response{StatusCode: base.StatusFound, Header: base.Header{"Location": base.HeaderValue{c.redirect}}}, nil, nil
	}
	if c.user != "" && !ctx.Conn.VerifyCredentials(ctx.Request, c.user, c.password) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	if ctx.Path != "/cam" {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.setups++
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *camera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.readers++
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (c *camera) plays() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.readers > 0
}

// shoot starts a camera with H.264 and AAC; its description has parameter sets unless change takes them out.
func shoot(t *testing.T, change func(*camera, *gortsplib.Server)) *camera {
	t.Helper()
	sps, pps := parameters(pictures(t, "narrow.h264")[0])
	c := &camera{server: &gortsplib.Server{RTSPAddress: "127.0.0.1:0"}}
	c.server.Handler = c
	var listener net.Listener
	c.server.Listen = func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		listener = l
		return l, err
	}
	c.video = &description.Media{
		Type:    description.MediaTypeVideo,
		Formats: []format.Format{&format.H264{PayloadTyp: 96, SPS: sps, PPS: pps, PacketizationMode: 1}},
	}
	c.audio = &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{&format.MPEG4Audio{
		PayloadTyp: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		Config: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelCount: 2, ChannelConfig: 2},
	}}}
	if change != nil {
		change(c, c.server)
	}
	if c.noSDP {
		c.video.Formats = []format.Format{&format.H264{PayloadTyp: 96, PacketizationMode: 1}}
	}
	var err error
	f, ok := c.video.Formats[0].(*format.H264)
	require.True(t, ok)
	c.encoder, err = f.CreateEncoder()
	require.NoError(t, err)
	require.NoError(t, c.server.Start())
	c.server.RTSPAddress = listener.Addr().String()
	medias := []*description.Media{c.video}
	if c.audio != nil {
		medias = append(medias, c.audio)
	}
	c.stream = &gortsplib.ServerStream{Server: c.server, Desc: &description.Session{Medias: medias}}
	require.NoError(t, c.stream.Initialize())
	t.Cleanup(func() {
		c.stream.Close()
		c.server.Close()
	})
	return c
}

func (c *camera) url(scheme, credentials string) string {
	if credentials != "" {
		credentials += "@"
	}
	return scheme + "://" + credentials + c.server.RTSPAddress + "/cam"
}

// picture sends an access unit with an RTP time of frame number n at 25 frames a second.
func (c *camera) picture(t *testing.T, n int, unit [][]byte) {
	t.Helper()
	packets, err := c.encoder.Encode(unit)
	require.NoError(t, err)
	for _, pkt := range packets {
		pkt.Timestamp = uint32(0xFFFFF000) + uint32(n)*3600 // It wraps soon.
		require.NoError(t, c.stream.WritePacketRTP(c.video, pkt))
	}
}

// sound sends an AAC packet of two frames.
func (c *camera) sound(t *testing.T, n int) {
	t.Helper()
	payload := []byte{0x00, 0x20, 0x00, 0x20, 0x00, 0x20, 1, 2, 3, 4, 5, 6, 7, 8}
	require.NoError(t, c.stream.WritePacketRTP(c.audio, &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 97, Marker: true, SequenceNumber: uint16(n), Timestamp: uint32(n) * 2048, SSRC: 7},
		Payload: payload,
	}))
}

// film plays a file in real time until the test ends, over and over.
func (c *camera) film(t *testing.T, units [][][]byte) {
	t.Helper()
	stop := make(chan struct{})
	var done sync.WaitGroup
	t.Cleanup(func() { close(stop); done.Wait() })
	done.Go(func() {
		ticker := time.NewTicker(40 * time.Millisecond)
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
			c.picture(t, n, units[n%len(units)])
			if c.audio != nil {
				c.sound(t, n)
			}
		}
	})
}

// local lets a pull connect to this machine.
func local() *guard.Policy { return &guard.Policy{AllowLoopback: true, AllowPrivate: true} }

func (c *camera) pull(change func(*rtsp.Pull)) *rtsp.Pull {
	p := &rtsp.Pull{URL: c.url("rtsp", ""), Transport: rtsp.TransportTCP, Guard: local(), ReadTimeout: 2 * time.Second}
	if change != nil {
		change(p)
	}
	return p
}

// certificate makes a self-signed certificate for 127.0.0.1; it returns it with its PEM and its fingerprint.
func certificate(t *testing.T) (tls.Certificate, []byte, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "camera"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), hex.EncodeToString(sum[:])
}

// multicastAddress is an address of this machine at an interface that takes part in multicast, or empty. The loopback
// interface does not.
func multicastAddress() string {
	interfaces, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagMulticast == 0 || i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addresses {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil {
				return ip.IP.String()
			}
		}
	}
	return ""
}
