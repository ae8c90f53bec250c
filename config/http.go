package config

import "strings"

// HTTP is where viewers, boxes and editors connect.
type HTTP struct {
	Listen HostPort `yaml:"listen"`
	// BaseURL is the address that viewers use, written into playlists that are fetched by other machines.
	// Empty is the address each request was made to.
	BaseURL URL `yaml:"base_url" reload:"live"`
	// TrustedProxies may tell the client's address in X-Forwarded-For.
	TrustedProxies []Prefix     `yaml:"trusted_proxies"`
	TLS            TLS          `yaml:"tls"`
	Timeouts       HTTPTimeouts `yaml:"timeouts"`
	// MaxBody bounds the body of a request, in bytes.
	MaxBody Size `yaml:"max_body"`
	// MaxHeader bounds the head of a request, in bytes.
	MaxHeader Size `yaml:"max_header"`
}

// HTTPTimeouts bound what one connection may wait for.
type HTTPTimeouts struct {
	Header   Duration `yaml:"header"`   // to read a request's head
	Read     Duration `yaml:"read"`     // to read a request whole
	Write    Duration `yaml:"write"`    // to write an answer
	Idle     Duration `yaml:"idle"`     // between two requests of one connection
	Shutdown Duration `yaml:"shutdown"` // to finish open requests when the server stops
}

func (h *HTTP) validate(v *validator) {
	v.required("http.listen", string(h.Listen), "an address to listen at such as :8080")
	if s := h.BaseURL.Scheme(); s != "" && s != "http" && s != "https" {
		v.mismatch("http.base_url", "an http:// or https:// address", h.BaseURL.String())
	}
	if u := h.BaseURL.Std(); u != nil && (u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "") {
		v.mismatch("http.base_url", "an address without path, query or fragment", h.BaseURL.String())
	}
	v.atMost("http.trusted_proxies", len(h.TrustedProxies), mostPrefixes)
	v.pair("http.tls", h.TLS)
	v.between("http.timeouts.header", h.Timeouts.Header, 1*second, 5*minute)
	v.between("http.timeouts.read", h.Timeouts.Read, 1*second, 60*minute)
	v.between("http.timeouts.write", h.Timeouts.Write, 1*second, 60*minute)
	v.between("http.timeouts.idle", h.Timeouts.Idle, 1*second, 60*minute)
	v.between("http.timeouts.shutdown", h.Timeouts.Shutdown, 1*second, 5*minute)
	v.sized("http.max_body", h.MaxBody, 4*KiB, 1*GiB)
	v.sized("http.max_header", h.MaxHeader, 4*KiB, 1*MiB)
}
