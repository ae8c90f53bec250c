package config

import "net/netip"

// WHIP lets browsers push, by WebRTC (RFC 9725): POST /whip/FEED beside the pages.
type WHIP struct {
	Enabled bool `yaml:"enabled"`
	// UDP is the one port that all media arrives at.
	UDP HostPort `yaml:"udp"`
	// Addresses are what browsers are told to send to, where the machine's own are not what they see: behind a NAT.
	Addresses []string `yaml:"addresses"`
}

func (w *WHIP) validate(v *validator) {
	if w.Enabled && (w.UDP.IsOff() || w.UDP.Port() == 0) {
		v.mismatch("whip.udp", "a port such as :8189, because whip.enabled is set", string(w.UDP))
	}
	const most = 8
	v.atMost("whip.addresses", len(w.Addresses), most)
	for i, a := range w.Addresses {
		if ip, err := netip.ParseAddr(a); err != nil || ip.IsUnspecified() || ip.IsMulticast() {
			v.mismatch(index("whip.addresses", i), "an IP address such as 203.0.113.7", a)
		}
	}
}
