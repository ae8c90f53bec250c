package ops

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

// Proxies tells the true address of a client behind the proxies that are trusted to tell it. The zero value
// trusts none and takes the address of the connection.
type Proxies struct {
	// Trusted are the proxies' own addresses.
	Trusted []netip.Prefix
}

// The forwarding headers are read up to these bounds.
const (
	maxForwarded     = 4096
	maxForwardedHops = 32
)

// Address returns the client's address: that of the connection or, where that is a trusted proxy, the last
// one in X-Forwarded-For that is not. What stands to the left of it is the client's own claim. The zero Addr
// means that there is none, as on a Unix socket.
func (p Proxies) Address(r *http.Request) netip.Addr {
	address := peer(r)
	if len(p.Trusted) == 0 || !p.Trusts(address) {
		return address
	}
	return p.Behind(address, strings.Join(r.Header.Values(echo.HeaderXForwardedFor), ","))
}

// Behind is the client for whom a trusted proxy speaks with that X-Forwarded-For.
func (p Proxies) Behind(address netip.Addr, header string) netip.Addr {
	if len(header) > maxForwarded {
		header = header[len(header)-maxForwarded:]
	}
	for range maxForwardedHops {
		if header == "" || !p.Trusts(address) {
			break
		}
		var last string
		if comma := strings.LastIndexByte(header, ','); comma >= 0 {
			header, last = header[:comma], header[comma+1:]
		} else {
			header, last = "", header
		}
		told, ok := parseForwarded(last)
		if !ok {
			break
		}
		address = told
	}
	return address
}

// EdgeHeader is how a cache says that it asks for each of its viewers whether the token is good.
const EdgeHeader = "X-Podium-Edge"

// Vouches says that the request comes from a trusted proxy that checks tokens itself, so that it may keep what is
// protected and give it to others.
func (p Proxies) Vouches(r *http.Request) bool {
	return len(r.Header.Values(EdgeHeader)) > 0 && p.Trusts(peer(r))
}

// Secure says whether the client speaks https, to us or to a trusted proxy.
func (p Proxies) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	told := r.Header.Values(echo.HeaderXForwardedProto)
	if len(told) == 0 || !p.Trusts(peer(r)) {
		return false
	}
	last := told[len(told)-1]
	if comma := strings.LastIndexByte(last, ','); comma >= 0 {
		last = last[comma+1:]
	}
	return strings.EqualFold(strings.TrimSpace(last), "https")
}

// Extractor is Address for echo, whose own default believes every X-Forwarded-For.
func (p Proxies) Extractor() echo.IPExtractor {
	return func(r *http.Request) string {
		address := p.Address(r)
		if !address.IsValid() {
			return ""
		}
		return address.String()
	}
}

// within says whether the client's address is in one of the prefixes and is certain. Where a proxy that is
// not trusted forwards for somebody, the connection comes from the proxy's address, which may be our own
// loopback, and says nothing about the client.
func (p Proxies) within(r *http.Request, allowed []netip.Prefix) bool {
	if forwarded(r) && !p.Trusts(peer(r)) {
		return false
	}
	return contains(allowed, p.Address(r))
}

func forwarded(r *http.Request) bool {
	for _, name := range []string{echo.HeaderXForwardedFor, "Forwarded", echo.HeaderXRealIP, "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

// Trusts says whether the address is that of a trusted proxy.
func (p Proxies) Trusts(address netip.Addr) bool { return contains(p.Trusted, address) }

func contains(prefixes []netip.Prefix, address netip.Addr) bool {
	if !address.IsValid() {
		return false
	}
	for _, prefix := range prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// Loopback is this machine alone.
func Loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) netip.Addr {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return address.Addr().Unmap().WithZone("")
}

// parseForwarded reads one address of X-Forwarded-For, which some proxies write with a port or in brackets.
func parseForwarded(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil {
		return address.Unmap().WithZone(""), true
	}
	if address, err := netip.ParseAddrPort(text); err == nil {
		return address.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}
