package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
)

// errAddress says what an address looks like.
var errAddress = errors.New("expected udp://GROUP:PORT such as udp://239.1.1.1:5000, " +
	"or udp://:PORT for what is sent to this machine; rtp:// likewise")

// address is what is listened to.
type address struct {
	scheme string
	at     netip.AddrPort // invalid address for all of this machine
}

// parse reads an address. The @ that VLC and FFmpeg write before a group says nothing.
func parse(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "udp" && u.Scheme != "rtp" || u.Opaque != "" || u.User != nil && u.User.String() != "" {
		return address{}, fmt.Errorf("%w, got %q", errAddress, text)
	}
	if u.RawQuery != "" {
		return address{}, fmt.Errorf("%w, got %q: interface, source and program are keys beside the address", errAddress, text)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return address{}, fmt.Errorf("%w, got no port in %q", errAddress, text)
	}
	a := address{scheme: u.Scheme}
	var ip netip.Addr
	if host := u.Hostname(); host != "" {
		if ip, err = netip.ParseAddr(host); err != nil {
			return address{}, fmt.Errorf("%w, got %q, which is no IP address", errAddress, host)
		}
		ip = ip.Unmap()
	}
	if ip.IsValid() && ip.IsUnspecified() {
		ip = netip.Addr{}
	}
	a.at = netip.AddrPortFrom(ip, uint16(port))
	return a, nil
}

// group says that a multicast group is listened to.
func (a address) group() bool { return a.at.Addr().IsValid() && a.at.Addr().IsMulticast() }

// v6 says that it is an address of IPv6. All addresses of a machine are those of both.
func (a address) v6() bool { return a.at.Addr().IsValid() && a.at.Addr().Is6() }
