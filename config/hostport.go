package config

import (
	"net"
	"strconv"
	"strings"
)

// HostPort is an address to listen at, written as :8080, 127.0.0.1:8080 or [::1]:8080; empty is off, and
// port 0 is any free one.
type HostPort string

// Port is the port's number, 0 where there is none.
func (h HostPort) Port() int {
	_, port, err := net.SplitHostPort(string(h))
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}

// Host is the part before the port, empty for every address of the machine.
func (h HostPort) Host() string {
	host, _, err := net.SplitHostPort(string(h))
	if err != nil {
		return ""
	}
	return host
}

// IsOff says that nothing listens.
func (h HostPort) IsOff() bool { return h == "" }

// overlaps says whether both cannot listen on one machine at the same time.
func (h HostPort) overlaps(o HostPort) bool {
	if h.IsOff() || o.IsOff() || h.Port() == 0 || h.Port() != o.Port() {
		return false
	}
	return h.Host() == o.Host() || everyHost(h.Host()) || everyHost(o.Host())
}

func everyHost(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }

func (*HostPort) expected() string {
	return "an address to listen at such as :8080 or 127.0.0.1:8080"
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *HostPort) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "" {
		*h = ""
		return nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host, "/@ \t\r\n") {
		return mismatch(h, text)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return mismatch(h, text)
	}
	*h = HostPort(s)
	return nil
}
