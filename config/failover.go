package config

// Failover says when a feed leaves an input for the next one, and when it comes back. 0 is off.
type Failover struct {
	// NoVideo and NoAudio leave an input that brings none, once it has brought some.
	NoVideo Duration `yaml:"no_video"`
	NoAudio Duration `yaml:"no_audio"`
	// Frozen, Black and Silent leave one whose picture stands still or is black, or whose sound is silence.
	Frozen Duration `yaml:"frozen"`
	Black  Duration `yaml:"black"`
	Silent Duration `yaml:"silent"`
	// Errors leaves one with more errors than this in a minute: packets lost, continuity counters, unreadable frames.
	Errors int `yaml:"errors"`
	// BitrateBelow leaves one that brings less for ten seconds.
	BitrateBelow Bitrate `yaml:"bitrate_below"`
	// BackAfter is how long a better input has to be well before the feed comes back to it.
	BackAfter Duration `yaml:"back_after"`
}

func defaultFailover() Failover {
	return Failover{NoVideo: 3 * second, NoAudio: 10 * second, BackAfter: 10 * second}
}

func (f *Failover) validate(v *validator, at string) {
	offOr := func(key string, d, least Duration) {
		if d != 0 {
			v.between(at+"."+key, d, least, 60*minute)
		}
	}
	offOr("no_video", f.NoVideo, 1*second)
	offOr("no_audio", f.NoAudio, 1*second)
	offOr("frozen", f.Frozen, 2*second)
	offOr("black", f.Black, 2*second)
	offOr("silent", f.Silent, 2*second)
	v.count(at+".errors", f.Errors, 0, 1_000_000)
	v.rate(at+".bitrate_below", f.BitrateBelow, 0, 1*Gbps)
	v.between(at+".back_after", f.BackAfter, 1*second, 24*hour)
}
