package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// Input is one of a feed's ways to get its pictures.
type Input struct {
	URL InputURL `yaml:"url"`
	// Name tells it from the feed's others, in events and to people. It defaults to its scheme, with a number where there are several.
	Name string `yaml:"name"`
	// Transport is RTSP's.
	Transport Transport `yaml:"transport"`
	// Password goes with the user of the address, where it shall not stand in the address.
	Password     Secret `yaml:"password"`
	PasswordFile string `yaml:"password_file"`
	// TLSFingerprint pins the server's certificate in place of the system's authorities.
	TLSFingerprint Fingerprint `yaml:"tls_fingerprint"`
	// Passphrase is SRT's, for encrypted streams.
	Passphrase     Secret `yaml:"passphrase"`
	PassphraseFile string `yaml:"passphrase_file"`
	// StreamID is what SRT's server chooses a stream by.
	StreamID string `yaml:"stream_id"`
	// Latency is how long SRT waits for packets that are sent again. 0 is 200 ms.
	Latency Duration `yaml:"latency"`
	// Interface is the network card that multicast is received by.
	Interface string `yaml:"interface"`
	// Source is the only sender that a multicast group is received from (SSM, RFC 4607).
	Source string `yaml:"source"`
	// Program is the number of a program in an MPEG-TS of several. 0 is the first.
	Program int `yaml:"program"`
	// MaxBitrate and MaxHeight bound the variant that is chosen of a portal's. 0 is the best there is.
	MaxBitrate Bitrate `yaml:"max_bitrate"`
	MaxHeight  int     `yaml:"max_height"`
	// Warm keeps it connected while another input is on the air, so that changing to it takes no time.
	Warm bool `yaml:"warm"`
}

// Sources are the feed's inputs in order of priority, each with a name: those of the list, or the short form's one.
func (f *Feed) Sources() []Input {
	list := slices.Clone(f.Inputs)
	if len(list) == 0 && !f.Input.IsZero() {
		one := defaultInput()
		one.URL = f.Input
		list = []Input{one}
	}
	taken := make(map[string]bool)
	for i := range list {
		taken[list[i].Name] = true
	}
	for i := range list {
		if list[i].Name != "" {
			continue
		}
		name := list[i].URL.Scheme()
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s-%d", list[i].URL.Scheme(), n)
		}
		list[i].Name, taken[name] = name, true
	}
	return list
}

// Publishes says that an encoder may push to the feed.
func (f *Feed) Publishes() bool {
	return f.Input.Publish || slices.ContainsFunc(f.Inputs, func(in Input) bool { return in.URL.Publish })
}

// Fetches says that Podium goes and gets some of what the feed shows.
func (f *Feed) Fetches() bool {
	return slices.ContainsFunc(f.Sources(), func(in Input) bool { return !in.URL.Publish })
}

// Equal says whether two feeds are configured the same.
func (f *Feed) Equal(other *Feed) bool {
	a, b := *f, *other
	a.Inputs, b.Inputs, a.Input, b.Input = f.Sources(), other.Sources(), InputURL{}, InputURL{}
	return reflect.DeepEqual(a, b)
}

// Address is the address with the password in it; nil for an input that is pushed.
func (in *Input) Address() *url.URL {
	u := in.URL.URL.Std()
	if u != nil && !in.Password.IsZero() {
		u.User = url.UserPassword(u.User.Username(), in.Password.Reveal())
	}
	return u
}

// mostInputs is more than anybody has lines for.
const mostInputs = 8

// option is a key of an input that only some schemes have a use for.
type option struct {
	key     string
	set     bool
	schemes []string
}

func (in *Input) options() []option {
	rtsp, ts := []string{"rtsp", "rtsps"}, []string{"udp", "rtp", "srt"}
	http := []string{"http", "https"}
	withUser, withTLS := []string{"rtsp", "rtsps", "http", "https"}, []string{"rtsps", "rtmps", "https"}
	return []option{
		{"transport", in.Transport != TransportAuto && in.Transport != "", rtsp},
		{"password", !in.Password.IsZero(), withUser},
		{"password_file", in.PasswordFile != "", withUser},
		{"tls_fingerprint", in.TLSFingerprint != "", withTLS},
		{"passphrase", !in.Passphrase.IsZero(), []string{"srt"}},
		{"passphrase_file", in.PassphraseFile != "", []string{"srt"}},
		{"stream_id", in.StreamID != "", []string{"srt"}},
		{"latency", in.Latency != 0, []string{"srt"}},
		{"interface", in.Interface != "", []string{"udp", "rtp"}},
		{"source", in.Source != "", []string{"udp", "rtp"}},
		{"program", in.Program != 0, ts},
		{"max_bitrate", in.MaxBitrate != 0, http},
		{"max_height", in.MaxHeight != 0, http},
	}
}

