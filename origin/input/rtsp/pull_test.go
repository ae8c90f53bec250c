package rtsp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/rtsp"
	"podium.tv/podium/packager/media"
)

func TestPull(t *testing.T) {
	cert, authority, fingerprint := certificate(t)
	secure := func(_ *camera, s *gortsplib.Server) { s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}} }
	overUDP := func(_ *camera, s *gortsplib.Server) { s.UDPRTPAddress, s.UDPRTCPAddress = ports(t) }
	outside := multicastAddress()
	overMulticast := func(_ *camera, s *gortsplib.Server) {
		s.RTSPAddress = net.JoinHostPort(outside, "0")
		s.MulticastIPRange, s.MulticastRTPPort, s.MulticastRTCPPort = "224.1.0.0/16", 48002, 48003
	}
	withPassword := func(c *camera, _ *gortsplib.Server) { c.user, c.password = "admin", "p@ss:word" }

	for _, c := range []struct {
		name   string
		camera func(*camera, *gortsplib.Server)
		pull   func(*camera, *rtsp.Pull)
		warned string
	}{
		{"by TCP", nil, nil, ""},
		{"by UDP", overUDP, func(_ *camera, p *rtsp.Pull) { p.Transport = rtsp.TransportUDP }, ""},
		{"by UDP with a large buffer", overUDP, func(_ *camera, p *rtsp.Pull) {
			p.Transport, p.UDPReadBuffer = rtsp.TransportUDP, 100000
		}, ""},
		{"by UDP as a matter of course", overUDP, func(_ *camera, p *rtsp.Pull) { p.Transport = rtsp.TransportAuto }, ""},
		{"by TCP where UDP is refused", nil, func(_ *camera, p *rtsp.Pull) { p.Transport = rtsp.TransportAuto }, "switching to TCP"},
		{"by multicast", overMulticast, func(_ *camera, p *rtsp.Pull) { p.Transport = rtsp.TransportMulticast }, ""},
		{"with a password", withPassword, func(c *camera, p *rtsp.Pull) { p.URL = c.url("rtsp", "admin:p%40ss%3Aword") }, ""},
		{"rtsps with the authority", secure, func(c *camera, p *rtsp.Pull) { p.URL, p.CA = c.url("rtsps", ""), authority }, ""},
		{"rtsps with the fingerprint", secure, func(c *camera, p *rtsp.Pull) { p.URL, p.Fingerprint = c.url("rtsps", ""), fingerprint }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "by multicast" && outside == "" {
				t.Skip("no interface for multicast")
			}
			cam := shoot(t, c.camera)
			cam.film(t, pictures(t, "narrow.h264"))
			in := run(t, cam.pull(func(p *rtsp.Pull) {
				if c.pull != nil {
					c.pull(cam, p)
				}
			}))
			eventually(t, "pictures", func() bool { return in.count(0) >= 10 && in.count(1) >= 10 })
			in.stop(t)
			if c.warned == "" {
				require.Empty(t, in.warned())
			} else {
				require.Contains(t, in.warned(), c.warned)
			}
			require.Equal(t, []string{"h264", "aac"}, in.codecs())
			for i, track := range in.tracks[0] {
				requireSane(t, track, in.samples[i])
			}
			for i, s := range in.samples[0] {
				require.Zero(t, (s.PTS-in.samples[0][0].PTS)%3600, "picture %d", i)
				for _, unit := range s.Units {
					require.NotContains(t, []byte{7, 8, 9}, unit[0]&0x1F, "no parameter sets or delimiters in samples")
				}
			}
			require.True(t, in.samples[0][0].Sync)
			for i, s := range in.samples[1] {
				require.Equal(t, int64(i)*1024, s.PTS-in.samples[1][0].PTS, "two frames in a packet follow one another")
				require.Len(t, s.Units, 1)
			}
		})
	}
}

