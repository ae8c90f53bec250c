package config

import "net/netip"

// Prefix is a range of IP addresses, written as 10.0.0.0/8, 2001:db8::/32, or one address alone.
type Prefix struct{ netip.Prefix }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Prefix) UnmarshalText(text []byte) error {
	s := string(text)
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		p.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	v, err := netip.ParsePrefix(s)
	if err != nil || v != v.Masked() {
		return mismatch(p, text)
	}
	p.Prefix = v
	return nil
}

func (*Prefix) expected() string { return "a range of IP addresses such as 10.0.0.0/8" }

// Prefixes are the ranges as the standard library's type.
func Prefixes(list []Prefix) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = p.Prefix
	}
	return out
}
