package whip_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/whip"
)

// chromium is the shape of what Chromium offers, and obs of what OBS does.
const (
	chromium = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n" +
		"m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 109 114\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n" +
		"a=ice-pwd:0123456789abcdef01234567\r\na=ice-options:trickle\r\na=fingerprint:sha-256 " + fingerprint + "\r\na=setup:actpass\r\na=mid:0\r\n" +
		"a=candidate:1 1 udp 2113937151 10.0.0.9 50000 typ host\r\na=sendonly\r\na=msid:- v\r\na=rtcp-mux\r\na=rtcp-rsize\r\n" +
		"a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:103 H264/90000\r\na=rtcp-fb:103 nack\r\na=rtcp-fb:103 nack pli\r\n" +
		"a=rtcp-fb:103 transport-cc\r\na=rtcp-fb:96 transport-cc\r\n" +
		"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n" +
		"a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\na=rtpmap:104 rtx/90000\r\na=fmtp:104 apt=103\r\n" +
		"a=rtpmap:109 H264/90000\r\na=fmtp:109 packetization-mode=0;profile-level-id=42e01f\r\na=rtpmap:114 red/90000\r\na=ssrc:5 cname:x\r\n" +
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef01234567\r\n" +
		"a=fingerprint:sha-256 " + fingerprint + "\r\na=setup:actpass\r\na=mid:1\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n" +
		"a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=ssrc:6 cname:x\r\n"
	fingerprint = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
)

func ingest(t testing.TB) *whip.Server {
	t.Helper()
	s := &whip.Server{Desk: &publish.Desk{Keys: publish.StaticKeys{"hall1": key}, TakeOver: true}, UDP: "127.0.0.1:0"}
	require.NoError(t, s.Listen())
	t.Cleanup(s.Close)
	return s
}

func offered(s *whip.Server, offer string) (*whip.Answer, error) {
	return s.Publish(context.Background(), whip.Request{
		Feed: "hall1", Key: key, Address: netip.MustParseAddrPort("127.0.0.1:9"), Offer: offer,
	})
}

func TestWhatBrowsersOffer(t *testing.T) {
	const h265 = "H265/90000\r\na=fmtp:96 level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST"
	for name, c := range map[string]struct {
		change []string
		err    error
		has    string
	}{
		"Chromium":                  {nil, nil, "a=rtpmap:103 H264/90000"},
		"H.265 besides":             {[]string{"VP8/90000", h265}, nil, "a=rtpmap:103 H264/90000"},
		"H.265 alone":               {[]string{"VP8/90000", h265, "103 H264", "103 VP9"}, nil, "a=rtpmap:96 H265/90000"},
		"no H.264":                  {[]string{"103 H264", "103 VP9"}, whip.ErrNoVideoCodec, ""},
		"in single packets only":    {[]string{"packetization-mode=1", "packetization-mode=0"}, whip.ErrNoVideoCodec, ""},
		"no Opus":                   {[]string{"opus/48000/2", "PCMU/8000"}, whip.ErrNoAudioCodec, ""},
		"a data channel":            {[]string{"m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"}, whip.ErrOffer, ""},
		"two videos":                {[]string{"m=audio", "m=video", "opus/48000/2", "H264/90000\r\na=fmtp:111 packetization-mode=1"}, whip.ErrOffer, ""},
		"who wants to watch":        {[]string{"a=sendonly", "a=recvonly"}, whip.ErrOffer, ""},
		"no fingerprint":            {[]string{"a=fingerprint:sha-256 " + fingerprint + "\r\n", ""}, whip.ErrOffer, ""},
		"no password":               {[]string{"a=ice-pwd:0123456789abcdef01234567\r\n", ""}, whip.ErrOffer, ""},
		"nothing":                   {[]string{chromium, ""}, whip.ErrOffer, ""},
		"sections without end":      {[]string{"m=audio", strings.Repeat("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", 9) + "m=audio"}, whip.ErrOffer, ""},
		"formats without end":       {[]string{"SAVPF 96", "SAVPF" + strings.Repeat(" 96", 200) + " 96"}, whip.ErrOffer, ""},
		"more than an offer may be": {[]string{"a=msid:- v\r\n", strings.Repeat("a=x:y\r\n", 10000)}, whip.ErrOffer, ""},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := offered(ingest(t), strings.NewReplacer(c.change...).Replace(chromium))
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Contains(t, answer.Answer, c.has)
			for _, other := range []string{"VP8", "VP9", "red/", "m=application"} {
				require.NotContains(t, answer.Answer, other)
			}
			require.Contains(t, answer.Answer, "transport-cc")
			require.Contains(t, answer.Answer, "a=recvonly")
		})
	}
}

func FuzzOffer(f *testing.F) {
	f.Add(chromium)
	f.Add("v=0\r\n")
	f.Add(strings.ReplaceAll(chromium, "H264", "H265"))
	f.Add(strings.ReplaceAll(chromium, "\r\n", "\n"))
	f.Add(strings.ReplaceAll(chromium, "apt=103", "apt=300"))
	s := ingest(f)
	f.Fuzz(func(t *testing.T, text string) {
		answer, err := offered(s, text)
		if err != nil {
			return
		}
		require.NotEmpty(t, answer.Answer)
		require.NoError(t, s.Delete("hall1", answer.Session))
	})
}

func FuzzFragment(f *testing.F) {
	for _, one := range []string{
		"a=ice-ufrag:abcd\r\na=ice-pwd:x\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\na=end-of-candidates\r\n",
		"a=end-of-candidates", "", "x", "a=ice-ufrag:", "\r\n\r\n",
	} {
		f.Add(one)
	}
	s := ingest(f)
	answer, err := offered(s, chromium)
	require.NoError(f, err)
	f.Fuzz(func(_ *testing.T, text string) { _ = s.Patch("hall1", answer.Session, text) })
}
