package rtmp

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// address is where a stream is pulled from.
type address struct {
	secure bool
	host   string // for the certificate
	dial   string // host and port
	app    string
	name   string // of the stream, with its query
	shown  string // for logs
	secret string // the query, which servers take keys in; kept out of logs
}

// parseAddress reads the address of a stream: the last part of its path is the stream's name, all before it the application's.
// Its errors never hold the address.
func parseAddress(raw string) (address, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// Words of the parser may quote the part it stumbled over, which may be a password.
		return address{}, errors.New("rtmp address: it cannot be read, rtmp://host/application/name expected")
	}
	a := address{secure: u.Scheme == "rtmps", host: u.Hostname(), secret: u.RawQuery}
	switch {
	case u.Scheme != "rtmp" && u.Scheme != "rtmps":
		return address{}, fmt.Errorf("rtmp address: scheme %q, rtmp or rtmps expected", u.Scheme)
	case a.host == "":
		return address{}, errors.New("rtmp address: no host in it")
	case u.User != nil:
		return address{}, errors.New("rtmp address: a user name in it, which players cannot give by RTMP; " +
			"servers take a token in the name or in the query")
	}
	port := u.Port()
	if port == "" {
		port = "1935"
		if a.secure {
			port = "443"
		}
	}
	a.dial = net.JoinHostPort(a.host, port)
	path := strings.Trim(u.Path, "/")
	a.app = path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		a.app, a.name = path[:i], path[i+1:]
	}
	if a.app == "" {
		return address{}, errors.New("rtmp address: no application in it, rtmp://host/application/name expected")
	}
	a.shown = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	if u.RawQuery != "" {
		a.shown += "?..."
		if a.name == "" {
			a.app += "?" + u.RawQuery
		} else {
			a.name += "?" + u.RawQuery
		}
	}
	return a, nil
}

// tcURL is the application's address as the connect command tells it (RTMP 1.0 §7.2.1.1).
func (a *address) tcURL() string {
	scheme := "rtmp"
	if a.secure {
		scheme = "rtmps"
	}
	return scheme + "://" + a.dial + "/" + a.app
}

// redact takes the query out of words that a server said.
func (a *address) redact(text string) string {
	if len(a.secret) > 1 {
		return strings.ReplaceAll(text, a.secret, "***")
	}
	return text
}
