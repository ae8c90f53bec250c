package config

import (
	"net/netip"
	"net/url"
)

// WHIP lets browsers push, by WebRTC (RFC 9725): POST /whip/FEED beside the pages.
type WHIP struct {
	Enabled bool `yaml:"enabled"`
	// UDP is the one port that all media arrives at.
	UDP HostPort `yaml:"udp"`
	// TCP is one for networks that let no UDP out. Empty is none.
	TCP HostPort `yaml:"tcp"`
	// Addresses are what browsers are told to send to beside the machine's own, where these are not what they see: behind a NAT.
	Addresses []string `yaml:"addresses"`
	// Audio says what becomes of the browsers' Opus.
	Audio WHIPAudio `yaml:"audio"`
	// KeyframeEvery is how often a key frame is asked for.
	KeyframeEvery Duration `yaml:"keyframe_every"`
	// Origins are other sites whose pages may push.
	Origins []string `yaml:"origins"`
}

// WHIPAudio says what becomes of the Opus that browsers send.
type WHIPAudio string

// What may become of it.
const (
	WHIPAudioAuto WHIPAudio = "auto" // AAC where there is an ffmpeg, else Opus
	WHIPAudioAAC  WHIPAudio = "aac"
	WHIPAudioOpus WHIPAudio = "opus"
)

func (*WHIPAudio) expected() string {
	return anyOf(string(WHIPAudioAuto), string(WHIPAudioAAC), string(WHIPAudioOpus))
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *WHIPAudio) UnmarshalText(text []byte) error {
	return choose(a, a, text, WHIPAudioAuto, WHIPAudioAAC, WHIPAudioOpus)
}

func (w *WHIP) validate(v *validator) {
	if w.Enabled && (w.UDP.IsOff() || w.UDP.Port() == 0) {
		v.mismatch("whip.udp", "a port such as :8189, because whip.enabled is set", string(w.UDP))
	}
	v.between("whip.keyframe_every", w.KeyframeEvery, 500*millisecond, 10*second)
	const most = 8
	v.atMost("whip.addresses", len(w.Addresses), most)
	for i, a := range w.Addresses {
		if ip, err := netip.ParseAddr(a); err != nil || ip.IsUnspecified() || ip.IsMulticast() {
			v.mismatch(index("whip.addresses", i), "an IP address such as 203.0.113.7", a)
		}
	}
	v.atMost("whip.origins", len(w.Origins), most)
	for i, o := range w.Origins {
		if u, err := url.Parse(o); err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o || u.Scheme != "https" && u.Scheme != "http" {
			v.mismatch(index("whip.origins", i), "an origin such as https://studio.example.org", o)
		}
	}
}
