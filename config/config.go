// Package config is the one typed file an operator writes, and the environment over it.
//
// A key is refused when it is unknown, and a value when it is not what the key expects; every problem is
// told at once, with the file, the line and the column. Text in the file is taken as it stands: there is
// no templating. Every key outside the lists of feeds, channels and hooks can be set from the environment as
// well, as PODIUM_<SECTION>_<KEY>, and a secret also from the file that its *_file key names.
package config

// Config is a whole configuration. Its zero value is not useful; start from Default. A field whose tag
// says reload:"live" can change while the server runs, as can feeds and channels; any other asks for a
// restart.
type Config struct {
	Station   Station   `yaml:"station"`
	Log       Log       `yaml:"log"`
	HTTP      HTTP      `yaml:"http"`
	Publish   Publish   `yaml:"publish"`
	RTSP      RTSP      `yaml:"rtsp"`
	RTMP      RTMP      `yaml:"rtmp"`
	SRT       SRT       `yaml:"srt"`
	WHIP      WHIP      `yaml:"whip"`
	DataDir   string    `yaml:"data_dir"` // Journal, spool, SQLite and the keys that Podium makes itself.
	Storage   Storage   `yaml:"storage"`
	Catalogue Catalogue `yaml:"catalogue"`
	Packaging Packaging `yaml:"packaging"`
	Inputs    Inputs    `yaml:"inputs"`
	Feeds     []Feed    `yaml:"feeds"`
	Channels  []Channel `yaml:"channels"`
	Playback  Playback  `yaml:"playback"`
	Console   Console   `yaml:"console"`
	Hooks     []Hook    `yaml:"hooks" reload:"live"`
	Metrics   Metrics   `yaml:"metrics"`

	set origins
}

// TLS is a certificate and its private key, as PEM files. Both empty is no TLS.
type TLS struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// IsZero says that there is no certificate.
func (t TLS) IsZero() bool { return t == TLS{} }

// Feed is the feed with that id, or nil.
func (c *Config) Feed(id ID) *Feed {
	for i := range c.Feeds {
		if c.Feeds[i].ID == id {
			return &c.Feeds[i]
		}
	}
	return nil
}

// Channel is the channel with that id, or nil.
func (c *Config) Channel(id ID) *Channel {
	for i := range c.Channels {
		if c.Channels[i].ID == id {
			return &c.Channels[i]
		}
	}
	return nil
}
