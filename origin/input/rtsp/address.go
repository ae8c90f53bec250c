package rtsp

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
)

// parseAddress reads the address of a stream. Its errors never hold the address, which may hold a password.
func parseAddress(raw string) (*base.URL, error) {
	u, err := base.ParseURL(raw)
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		if strings.Contains(raw, "@") {
			// Words of the parser may quote the part it stumbled over, such as a password with a slash in it.
			return nil, errors.New("rtsp address: it cannot be read; " +
				"special characters in the user name and the password have to be percent-encoded")
		}
		return nil, fmt.Errorf("rtsp address: %w", err)
	}
	if u.Scheme != "rtsp" && u.Scheme != "rtsps" {
		return nil, fmt.Errorf("rtsp address: scheme %q, rtsp or rtsps expected", u.Scheme)
	}
	if (*url.URL)(u).Hostname() == "" {
		return nil, errors.New("rtsp address: no host in it")
	}
	return u, nil
}

// redacted is an address for logs: no credentials, no query, where some cameras take them.
func redacted(u *base.URL) string {
	out := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	s := out.String()
	if u.RawQuery != "" {
		s += "?..."
	}
	return s
}

// redactedError is an error of a third party whose text could quote the password.
type redactedError struct {
	err  error
	text string
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }

// redact takes the address' credentials and query out of an error's text.
func redact(err error, u *base.URL) error {
	text := err.Error()
	var secrets []string
	if u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, u.User.String()+"@", password)
	}
	if u.RawQuery != "" {
		secrets = append(secrets, u.RawQuery)
	}
	for _, secret := range secrets {
		if len(secret) > 1 {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	if text == err.Error() {
		return err
	}
	return &redactedError{err, text}
}