func TestPullFails(t *testing.T) {
	cert, _, _ := certificate(t)
	secure := func(_ *camera, s *gortsplib.Server) { s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}} }
	withPassword := func(c *camera, _ *gortsplib.Server) { c.user, c.password = "admin", "right" }
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })

	for _, c := range []struct {
		name   string
		camera func(*camera, *gortsplib.Server)
		pull   func(*camera, *rtsp.Pull)
		want   string
	}{
		{"wrong scheme", nil, func(_ *camera, p *rtsp.Pull) { p.URL = "http://secret@camera/" }, "rtsp address"},
		{"no host", nil, func(_ *camera, p *rtsp.Pull) { p.URL = "rtsp:///cam" }, "no host"},
		{"a password that is not encoded", nil, func(_ *camera, p *rtsp.Pull) { p.URL = "rtsp://admin:sec/ret@camera/" }, "percent-encoded"},
		{"wrong transport", nil, func(_ *camera, p *rtsp.Pull) { p.Transport = "pigeon" }, `rtsp transport "pigeon": auto, tcp, udp or multicast expected`},
		{"no such stream", nil, func(c *camera, p *rtsp.Pull) { p.URL = strings.TrimSuffix(p.URL, "cam") + "attic" }, "the server has no such stream"},
		{"no password", withPassword, nil, "the server wants a user name and password"},
		{"wrong password", withPassword, func(c *camera, p *rtsp.Pull) { p.URL = c.url("rtsp", "admin:secret") }, "refuses these"},
		{"unknown authority", secure, func(c *camera, p *rtsp.Pull) { p.URL = c.url("rtsps", "") }, "certificate"},
		{"another certificate", secure, func(c *camera, p *rtsp.Pull) {
			p.URL, p.Fingerprint = c.url("rtsps", ""), strings.Repeat("ab", 32)
		}, "the server's certificate has the fingerprint"},
		{"no fingerprint", nil, func(_ *camera, p *rtsp.Pull) { p.Fingerprint = "abc" }, "64 hexadecimal digits"},
		{"no authority", nil, func(_ *camera, p *rtsp.Pull) { p.CA = []byte("abc") }, "PEM expected"},
		{"this machine", nil, func(_ *camera, p *rtsp.Pull) { p.Guard = nil }, "address 127.0.0.1 refused: it is a loopback address"},
		{"a server that says nothing", nil, func(_ *camera, p *rtsp.Pull) {
			p.URL, p.ReadTimeout = "rtsp://admin:secret@"+silent.Addr().String()+"/cam", 300*time.Millisecond
		}, "request timed out"},
		{"a server that says nothing about its certificate", nil, func(_ *camera, p *rtsp.Pull) {
			p.URL, p.ReadTimeout = "rtsps://admin:secret@"+silent.Addr().String()+"/cam", 100*time.Millisecond
		}, "the server does not answer in time"},
		{"a redirect to this machine's secrets", func(c *camera, _ *gortsplib.Server) { c.redirect = "rtsp://169.254.169.254/latest" }, nil, "metadata"},
		{"a redirect for ever", func(c *camera, _ *gortsplib.Server) { c.redirect = "self" }, func(c *camera, _ *rtsp.Pull) {
			c.redirect = c.url("rtsp", "")
		}, "redirect refused: the server sent us on 5 times"},
		{"a redirect that would take the password along", func(c *camera, _ *gortsplib.Server) {
			c.redirect = "rtsp://192.0.2.1/cam"
		}, func(c *camera, p *rtsp.Pull) { p.URL = c.url("rtsp", "admin:secret") }, "credentials are for"},
		{"a silent camera", nil, func(_ *camera, p *rtsp.Pull) { p.ReadTimeout = time.Second }, "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cam := shoot(t, c.camera)
			in := run(t, cam.pull(func(p *rtsp.Pull) {
				if c.pull != nil {
					c.pull(cam, p)
				}
			}))
			err := in.wait(t)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "secret")
			require.Empty(t, in.samples)
		})
	}
}

