package config

// Publish is what holds for encoders that push, by whatever protocol.
type Publish struct {
	// OnConflict says what happens when a second encoder pushes to a feed that is on the air.
	OnConflict Conflict `yaml:"on_conflict"`
	// MaxPublishers bounds how many push at the same time.
	MaxPublishers int `yaml:"max_publishers"`
	// SetupTimeout bounds the time between connecting and pushing.
	SetupTimeout Duration `yaml:"setup_timeout"`
	// ReadTimeout ends a publisher that sends nothing.
	ReadTimeout Duration `yaml:"read_timeout"`
	// ParametersWait bounds how long a decoder's parameters are waited for.
	ParametersWait Duration `yaml:"parameters_wait"`
	// KeyframeWait bounds how long pictures may come without one to start from.
	KeyframeWait Duration `yaml:"keyframe_wait"`
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

func (p *Publish) validate(v *validator) {
	v.count("publish.max_publishers", p.MaxPublishers, 1, mostFeeds)
	v.between("publish.setup_timeout", p.SetupTimeout, 1*second, 5*minute)
	v.between("publish.read_timeout", p.ReadTimeout, 1*second, 5*minute)
	v.between("publish.parameters_wait", p.ParametersWait, 1*second, 5*minute)
	v.between("publish.keyframe_wait", p.KeyframeWait, 1*second, 5*minute)
}

// publishServers are the sections whose servers take pushes, those that are on.
func (c *Config) publishServers() []string {
	var on []string
	for _, s := range []struct {
		key string
		on  bool
	}{
		{"rtsp", !c.RTSP.Listen.IsOff() || !c.RTSP.TLS.Listen.IsOff()},
		{"rtmp", !c.RTMP.Listen.IsOff() || !c.RTMP.TLS.Listen.IsOff()},
		{"srt", !c.SRT.Listen.IsOff()},
		{"whip", c.WHIP.Enabled},
	} {
		if s.on {
			on = append(on, s.key)
		}
	}
	return on
}

// connections checks the most connections of a publishing server.
func (v *validator) connections(key string, n int) { v.count(key, n, 1, 100*mostFeeds) }
