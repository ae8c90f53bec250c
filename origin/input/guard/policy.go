package guard

import (
	"errors"
	"fmt"
	"net/netip"
)

// ErrRefused is in the chain of every error that says an address may not be connected to.
var ErrRefused = errors.New("address refused")

// RefusedError tells which address was refused, and why.
type RefusedError struct {
	Host   string     // as it was asked for; empty where only an address is known
	Addr   netip.Addr // what it resolved to
	Reason string     // such as "is a loopback address"
}

// Error implements error.
func (e *RefusedError) Error() string {
	if e.Host == "" || e.Host == e.Addr.String() {
		return fmt.Sprintf("address %s refused: it %s", e.Addr, e.Reason)
	}
	return fmt.Sprintf("address %s (%s) refused: it %s", e.Host, e.Addr, e.Reason)
}

// Unwrap makes errors.Is(err, ErrRefused) true.
func (*RefusedError) Unwrap() error { return ErrRefused }

// Policy says which addresses may be connected to. The zero value allows public addresses only.
// A Policy must not be changed while it is in use.
type Policy struct {
	// AllowLoopback allows 127.0.0.0/8 and ::1: for tests, and for an encoder on the same machine.
	AllowLoopback bool

	// AllowPrivate allows private networks (RFC 1918, RFC 4193) and shared address space (RFC 6598).
	// Cameras and encoders usually live there, so Default sets it.
	AllowPrivate bool

	// Allow lists more networks that may be connected to, whatever they are. An address where clouds
	// serve machine credentials is allowed only by a prefix that holds it alone.
	Allow []netip.Prefix
}

// Default is the policy of an input nobody configured: public and private networks, nothing of this machine.
func Default() *Policy {
	return &Policy{AllowPrivate: true}
}

// isMetadata says whether clouds serve machine credentials at that address: AWS, Azure, GCP, Huawei and
// others at 169.254.169.254, ECS and Tencent beside it, Alibaba, AWS by IPv6, and Azure's wire server.
func isMetadata(a netip.Addr) bool {
	switch a {
	case netip.AddrFrom4([4]byte{169, 254, 169, 254}),
		netip.AddrFrom4([4]byte{169, 254, 170, 2}),
		netip.AddrFrom4([4]byte{169, 254, 0, 23}),
		netip.AddrFrom4([4]byte{100, 100, 100, 200}),
		netip.AddrFrom4([4]byte{168, 63, 129, 16}),
		netip.AddrFrom16([16]byte{0xfd, 0x00, 0x0e, 0xc2, 14: 0x02, 15: 0x54}):
		return true
	}
	return false
}

// Check says why addr may not be connected to, or nil. The error is a *RefusedError.
func (p *Policy) Check(addr netip.Addr) error {
	if !addr.IsValid() {
		return &RefusedError{Addr: addr, Reason: "is not a valid address"}
	}
	addr = addr.Unmap().WithZone("")
	if reason := p.reason(addr); reason != "" {
		return &RefusedError{Addr: addr, Reason: reason}
	}
	return nil
}

func (p *Policy) reason(addr netip.Addr) string {
	allowed, alone := p.listed(addr)
	if isMetadata(addr) && !alone {
		return "is a cloud's metadata service"
	}
	if allowed {
		return ""
	}
	if inner, ok := embedded(addr); ok {
		// A translator (RFC 6052, RFC 3056) would carry the connection to the IPv4 address inside.
		return p.reason(inner)
	}
	switch {
	case addr.IsUnspecified() || addr.Is4() && addr.As4()[0] == 0:
		return "is the unspecified address"
	case addr.IsLoopback():
		if p.AllowLoopback {
			return ""
		}
		return "is a loopback address"
	case addr.IsLinkLocalUnicast():
		return "is a link-local address"
	case addr.IsMulticast():
		return "is a multicast address"
	case addr.Is4() && addr.As4()[0] >= 240:
		return "is a reserved address"
	case addr.IsPrivate() || isShared(addr):
		if p.AllowPrivate {
			return ""
		}
		return "is in a private network"
	}
	return ""
}

// listed says whether a prefix of the allow list holds addr, and whether one holds it alone.
func (p *Policy) listed(addr netip.Addr) (allowed, alone bool) {
	for _, prefix := range p.Allow {
		if prefix.Contains(addr) {
			allowed = true
			alone = alone || prefix.IsSingleIP()
		}
	}
	return allowed, alone
}

// isShared is RFC 6598's 100.64.0.0/10.
func isShared(addr netip.Addr) bool {
	if !addr.Is4() {
		return false
	}
	b := addr.As4()
	return b[0] == 100 && b[1]&0xc0 == 64
}

// embedded takes the IPv4 address out of the forms of IPv6 that carry one.
func embedded(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	b := addr.As16()
	v4 := func(at int) netip.Addr { return netip.AddrFrom4([4]byte(b[at : at+4])) }
	switch {
	case [12]byte(b[:12]) == [12]byte{0x00, 0x64, 0xff, 0x9b}: // 64:ff9b::/96, NAT64
		return v4(12), true
	case b[0] == 0x20 && b[1] == 0x02: // 2002::/16, 6to4
		return v4(2), true
	case [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0): // ::/96, IPv4-compatible
		return v4(12), true
	}
	return netip.Addr{}, false
}
