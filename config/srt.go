package config

// SRT is the server that encoders push to by SRT; their stream id says to which feed.
type SRT struct {
	// Listen is empty where nobody may push by SRT.
	Listen HostPort `yaml:"listen"`
	// Passphrase encrypts what is pushed; encoders have to know it as well as their feed's key.
	Passphrase     Secret `yaml:"passphrase"`
	PassphraseFile string `yaml:"passphrase_file"`
	// Latency is how long packets that are sent again are waited for, unless the encoder asks for more.
	Latency Duration `yaml:"latency"`
	// MaxConnections bounds the connections, those that do not push yet included.
	MaxConnections int `yaml:"max_connections"`
}

func (s *SRT) validate(v *validator) {
	v.passphrase("srt.passphrase", s.Passphrase, s.PassphraseFile)
	v.between("srt.latency", s.Latency, 20*millisecond, 30*second)
	v.connections("srt.max_connections", s.MaxConnections)
}
