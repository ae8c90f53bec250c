package rtmp_test

import (
	"context"
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
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/abema/go-mp4"
	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"
)

// film gives the access units of an Annex B file, without their delimiters, of a type by the NAL unit's first byte.
func film(t testing.TB, path string, isDelimiter func(byte) bool) [][][]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var out [][][]byte
	for len(b) > 0 {
		end := len(b)
		for i := 4; i+5 <= len(b); i++ {
			if b[i] == 0 && b[i+1] == 0 && b[i+2] == 0 && b[i+3] == 1 && isDelimiter(b[i+4]) {
				end = i
				break
			}
		}
		var stream h264.AnnexB
		require.NoError(t, stream.Unmarshal(b[:end]))
		var unit [][]byte
		for _, nalu := range stream {
			if !isDelimiter(nalu[0]) {
				unit = append(unit, nalu)
			}
		}
		out = append(out, unit)
		b = b[end:]
	}
	return out
}

// pictures are those of the RTSP tests: 50 of H.264, 160x90 (narrow) or 320x180 (wide), a key frame every 25.
func pictures(t testing.TB, name string) [][][]byte {
	t.Helper()
	return film(t, "../rtsp/testdata/"+name, func(b byte) bool { return b&0x1F == 9 })
}

// pictures265 are made by FFmpeg.
func pictures265(t *testing.T) [][][]byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.h265")
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	out, err := exec.Command(program, words("-v error -f lavfi -i testsrc=size=320x180:rate=25 -t 1 -pix_fmt yuv420p -c:v libx265 -preset ultrafast",
		"-x265-params log-level=error:keyint=25:bframes=0:aud=1:repeat-headers=1", path)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return film(t, path, func(b byte) bool { return b>>1&0x3F == 35 })
}

func find(unit [][]byte, is func(byte) bool) []byte {
	for _, nalu := range unit {
		if is(nalu[0]) {
			return nalu
		}
	}
	return nil
}

func sps(unit [][]byte) []byte { return find(unit, func(b byte) bool { return b&0x1F == 7 }) }
func pps(unit [][]byte) []byte { return find(unit, func(b byte) bool { return b&0x1F == 8 }) }

// peer is gortmplib at the other end: an encoder, or a server that is pulled from.
type peer struct {
	*gortmplib.Writer
	client *gortmplib.Client
	video  *gortmplib.Track
	audio  *gortmplib.Track
	n      int
}

// tracks are those of narrow.h264 and of AAC.
func (p *peer) tracks(t testing.TB) []*gortmplib.Track {
	t.Helper()
	first := pictures(t, "narrow.h264")[0]
	p.video = &gortmplib.Track{Codec: &codecs.H264{SPS: sps(first), PPS: pps(first)}}
	p.audio = &gortmplib.Track{Codec: &codecs.MPEG4Audio{Config: &mpeg4audio.AudioSpecificConfig{
		Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2,
	}}}
	return []*gortmplib.Track{p.video, p.audio}
}

// connect connects an encoder: address is behind the host.
func connect(t *testing.T, server net.Addr, path string, change func(*gortmplib.Client)) (*gortmplib.Client, error) {
	t.Helper()
	u, err := url.Parse("rtmp://" + server.String() + path)
	require.NoError(t, err)
	c := &gortmplib.Client{URL: u, Publish: true}
	if change != nil {
		change(c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Initialize(ctx); err != nil {
		return nil, err
	}
	t.Cleanup(c.Close)
	return c, nil
}

// publishes connects an encoder of those tracks, or of H.264 and AAC.
func publishes(t *testing.T, server net.Addr, tracks ...*gortmplib.Track) *peer {
	t.Helper()
	c, err := connect(t, server, "/hall#open-sesame", nil)
	require.NoError(t, err)
	p := &peer{client: c}
	if len(tracks) == 0 {
		tracks = p.tracks(t)
	}
	p.Writer = &gortmplib.Writer{Conn: c, Tracks: tracks}
	require.NoError(t, p.Initialize())
	return p
}

// send sends the next pictures of a film, 40 ms each, and sound with them.
func (p *peer) send(t testing.TB, units [][][]byte, count int) {
	t.Helper()
	for range count {
		at := time.Duration(p.n) * 40 * time.Millisecond
		require.NoError(t, p.WriteH264(p.video, at, at, units[p.n%len(units)]))
		require.NoError(t, p.WriteMPEG4Audio(p.audio, at, []byte{0x21, 0x10, 0x04, byte(p.n)}))
		p.n++
	}
}

// refused waits until the server closes the connection.
func (p *peer) refused(t *testing.T) {
	t.Helper()
	require.NoError(t, p.client.NetConn().SetReadDeadline(time.Now().Add(20*time.Second)))
	for {
		if _, err := p.client.Read(); err != nil {
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server closes the connection")
			return
		}
	}
}

func certificate(t *testing.T) (tls.Certificate, []byte, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "rtmps"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), strings.ToUpper(hex.EncodeToString(sum[:]))
}

// avcC is a configuration of H.264.
func avcC(sps, pps []byte) *mp4.AVCDecoderConfiguration {
	return &mp4.AVCDecoderConfiguration{
		AnyTypeBox: mp4.AnyTypeBox{Type: mp4.BoxTypeAvcC()}, ConfigurationVersion: 1,
		Profile: sps[1], ProfileCompatibility: sps[2], Level: sps[3], Reserved: 0b111111, LengthSizeMinusOne: 3, Reserved2: 0b111,
		NumOfSequenceParameterSets: 1, SequenceParameterSets: []mp4.AVCParameterSet{{Length: uint16(len(sps)), NALUnit: sps}},
		NumOfPictureParameterSets: 1, PictureParameterSets: []mp4.AVCParameterSet{{Length: uint16(len(pps)), NALUnit: pps}},
	}
}
