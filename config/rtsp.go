package config

// RTSP is the server that encoders push to by RTSP.
type RTSP struct {
	// Listen is empty where nobody may push by RTSP.
	Listen HostPort `yaml:"listen"`
	// UDP is the even port that takes RTP over UDP; the one after it takes RTCP. Empty is TCP only.
	UDP HostPort  `yaml:"udp"`
	TLS ListenTLS `yaml:"tls"`
	// MaxConnections bounds the connections, those that do not push yet included.
	MaxConnections int `yaml:"max_connections"`
	// UDPBuffer is the size of the sockets' buffers, in bytes. 0 is the system's.
	UDPBuffer Size `yaml:"udp_buffer"`
}

// ListenTLS is a server inside TLS at an address of its own, such as rtsps://.
type ListenTLS struct {
	Listen HostPort `yaml:"listen"` // empty is off
	Cert   string   `yaml:"cert"`
	Key    string   `yaml:"key"`
}

func (t *ListenTLS) validate(v *validator, at string) {
	v.pair(at, TLS{t.Cert, t.Key})
	if !t.Listen.IsOff() && t.Cert == "" && t.Key == "" {
		v.missing(at+".cert", "a PEM file, because "+at+".listen is set")
	}
}

func (r *RTSP) validate(v *validator) {
	r.TLS.validate(v, "rtsp.tls")
	if !r.UDP.IsOff() {
		if r.UDP.Port()%2 != 0 || r.UDP.Port() == 0 {
			v.mismatch("rtsp.udp", "an even port such as :8000 (RFC 3550 §11)", string(r.UDP))
		}
		if r.Listen.IsOff() {
			v.add("rtsp.udp", "is of use only where rtsp.listen is set")
		}
	}
	v.connections("rtsp.max_connections", r.MaxConnections)
	v.sized("rtsp.udp_buffer", r.UDPBuffer, 0, 1*GiB)
}