func TestPullNamesNoSecrets(t *testing.T) {
	for url, want := range map[string]string{
		"rtsp://admin:secret@camera:554/live/1":                     "rtsp://camera:554/live/1",
		"rtsps://secret@10.0.0.2/":                                  "rtsps://10.0.0.2/",
		"rtsp://camera/user=admin_password=x?password=secret&chn=1": "rtsp://camera/user=admin_password=x?...",
		"rtsp://admin:sec ret@camera/":                              "rtsp pull",
	} {
		require.Equal(t, want, (&rtsp.Pull{URL: url}).String())
	}
}

func TestPullLeavesUnusableTracksAlone(t *testing.T) {
	cam := shoot(t, func(c *camera, _ *gortsplib.Server) {
		c.audio.Formats = []format.Format{&format.G711{PayloadTyp: 0, MULaw: true, SampleRate: 8000, ChannelCount: 1}}
	})
	in := run(t, cam.pull(nil))
	eventually(t, "playing", cam.plays)
	for n, unit := range pictures(t, "narrow.h264") {
		cam.picture(t, n, unit)
	}
	eventually(t, "pictures", func() bool { return in.count(0) == 50 })
	in.stop(t)
	require.Equal(t, []string{"h264"}, in.codecs())
	require.Equal(t, "g711 audio cannot be carried in HLS: set the encoder to AAC", in.warned())
	require.Equal(t, 1, cam.setups, "the track is not asked for")
}

func TestPullWithoutTracks(t *testing.T) {
	cam := shoot(t, func(c *camera, _ *gortsplib.Server) { c.audio = nil })
	cam.stream.Close()
	cam.stream = &gortsplib.ServerStream{Server: cam.server, Desc: &description.Session{Medias: []*description.Media{{
		Type: description.MediaTypeAudio, Formats: []format.Format{&format.G711{PayloadTyp: 0, MULaw: true, SampleRate: 8000, ChannelCount: 1}},
	}}}}
	require.NoError(t, cam.stream.Initialize())
	in := run(t, cam.pull(nil))
	err := in.wait(t)
	require.ErrorIs(t, err, input.ErrNoTracks)
	require.ErrorContains(t, err, "g711 audio cannot be carried")
}

func TestPullWaitsForParametersInBand(t *testing.T) {
	units := pictures(t, "narrow.h264")
	cam := shoot(t, func(c *camera, _ *gortsplib.Server) { c.noSDP = true })
	in := run(t, cam.pull(nil))
	eventually(t, "playing", cam.plays)
	cam.sound(t, 0)
	cam.picture(t, 0, units[1]) // A picture that cannot be started from.
	cam.picture(t, 1, units[0])
	cam.picture(t, 2, units[1])
	cam.sound(t, 1)
	eventually(t, "samples", func() bool { return in.count(0) == 2 && in.count(1) == 4 })
	in.stop(t)
	sps, pps := parameters(units[0])
	require.Equal(t, &media.H264{SPS: sps, PPS: pps}, in.tracks[0][0].Codec)
	require.Len(t, in.tracks, 1, "the tracks are described once, when all of them are known")
}

func TestPullGivesUp(t *testing.T) {
	units := pictures(t, "narrow.h264")
	sps, pps := parameters(units[0])
	var bare [][]byte
	for _, unit := range units[0] {
		if unit[0]&0x1F == 5 {
			bare = append(bare, unit)
		}
	}
	for _, c := range []struct {
		name string
		sdp  bool
		send [][]byte
		want error
		text string
	}{
		{"parameter sets that never come", false, bare, input.ErrNoParameters, "h264 parameter sets before every key frame"},
		{"half of them", false, append([][]byte{sps}, bare...), input.ErrNoParameters, "h264 parameter sets"},
		{"broken ones", false, append([][]byte{sps[:4], pps}, bare...), input.ErrNoParameters, "h264 parameter sets"},
		{"no key frame", true, units[3], input.ErrNoKeyframe, "key frame interval to 2 seconds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cam := shoot(t, func(cam *camera, _ *gortsplib.Server) { cam.noSDP = !c.sdp })
			in := run(t, cam.pull(func(p *rtsp.Pull) {
				p.ParametersWait, p.KeyframeWait = 2*time.Second, 2*time.Second
			}))
			eventually(t, "playing", cam.plays)
			for n := 0; ; n++ {
				select {
				case err := <-in.ended:
					require.ErrorIs(t, err, c.want)
					require.ErrorContains(t, err, c.text)
					require.Zero(t, in.count(0))
					return
				case <-time.After(40 * time.Millisecond):
					require.Less(t, n, 400)
					cam.picture(t, n, c.send)
				}
			}
		})
	}
}

