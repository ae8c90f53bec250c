package config

import (
	"errors"
	"log/slog"
	"net/url"
	"strings"
)

// URL is an absolute address with a host. It prints without its password and without what its query may
// hold; Full is the whole. The zero value is no address.
type URL struct{ url *url.URL }

// ParseURL reads an absolute address.
func ParseURL(text string) (URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return URL{}, errors.New("expected an address such as https://host/path, got " + (&URL{}).conceal(text))
	}
	return URL{u}, nil
}

// IsZero says that there is no address.
func (u URL) IsZero() bool { return u.url == nil }

// Scheme is the part before the colon, in lower case.
func (u URL) Scheme() string {
	if u.url == nil {
		return ""
	}
	return u.url.Scheme
}

// Std is a copy as the standard library's type, password and all; nil for the zero value.
func (u URL) Std() *url.URL {
	if u.url == nil {
		return nil
	}
	c := *u.url
	return &c
}

// Full is the address with its password.
func (u URL) Full() string {
	if u.url == nil {
		return ""
	}
	return u.url.String()
}

// String hides the password, and the values of the query unless they are as short as a camera's channel number:
// portals, streaming servers and chat robots have their keys there.
func (u URL) String() string {
	v := u.Std()
	if v == nil {
		return ""
	}
	const harmless = 2
	parts := strings.Split(v.RawQuery, "&")
	for n, part := range parts {
		if name, value, named := strings.Cut(part, "="); named && len(value) > harmless {
			parts[n] = name + "=xxxxx"
		} else if !named && len(part) > harmless {
			parts[n] = "xxxxx"
		}
	}
	v.RawQuery = strings.Join(parts, "&")
	return v.Redacted()
}

// GoString hides the password from %#v.
func (u URL) GoString() string { return "config.URL{" + u.String() + "}" }

// LogValue hides the password from logs.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText hides the password.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. The empty text is no address.
func (u *URL) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*u = URL{}
		return nil
	}
	v, err := ParseURL(string(text))
	if err != nil {
		return err
	}
	*u = v
	return nil
}

func (*URL) expected() string { return "an address such as https://host/path" }

// conceal hides what may be a user and a password, or a key in the query, in an address that could not be read.
func (*URL) conceal(text string) string {
	if before, query, _ := strings.Cut(text, "?"); query != "" && strings.Contains(before, "://") {
		text = before + "?xxxxx"
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return quote(text)
	}
	from := strings.Index(text[:at], "://")
	if from < 0 {
		return quote("***" + text[at:])
	}
	return quote(text[:from+3] + "***" + text[at:])
}
