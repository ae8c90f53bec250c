package config

import "fmt"

// Transport is how RTP travels from an RTSP server.
type Transport string

// The transports. Auto tries UDP and falls back to TCP.
const (
	TransportAuto      Transport = "auto"
	TransportTCP       Transport = "tcp"
	TransportUDP       Transport = "udp"
	TransportMulticast Transport = "multicast"
)

func (*Transport) expected() string { return anyOf("auto", "tcp", "udp", "multicast") }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Transport) UnmarshalText(text []byte) error {
	return choose(t, t, text, TransportAuto, TransportTCP, TransportUDP, TransportMulticast)
}

// WallClock says whose clock dates the pictures.
type WallClock string

// The wall clocks.
const (
	ArrivalClock WallClock = "arrival" // Podium's, when a picture arrives
	SenderClock  WallClock = "sender"  // the encoder's, from its RTCP sender reports
)

func (*WallClock) expected() string { return anyOf(string(ArrivalClock), string(SenderClock)) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *WallClock) UnmarshalText(text []byte) error {
	return choose(w, w, text, ArrivalClock, SenderClock)
}

// Feed is one live source of pictures and sound, by one way in or by several that stand in for each other.
type Feed struct {
	ID   ID     `yaml:"id"`
	Name string `yaml:"name"`
	// Input is the short form of a list of one input without options.
	Input InputURL `yaml:"input"`
	// Inputs stand in order of priority: the first that works is on the air.
	Inputs []Input `yaml:"inputs"`
	// StreamKey is what an encoder has to show to push. It counts beside the keys that editors make, which
	// the catalogue keeps.
	StreamKey     Secret    `yaml:"stream_key"`
	StreamKeyFile string    `yaml:"stream_key_file"`
	WallClock     WallClock `yaml:"wall_clock"`
	Failover      Failover  `yaml:"failover"`
	// Slate is what viewers see while no input works: SlateAuto, SlateOff, or a picture's or a film's file.
	Slate string `yaml:"slate"`
	// OnDemand fetches the inputs only while somebody watches, and OnDemandIdle longer.
	OnDemand     bool     `yaml:"on_demand"`
	OnDemandIdle Duration `yaml:"on_demand_idle"`
	// Archive, ArchiveBytes and SegmentTarget default to those of packaging.
	Archive       Duration `yaml:"archive"`
	ArchiveBytes  Size     `yaml:"archive_bytes"`
	SegmentTarget Duration `yaml:"segment_target"`
}

// What a feed shows while no input works, beside a file's path.
const (
	SlateAuto = "auto" // a picture of the station's
	SlateOff  = "off"  // nothing: the playlist stands still
)

const (
	mostFeeds    = 1000
	mostChannels = 5000
	mostPrefixes = 256

	// leastStreamKey makes guessing a key over the network hopeless.
	leastStreamKey = 12
)

func (f *Feed) validate(v *validator, at string, c *Config) {
	v.required(at+".id", string(f.ID), f.ID.expected())
	v.label(at+".name", f.Name)
	f.validateInputs(v, at, c)
	f.Failover.validate(v, at+".failover")
	v.required(at+".slate", f.Slate, "auto, off, or the file of a picture or a film")
	v.segmentTarget(at+".segment_target", f.SegmentTarget)
	v.archive(at+".archive", f.Archive)
	f.validatePublish(v, at, c)
	f.validateDemand(v, at, c)
}

func (f *Feed) validateInputs(v *validator, at string, c *Config) {
	switch {
	case !f.Input.IsZero() && len(f.Inputs) > 0:
		v.add(at+".input", "expected either input or inputs, got both: move it into the list, as `- url: "+f.Input.String()+"`")
		return
	case f.Input.IsZero() && len(f.Inputs) == 0:
		v.missing(at+".input", f.Input.expected())
		return
	case !f.Input.IsZero():
		one := f.Sources()[0]
		one.validateFile(v, at+".input", c.Inputs.Folders)
		return
	}
	v.atMost(at+".inputs", len(f.Inputs), mostInputs)
	publisher, names := -1, make(map[string]int)
	for i := range f.Inputs {
		in, at := &f.Inputs[i], index(at+".inputs", i)
		in.validate(v, at)
		in.validateFile(v, at+".url", c.Inputs.Folders)
		if in.URL.Publish && publisher >= 0 {
			v.add(at+".url", fmt.Sprintf("expected `publish` once in a feed, and it is inputs[%d] already", publisher))
		}
		if in.URL.Publish {
			publisher = i
		}
		if j, twice := names[in.Name]; twice && in.Name != "" {
			v.add(at+".name", fmt.Sprintf("expected a name of its own, got %q, which is inputs[%d]'s", in.Name, j))
		}
		names[in.Name] = i
	}
}

// place is the key that the feed's only, or first, input of a kind stands at.
func (f *Feed) place(at string, is func(InputURL) bool) string {
	for i := range f.Inputs {
		if is(f.Inputs[i].URL) {
			return index(at+".inputs", i) + ".url"
		}
	}
	return at + ".input"
}

func (f *Feed) validatePublish(v *validator, at string, c *Config) {
	v.secret(at+".stream_key", f.StreamKey, f.StreamKeyFile, leastStreamKey, false)
	if f.Publishes() {
		if len(c.publishServers()) == 0 {
			v.add(f.place(at, func(u InputURL) bool { return u.Publish }),
				"publish needs a server that encoders can push to, and rtsp.listen, rtmp.listen, srt.listen and whip.enabled are all off")
		}
		return
	}
	if !f.StreamKey.IsZero() && !v.set.filed[at+".stream_key"] {
		v.add(at+".stream_key", "is of use only where an input is `publish`")
	}
	if f.StreamKeyFile != "" {
		v.add(at+".stream_key_file", "is of use only where an input is `publish`")
	}
}

func (f *Feed) validateDemand(v *validator, at string, c *Config) {
	if !f.OnDemand {
		if c.set.has(at + ".on_demand_idle") {
			v.add(at+".on_demand_idle", "is of use only where on_demand is true")
		}
		return
	}
	v.between(at+".on_demand_idle", f.OnDemandIdle, 5*second, 24*hour)
	for _, in := range f.Sources() {
		if !in.URL.IsZero() && !in.URL.Pulled() {
			v.add(at+".on_demand", "is of use only where Podium fetches every input, and others send to "+in.URL.String())
			return
		}
	}
}

func (c *Config) validateFeeds(v *validator) {
	v.atMost("feeds", len(c.Feeds), mostFeeds)
	first := make(map[ID]int)
	for i := range c.Feeds {
		f := &c.Feeds[i]
		at := fmt.Sprintf("feeds[%d]", i)
		f.validate(v, at, c)
		if f.ID == "" {
			continue
		}
		if j, twice := first[f.ID]; twice {
			v.add(at+".id", fmt.Sprintf("expected an id of its own, got %q, which is feeds[%d]'s", f.ID, j))
			continue
		}
		first[f.ID] = i
	}
}
