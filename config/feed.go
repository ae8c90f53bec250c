package config

import (
	"fmt"
	"net/url"
)

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

// FeedInput is where a feed's pictures come from: an RTSP address that Podium fetches, or an encoder that
// pushes to it.
type FeedInput struct {
	// Publish says that an encoder pushes; URL is zero then.
	Publish bool
	// URL is an rtsp:// or rtsps:// address.
	URL URL
}

const publish = "publish"

// IsZero says that no input was given.
func (i FeedInput) IsZero() bool { return !i.Publish && i.URL.IsZero() }

// String hides the password.
func (i FeedInput) String() string {
	if i.Publish {
		return publish
	}
	return i.URL.String()
}

func (*FeedInput) expected() string { return "an rtsp:// or rtsps:// URL or `publish`" }

func (i *FeedInput) conceal(text string) string { return i.URL.conceal(text) }

// MarshalText hides the password.
func (i FeedInput) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *FeedInput) UnmarshalText(text []byte) error {
	if string(text) == publish {
		*i = FeedInput{Publish: true}
		return nil
	}
	u, err := ParseURL(string(text))
	if err != nil || (u.Scheme() != "rtsp" && u.Scheme() != "rtsps") || u.Std().Hostname() == "" {
		return mismatch(i, text)
	}
	*i = FeedInput{URL: u}
	return nil
}

// Feed is one live input.
type Feed struct {
	ID   ID     `yaml:"id"`
	Name string `yaml:"name"`
	// Input is fetched, or pushed to rtsp://HOST/ID.
	Input FeedInput `yaml:"input"`
	// Password goes with the user of the input's address, where it shall not stand in the address.
	Password     Secret `yaml:"password"`
	PasswordFile string `yaml:"password_file"`
	// StreamKey is what an encoder has to show to push. It counts beside the keys that editors make, which
	// the catalogue keeps.
	StreamKey     Secret    `yaml:"stream_key"`
	StreamKeyFile string    `yaml:"stream_key_file"`
	Transport     Transport `yaml:"transport"`
	// TLSFingerprint pins an rtsps:// server's certificate in place of the system's authorities.
	TLSFingerprint Fingerprint `yaml:"tls_fingerprint"`
	WallClock      WallClock   `yaml:"wall_clock"`
	// Archive, ArchiveBytes and SegmentTarget default to those of packaging.
	Archive       Duration `yaml:"archive"`
	ArchiveBytes  Size     `yaml:"archive_bytes"`
	SegmentTarget Duration `yaml:"segment_target"`
}

const (
	mostFeeds    = 1000
	mostChannels = 5000
	mostPrefixes = 256

	// leastStreamKey makes guessing a key over RTSP hopeless.
	leastStreamKey = 12
)

func (f *Feed) validate(v *validator, at string, c *Config) {
	v.required(at+".id", string(f.ID), f.ID.expected())
	if f.Input.IsZero() {
		v.missing(at+".input", f.Input.expected())
	}
	v.label(at+".name", f.Name)
	v.segmentTarget(at+".segment_target", f.SegmentTarget)
	v.archive(at+".archive", f.Archive)
	if f.Input.Publish {
		f.validatePublish(v, at, c)
		return
	}
	f.validateFetch(v, at)
}

func (f *Feed) validatePublish(v *validator, at string, c *Config) {
	v.secret(at+".stream_key", f.StreamKey, f.StreamKeyFile, leastStreamKey, false)
	if c.RTSP.Listen.IsOff() && c.RTSP.TLS.Listen.IsOff() {
		v.add(at+".input", "publish needs rtsp.listen or rtsp.tls.listen, and both are off")
	}
	for key, set := range map[string]bool{
		"transport":       f.Transport != TransportAuto,
		"tls_fingerprint": f.TLSFingerprint != "",
		"password":        !f.Password.IsZero(),
		"password_file":   f.PasswordFile != "",
	} {
		if set {
			v.add(at+"."+key, "is of use only where input is an rtsp:// or rtsps:// URL")
		}
	}
}

func (f *Feed) validateFetch(v *validator, at string) {
	for key, set := range map[string]bool{
		"stream_key":      !f.StreamKey.IsZero(),
		"stream_key_file": f.StreamKeyFile != "",
	} {
		if set {
			v.add(at+"."+key, "is of use only where input is `publish`")
		}
	}
	u := f.Input.URL.Std()
	if u == nil {
		return
	}
	if f.TLSFingerprint != "" && u.Scheme != "rtsps" {
		v.add(at+".tls_fingerprint", "is of use only where input is an rtsps:// URL")
	}
	if f.Password.IsZero() && f.PasswordFile == "" {
		return
	}
	v.secret(at+".password", f.Password, f.PasswordFile, 1, false)
	if u.User.Username() == "" {
		v.mismatch(at+".input", "a URL with a user, because a password is given", f.Input.String())
	}
	if _, twice := u.User.Password(); twice {
		v.mismatch(at+".input", "a URL without a password, because the password is given apart", f.Input.String())
	}
}

// Address is the address to fetch from, with the feed's password in it; nil for a feed that is pushed.
func (f *Feed) Address() *url.URL {
	u := f.Input.URL.Std()
	if u != nil && !f.Password.IsZero() {
		u.User = url.UserPassword(u.User.Username(), f.Password.Reveal())
	}
	return u
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
