package config

// RTSP is the server that encoders push to.
type RTSP struct {
	// Listen is empty where nobody may push.
	Listen HostPort `yaml:"listen"`
	// UDP is the even port that takes RTP over UDP; the one after it takes RTCP. Empty is TCP only.
	UDP HostPort `yaml:"udp"`
	TLS RTSPTLS  `yaml:"tls"`
	// ReadTimeout ends a publisher that sends nothing.
	ReadTimeout Duration `yaml:"read_timeout"`
}

// RTSPTLS is RTSP inside TLS, rtsps://.
type RTSPTLS struct {
	Listen HostPort `yaml:"listen"` // empty is off
	Cert   string   `yaml:"cert"`
	Key    string   `yaml:"key"`
}

func (r *RTSP) validate(v *validator) {
	v.pair("rtsp.tls", TLS{r.TLS.Cert, r.TLS.Key})
	if !r.TLS.Listen.IsOff() && r.TLS.Cert == "" && r.TLS.Key == "" {
		v.missing("rtsp.tls.cert", "a PEM file, because rtsp.tls.listen is set")
	}
	if !r.UDP.IsOff() {
		if r.UDP.Port()%2 != 0 || r.UDP.Port() == 0 {
			v.mismatch("rtsp.udp", "an even port such as :8000 (RFC 3550 §11)", string(r.UDP))
		}
		if r.Listen.IsOff() {
			v.add("rtsp.udp", "is of use only where rtsp.listen is set")
		}
	}
	v.between("rtsp.read_timeout", r.ReadTimeout, 1*second, 5*minute)
}
