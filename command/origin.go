package command

import (
	"net"
	"strings"

	"podium.tv/podium/config"
	"podium.tv/podium/station"
)

// origin is the address that people type: the configured one, or where the station listens.
func origin(c *config.Config, s *station.Station) string {
	if !c.HTTP.BaseURL.IsZero() {
		return strings.TrimSuffix(c.HTTP.BaseURL.String(), "/")
	}
	scheme := "http://"
	if !c.HTTP.TLS.IsZero() {
		scheme = "https://"
	}
	address := s.Address().String()
	if host, port, err := net.SplitHostPort(address); err == nil {
		if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
			address = net.JoinHostPort("localhost", port)
		}
	}
	return scheme + address
}
