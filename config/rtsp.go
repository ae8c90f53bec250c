package config

// RTSP is the server that encoders push to.
type RTSP struct {
	// Listen is empty where nobody may push.
	Listen HostPort `yaml:"listen"`
	// UDP is the even port that takes RTP over UDP; the one after it takes RTCP. Empty is TCP only.
	UDP HostPort `yaml:"udp"`
	TLS RTSPTLS  `yaml:"tls"`
	// OnConflict says what happens when a second encoder pushes to a feed that is on the air.
	OnConflict Conflict `yaml:"on_conflict"`
	// MaxPublishers bounds how many push at the same time.
	MaxPublishers int `yaml:"max_publishers"`
	// MaxConnections bounds the connections, those that do not push yet included.
	MaxConnections int `yaml:"max_connections"`
	// SetupTimeout bounds the time between connecting and pushing.
	SetupTimeout Duration `yaml:"setup_timeout"`
	// ReadTimeout ends a publisher that sends nothing.
	ReadTimeout Duration `yaml:"read_timeout"`
	// ParametersWait bounds how long a decoder's parameters are waited for.
	ParametersWait Duration `yaml:"parameters_wait"`
	// KeyframeWait bounds how long pictures may come without one to start from.
	KeyframeWait Duration `yaml:"keyframe_wait"`
	// UDPBuffer is the size of the sockets' buffers, in bytes. 0 is the system's.
	UDPBuffer Size `yaml:"udp_buffer"`
}

// Conflict says what happens to an encoder that pushes to a feed that is on the air.
type Conflict string

// What may happen to the second encoder.
const (
	RefuseSecond Conflict = "refuse"   // it is turned away
	LetTakeover  Conflict = "takeover" // it takes the place of the first
)

func (*Conflict) expected() string { return anyOf(string(RefuseSecond), string(LetTakeover)) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Conflict) UnmarshalText(text []byte) error {
	return choose(c, c, text, RefuseSecond, LetTakeover)
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
	v.count("rtsp.max_publishers", r.MaxPublishers, 1, mostFeeds)
	v.count("rtsp.max_connections", r.MaxConnections, r.MaxPublishers, 100*mostFeeds)
	v.between("rtsp.setup_timeout", r.SetupTimeout, 1*second, 5*minute)
	v.between("rtsp.read_timeout", r.ReadTimeout, 1*second, 5*minute)
	v.between("rtsp.parameters_wait", r.ParametersWait, 1*second, 5*minute)
	v.between("rtsp.keyframe_wait", r.KeyframeWait, 1*second, 5*minute)
	v.sized("rtsp.udp_buffer", r.UDPBuffer, 0, 1*GiB)
}
