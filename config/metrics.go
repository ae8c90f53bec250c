package config

// Metrics is who may read /metrics.
type Metrics struct {
	// Listen serves the metrics at an address of their own, and no longer at that of http. Empty is beside
	// everything else.
	Listen HostPort `yaml:"listen"`
	// Allow names who may read them.
	Allow []Prefix `yaml:"allow"`
}

func (m *Metrics) validate(v *validator) {
	v.atMost("metrics.allow", len(m.Allow), mostPrefixes)
}