func (in *Input) validate(v *validator, at string) {
	if in.URL.IsZero() {
		v.missing(at+".url", in.URL.expected())
		return
	}
	v.label(at+".name", in.Name)
	scheme := in.URL.Scheme()
	for _, o := range in.options() {
		if o.set && !slices.Contains(o.schemes, scheme) && !v.set.filed[at+"."+o.key] {
			v.add(at+"."+o.key, "is of use only where url begins with "+anyOf(withSlashes(o.schemes)...))
		}
	}
	if in.Warm && in.URL.Publish {
		v.add(at+".warm", "is of no use with `publish`: encoders stay connected by themselves")
	}
	in.validatePassword(v, at)
	in.validateSRT(v, at)
	if in.Source != "" {
		group, _ := netip.ParseAddr(in.URL.URL.Std().Hostname())
		if ip, err := netip.ParseAddr(in.Source); err != nil || ip.Is4() != group.Is4() || ip.IsMulticast() || !group.IsMulticast() {
			v.mismatch(at+".source", "the IP address of the sender of a multicast group", in.Source)
		}
	}
	v.label(at+".interface", in.Interface)
	v.count(at+".program", in.Program, 0, 1<<16-1)
	v.rate(at+".max_bitrate", in.MaxBitrate, 0, 10*Gbps)
	v.count(at+".max_height", in.MaxHeight, 0, 1<<14)
}

func (in *Input) validatePassword(v *validator, at string) {
	u := in.URL.URL.Std()
	if u == nil || (in.Password.IsZero() && in.PasswordFile == "") {
		return
	}
	v.secret(at+".password", in.Password, in.PasswordFile, 1, false)
	if u.User.Username() == "" {
		v.mismatch(at+".url", "an address with a user, because a password is given", in.URL.String())
	}
	if _, twice := u.User.Password(); twice {
		v.mismatch(at+".url", "an address without a password, because the password is given apart", in.URL.String())
	}
}

// SRT's bounds: the passphrase's length in bytes (draft-sharabayko-srt-01 §6.1.1) and the stream id's (§3.2.1.3).
const (
	leastPassphrase = 10
	mostPassphrase  = 79
	mostStreamID    = 512
)

func (in *Input) validateSRT(v *validator, at string) {
	v.passphrase(at+".passphrase", in.Passphrase, in.PassphraseFile)
	if len(in.StreamID) > mostStreamID {
		v.mismatch(at+".stream_id", fmt.Sprintf("at most %d bytes", mostStreamID), in.StreamID)
	}
	if in.StreamID != "" && in.URL.Listens() {
		v.add(at+".stream_id", "is of use only where Podium calls, srt://HOST:PORT")
	}
	if in.Latency != 0 {
		v.between(at+".latency", in.Latency, 20*millisecond, 30*second)
	}
}

// passphrase checks one of SRT.
func (v *validator) passphrase(key string, s Secret, file string) {
	v.secret(key, s, file, leastPassphrase, false)
	if n := len(s.Reveal()); n > mostPassphrase {
		if v.set.filed[key] {
			key += "_file"
		}
		v.add(key, fmt.Sprintf("expected at most %d bytes, got %d", mostPassphrase, n))
	}
}

// validateFile holds that a file lies in one of the folders that inputs may read.
func (in *Input) validateFile(v *validator, at string, folders []string) {
	path := in.URL.Path()
	if path == "" || slices.ContainsFunc(folders, func(folder string) bool { return within(folder, path) }) {
		return
	}
	if len(folders) == 0 {
		v.add(at, fmt.Sprintf("expected a file in one of inputs.folders, which is empty, got %s: name %s there",
			quote(path), quote(filepath.Dir(path))))
		return
	}
	v.mismatch(at, "a file in one of inputs.folders, "+strings.Join(folders, ", "), path)
}

// within says whether a path lies in a folder, by its text: what links lead to is seen when the file is opened.
func within(folder, path string) bool {
	rest, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rest)
}
