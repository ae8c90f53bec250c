package config

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// InputURL is where pictures come from: an address that Podium fetches, one it listens at for this input alone
// (srt://:PORT, udp://:PORT), a multicast group, a file, or `publish` for an encoder that pushes.
type InputURL struct {
	// Publish says that an encoder pushes; URL is zero then.
	Publish bool
	URL     URL
}

const publish = "publish"

// inputSchemes are the ways in, apart from publish.
var inputSchemes = [...]string{"rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "rtp", "http", "https", "file"}

// IsZero says that no input was given.
func (i InputURL) IsZero() bool { return !i.Publish && i.URL.IsZero() }

// Scheme is the way in: publish, or the address's scheme.
func (i InputURL) Scheme() string {
	if i.Publish {
		return publish
	}
	return i.URL.Scheme()
}

// Listens says that the address names a port of this machine, without a host: others send to it.
func (i InputURL) Listens() bool {
	u := i.URL.Std()
	return u != nil && slices.Contains([]string{"srt", "udp", "rtp"}, u.Scheme) && u.Hostname() == ""
}

// Pulled says that Podium goes and gets it, and so can leave it alone: not where others send.
func (i InputURL) Pulled() bool { return !i.IsZero() && !i.Publish && !i.Listens() && !i.receives() }

// receives says that the address is a multicast group or one of this machine's own, which packets are sent to.
func (i InputURL) receives() bool { return i.Scheme() == "udp" || i.Scheme() == "rtp" }

// Path is the path of a file.
func (i InputURL) Path() string {
	u := i.URL.Std()
	if u == nil || u.Scheme != "file" {
		return ""
	}
	if u.Opaque != "" {
		path, err := url.PathUnescape(u.Opaque)
		if err != nil {
			return u.Opaque
		}
		return path
	}
	return u.Path
}

// String hides what may be secret.
func (i InputURL) String() string {
	if i.Publish {
		return publish
	}
	return i.URL.String()
}

func (*InputURL) expected() string {
	return "`publish` or an address that begins with " + anyOf(withSlashes(inputSchemes[:])...)
}

func withSlashes(schemes []string) []string {
	out := make([]string, len(schemes))
	for i, s := range schemes {
		out[i] = s + "://"
		if s == "file" {
			out[i] = "file:"
		}
	}
	return out
}

func (i *InputURL) conceal(text string) string { return i.URL.conceal(text) }

// MarshalText hides the password.
func (i InputURL) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *InputURL) UnmarshalText(text []byte) error {
	if string(text) == publish {
		*i = InputURL{Publish: true}
		return nil
	}
	u, err := url.Parse(string(text))
	if err != nil || !slices.Contains(inputSchemes[:], u.Scheme) {
		return mismatch(i, text)
	}
	if err := checkInput(u); err != nil {
		return errors.New("expected " + err.Error() + ", got " + i.conceal(string(text)))
	}
	*i = InputURL{URL: URL{u}}
	return nil
}

// checkInput holds what each scheme asks of its address; its error is what was expected.
func checkInput(u *url.URL) error {
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	hasPort := err == nil && port > 0
	switch u.Scheme {
	case "file":
		elsewhere := u.Host != "" && u.Host != "localhost"
		if path := u.Path + u.Opaque; elsewhere || path == "" || u.RawQuery != "" || strings.ContainsRune(path, 0) {
			return errors.New("a file's path such as file:/media/loop.mp4")
		}
		return nil
	case "srt":
		switch {
		case !hasPort:
			return errors.New("srt://HOST:PORT to call, or srt://:PORT to be called")
		case u.RawQuery != "" || u.User != nil || strings.Trim(u.Path, "/") != "":
			return errors.New("srt://HOST:PORT alone; passphrase, stream_id and latency are keys of their own")
		}
	case "udp", "rtp":
		if u.User != nil && u.User.String() == "" {
			u.User = nil // VLC and ffmpeg write udp://@239.1.1.1:5000.
		}
		_, notIP := netip.ParseAddr(u.Hostname())
		if !hasPort || u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" || (u.Hostname() != "" && notIP != nil) {
			return errors.New(u.Scheme + "://GROUP:PORT such as " + u.Scheme + "://239.1.1.1:5000, or " + u.Scheme + "://:PORT")
		}
	case "rtmp", "rtmps":
		if u.Hostname() == "" || u.User != nil || strings.Count(strings.Trim(u.Path, "/"), "/") < 1 {
			return errors.New(u.Scheme + "://HOST/APP/NAME")
		}
	default:
		if u.Hostname() == "" {
			return errors.New("an address with a host such as " + u.Scheme + "://HOST/PATH")
		}
	}
	return nil
}
