package config

// Console is how long editors stay signed in.
type Console struct {
	// SessionIdle ends a session that is not used.
	SessionIdle Duration `yaml:"session_idle"`
	// SessionLongest ends a session in any case.
	SessionLongest Duration `yaml:"session_longest"`
	// SetupLink is how long the link of the first start is good.
	SetupLink Duration `yaml:"setup_link"`
}

func (c *Console) validate(v *validator) {
	v.between("console.session_idle", c.SessionIdle, 1*minute, 30*24*hour)
	v.between("console.session_longest", c.SessionLongest, c.SessionIdle, 366*24*hour)
	v.between("console.setup_link", c.SetupLink, 5*minute, 30*24*hour)
}
