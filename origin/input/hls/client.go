package hls

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"podium.tv/podium/origin/input/guard"
)

// maxRedirects is how often a server may send us on.
const maxRedirects = 5

// client fetches what a playlist names. Where it may connect to is the guard's business, for what a server redirects to
// and what a playlist lists as well.
type client struct {
	http    *http.Client
	home    *url.URL // where credentials and headers go, and nowhere else
	headers http.Header
	idle    time.Duration // nothing may come for so long
	meter   *meter
}

func (c *client) initialize(dialer *guard.Dialer, conf *tls.Config) {
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext, // And no proxy: it would connect to what the guard refuses.
			TLSClientConfig:        conf,
			TLSHandshakeTimeout:    c.idle,
			ResponseHeaderTimeout:  c.idle,
			MaxResponseHeaderBytes: 64 << 10,
			MaxConnsPerHost:        4,
			IdleConnTimeout:        90 * time.Second,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // What is sent compressed all the same is unpacked within bounds.
		},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if err := checkScheme(next.URL); err != nil {
				return fmt.Errorf("redirect: %w", err)
			}
			// net/http would carry headers of ours to the other host, and leave a Referer with our query there.
			next.Header = c.header(next.URL, via[0].Header.Get("Range"))
			return nil
		},
	}
}

func (c *client) close() { c.http.CloseIdleConnections() }

func checkScheme(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("address of scheme %q: http or https expected", u.Scheme)
	}
	if u.Host == "" {
		return errors.New("address without a host")
	}
	return nil
}

// header is what is sent to a server. Credentials stay with the one they are for.
func (c *client) header(to *url.URL, part string) http.Header {
	h := http.Header{}
	if to.Scheme == c.home.Scheme && strings.EqualFold(to.Host, c.home.Host) {
		for name, values := range c.headers {
			h[http.CanonicalHeaderKey(name)] = values
		}
		if user := c.home.User; user != nil {
			password, _ := user.Password()
			r := http.Request{Header: h}
			r.SetBasicAuth(user.Username(), password)
		}
	}
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", "podium")
	}
	if part != "" {
		h.Set("Range", part)
	}
	return h
}

// ask is one request.
type ask struct {
	url   *url.URL
	part  byteRange
	most  int64         // bytes
	total time.Duration // all of it may take
}

// answer is what came.
type answer struct {
	body []byte
	from *url.URL // after redirects, without credentials
}

// get fetches. Its errors hold neither credentials nor queries.
func (c *client) get(ctx context.Context, a ask) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, a.total)
	defer cancel()
	out, err := c.fetch(ctx, cancel, a)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", where(a.url), plain(err))
	}
	return out, nil
}

func (c *client) fetch(ctx context.Context, cancel func(), a ask) (answer, error) {
	if err := checkScheme(a.url); err != nil {
		return answer{}, err
	}
	target := *a.url
	target.User, target.Fragment = nil, ""
	part := ""
	if a.part.length > 0 {
		part = fmt.Sprintf("bytes=%d-%d", a.part.offset, a.part.offset+a.part.length-1)
	}
	req := (&http.Request{Method: http.MethodGet, URL: &target, Host: target.Host, Header: c.header(&target, part)}).WithContext(ctx)
	began := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	c.meter.answered(time.Since(began))
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent {
		return answer{}, &StatusError{Code: res.StatusCode}
	}
	body, err := c.read(res, cancel, a)
	if err != nil {
		return answer{}, err
	}
	c.meter.read(len(body), time.Since(began))
	return answer{body: body, from: res.Request.URL}, nil
}

// read reads a body within its bounds.
func (c *client) read(res *http.Response, cancel func(), a ask) ([]byte, error) {
	idle := &idleReader{r: res.Body, limit: c.idle, timer: time.AfterFunc(c.idle, cancel)}
	defer idle.timer.Stop()
	var r io.Reader = idle
	switch encoding := res.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(idle)
		if err != nil {
			return nil, fmt.Errorf("read compressed answer: %w", err)
		}
		r = z
	default:
		return nil, fmt.Errorf("answer is encoded by %q, which was not asked for", clip(encoding))
	}
	skip := int64(0)
	if a.part.length > 0 {
		if a.part.length > a.most {
			return nil, tooLarge(a.most)
		}
		if res.StatusCode == http.StatusOK { // The server does not know ranges, and sends all of it.
			skip = a.part.offset
			if skip+a.part.length > 4*a.most {
				return nil, errors.New("the server does not send parts of files (Range), and the file is too large to read all of it")
			}
		}
	}
	if _, err := io.CopyN(io.Discard, r, skip); err != nil {
		return nil, fmt.Errorf("read up to the part: %w", err)
	}
	most := a.most
	if a.part.length > 0 {
		r = io.LimitReader(r, a.part.length)
	}
	var buf bytes.Buffer
	if n := res.ContentLength; n > 0 && n <= most && skip == 0 {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, err
	case n > most:
		return nil, tooLarge(most)
	case a.part.length > 0 && n < a.part.length:
		return nil, fmt.Errorf("%d bytes came of a part of %d: %w", n, a.part.length, io.ErrUnexpectedEOF)
	}
	return buf.Bytes(), nil
}

func tooLarge(most int64) error { return fmt.Errorf("more than %d bytes: refused", most) }

// idleReader gives a connection up that sends nothing for too long.
type idleReader struct {
	r     io.Reader
	limit time.Duration
	timer *time.Timer
}

// Read implements io.Reader.
func (i *idleReader) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	if n > 0 {
		i.timer.Reset(i.limit)
	}
	return n, err
}

// StatusError is an answer that is none.
type StatusError struct{ Code int }

// Error implements error.
func (e *StatusError) Error() string {
	s := fmt.Sprintf("the server answers %d %s", e.Code, http.StatusText(e.Code))
	switch e.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return s + ": it wants credentials or a fresh token, or refuses our address"
	case http.StatusNotFound, http.StatusGone:
		return s + ": it has no such stream, or not any more"
	case http.StatusTooManyRequests:
		return s + ": it is asked too often"
	}
	return s
}

// missing says that a server has not what was asked for, so that to ask again is of no use.
func missing(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Code < 500 && status.Code != http.StatusTooManyRequests
}

// plain takes the address out of an error: net/http's have it with its query, where tokens are.
func plain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var refused *guard.RefusedError
	var dial *net.OpError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: the server is too slow", errSlow)
	case errors.As(err, &dial) && dial.Timeout():
		return fmt.Errorf("%w: %v", errSlow, dial) //nolint:errorlint // Its kind is told by errSlow.
	}
	return err
}

var errSlow = errors.New("no answer in time")

// where is an address for messages: without credentials, and without its query, where tokens are.
func where(u *url.URL) string {
	if u == nil {
		return "hls"
	}
	clean := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return clean.String()
}