func TestPullDescribesAgain(t *testing.T) {
	narrow, wide := pictures(t, "narrow.h264"), pictures(t, "wide.h264")
	cam := shoot(t, nil)
	in := run(t, cam.pull(nil))
	eventually(t, "playing", cam.plays)
	n := 0
	for _, unit := range append(append(append([][][]byte{}, narrow[:25]...), wide...), narrow[:25]...) {
		cam.picture(t, n, unit)
		n++
	}
	eventually(t, "pictures", func() bool { return in.count(0) == 75 })
	in.stop(t)
	require.Len(t, in.tracks, 3)
	require.Equal(t, []int{0, 25, 50}, in.described, "right before the key frame that they hold for")
	for i, width := range []int{160, 320, 160} {
		require.Equal(t, width, media.PictureOf(in.tracks[i][0].Codec).Width)
	}
	for i, s := range in.samples[0] {
		require.Equal(t, i%25 == 0, s.Sync)
	}
	requireSane(t, in.tracks[0][0], in.samples[0])
	require.Empty(t, in.warned())
}

func TestPullEndsWithTheReceiver(t *testing.T) {
	cam := shoot(t, nil)
	cam.film(t, pictures(t, "narrow.h264"))
	full := errors.New("the feed is full")
	in := runInto(t, cam.pull(nil), &recorder{refuse: full})
	require.ErrorIs(t, in.wait(t), full)
	require.Len(t, in.tracks, 1)
}

func TestPullConnectsAgain(t *testing.T) {
	cam := shoot(t, nil)
	cam.film(t, pictures(t, "narrow.h264"))
	p := cam.pull(nil)
	for range 3 {
		in := run(t, p)
		eventually(t, "pictures", func() bool { return in.count(0) >= 3 })
		in.stop(t)
		require.True(t, in.samples[0][0].Sync)
	}
	in := run(t, p)
	eventually(t, "pictures", func() bool { return in.count(0) >= 3 })
	cam.server.Close()
	require.Error(t, in.wait(t))
}

func TestPullPinsTheNamesAddress(t *testing.T) {
	cam := shoot(t, nil)
	cam.film(t, pictures(t, "narrow.h264"))
	_, port, err := net.SplitHostPort(cam.server.RTSPAddress)
	require.NoError(t, err)
	in := run(t, cam.pull(func(p *rtsp.Pull) {
		p.URL = "rtsp://camera.example:" + port + "/cam"
		p.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
	}))
	eventually(t, "pictures", func() bool { return in.count(0) >= 3 })
	in.stop(t)

	in = run(t, cam.pull(func(p *rtsp.Pull) {
		p.URL, p.Guard = "rtsp://camera.example:"+port+"/cam", guard.Default()
		p.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
	}))
	require.ErrorIs(t, in.wait(t), guard.ErrRefused)
}

func TestPullCountsWhatIsLost(t *testing.T) {
	units := pictures(t, "narrow.h264")
	cam := shoot(t, nil)
	in := run(t, cam.pull(nil))
	eventually(t, "playing", cam.plays)
	for n, unit := range units {
		if n >= 5 && n < 8 {
			_, err := cam.encoder.Encode(unit) // Takes sequence numbers that are never sent.
			require.NoError(t, err)
			continue
		}
		cam.picture(t, n, unit)
	}
	eventually(t, "warning", func() bool { return in.warned() != "" })
	in.stop(t)
	require.Contains(t, in.warned(), "RTP packets lost in the last second")
	require.Len(t, in.warnings, 1, "not one for each packet")
	require.Equal(t, 47, in.count(0))
	requireSane(t, in.tracks[0][0], in.samples[0])
}
