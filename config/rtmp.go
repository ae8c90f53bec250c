package config

// RTMP is the server that encoders push to by RTMP: OBS, vMix, phones.
type RTMP struct {
	// Listen is empty where nobody may push by RTMP.
	Listen HostPort  `yaml:"listen"`
	TLS    ListenTLS `yaml:"tls"`
	// MaxConnections bounds the connections, those that do not push yet included.
	MaxConnections int `yaml:"max_connections"`
}

func (r *RTMP) validate(v *validator) {
	r.TLS.validate(v, "rtmp.tls")
	v.connections("rtmp.max_connections", r.MaxConnections)
}
