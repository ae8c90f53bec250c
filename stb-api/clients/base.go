package clients

import (
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
)

// hostForm is a host name or address with an optional port. The name is written into playlists, where a
// quote or a line break would be read as something else. Underscores are in the names of containers.
var hostForm = regexp.MustCompile(`^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$`)

// base is the address under which the client of a request reaches the server, without a slash at the end.
func (s *Site) base(r *http.Request) string {
	if s.BaseURL != "" {
		return strings.TrimRight(s.BaseURL, "/")
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if s.trusts(r.RemoteAddr) {
		if proto := nearest(r, "X-Forwarded-Proto"); proto == "http" || proto == "https" {
			scheme = proto
		}
		if forwarded := nearest(r, "X-Forwarded-Host"); hostForm.MatchString(forwarded) {
			host = forwarded
		}
	}
	if !hostForm.MatchString(host) {
		host = ownAddress(r)
	}
	return scheme + "://" + host
}

// nearest is the first of a header's values: what the proxy nearest to the client saw.
func nearest(r *http.Request, header string) string {
	value, _, _ := strings.Cut(r.Header.Get(header), ",")
	return strings.TrimSpace(value)
}

func (s *Site) trusts(remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	address := peer.Addr().Unmap().WithZone("")
	for _, prefix := range s.TrustedProxies {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// ownAddress is where the connection came in, for requests whose Host cannot be used.
func ownAddress(r *http.Request) string {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && hostForm.MatchString(local.String()) {
		return local.String()
	}
	return "localhost"
}
