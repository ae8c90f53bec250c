package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"time"

	"podium.tv/podium/origin/input/publish"
)

// connection is one that came to the server.
type connection struct {
	server  *Server
	conn    net.Conn
	address netip.AddrPort
}

// serve sees a connection through. What one client sends cannot end the process.
func (c *connection) serve() {
	s := c.server
	defer func() {
		if p := recover(); p != nil {
			s.log().Error("rtmp connection failed", "address", c.address.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	deadline := time.Now().Add(s.setupTimeout())
	w := newWire(c.conn, s.readTimeout(), strangerLimits())
	defer w.hangUp(goodbye)
	req, err := c.listen(w, deadline)
	if err != nil {
		c.refused(err)
		return
	}
	c.publish(w, req, deadline)
}

// listen hears what the other end wants.
func (c *connection) listen(w *wire, deadline time.Time) (request, error) {
	if err := w.shake(deadline); err != nil {
		return request{}, err
	}
	return w.accept(deadline)
}

// refused logs why a connection came to nothing. Those that say nothing, as of port scanners and load balancers, are not
// worth a line.
func (c *connection) refused(err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || c.server.ctx.Err() != nil {
		return
	}
	c.server.log().Debug("rtmp connection ended before it published", "address", c.address.String(), "reason", worded(err))
}

// publish lets the encoder in, if its key is right, and takes what it sends until it leaves.
func (c *connection) publish(w *wire, req request, deadline time.Time) {
	s := c.server
	info := publish.Info{Feed: req.feed, Protocol: "rtmp", Address: c.address, Agent: req.agent}
	lookup, cancel := context.WithDeadline(s.ctx, deadline)
	err := s.Desk.Admit(lookup, info, req.key)
	cancel()
	if err != nil {
		c.refuse(w, err)
		return
	}
	p := &publisher{server: s, info: info, wire: w, left: make(chan struct{})}
	w.chunks.limits = mediaLimits()
	leave, err := s.Desk.Enter(p)
	if err != nil {
		c.refuse(w, err)
		return
	}
	cause := errors.New("it failed")
	defer func() {
		p.end(cause)
		leave(p.cause)
	}()
	cause = c.take(w, p)
}

// take reads until the encoder leaves, and says why it did.
func (c *connection) take(w *wire, p *publisher) error {
	if err := w.send(statusMessage("status", "NetStream.Publish.Start", p.info.Feed+" is published.")); err != nil {
		return fmt.Errorf("%w: %w", publish.ErrLeft, worded(err))
	}
	now := c.server.now()
	for {
		m, err := w.nextInTime()
		switch {
		case c.server.ctx.Err() != nil:
			return publish.ErrClosed
		case err != nil:
			return fmt.Errorf("%w: %w", publish.ErrLeft, worded(err))
		case leaves(&m):
			p.end(publish.ErrLeft)
			w.drain(goodbye)
			return publish.ErrLeft
		}
		p.take(m, now())
	}
}

// refuse tells the encoder why it is not let in. The desk logged it.
func (c *connection) refuse(w *wire, err error) {
	code, words := "NetStream.Publish.Denied", err.Error()
	switch {
	case errors.Is(err, publish.ErrUnknownFeed):
		code, words = "NetStream.Publish.BadName", "There is no such feed: the server's address ends with the feed's name."
	case errors.Is(err, publish.ErrWrongKey):
		code, words = "NetStream.Publish.BadName", "The stream key is not this feed's."
	case errors.Is(err, publish.ErrTaken):
		// It says from where; that is for the log.
		code, words = "NetStream.Publish.BadName", "Another encoder publishes this feed."
	case errors.Is(err, publish.ErrAttempts):
		words = "Too many wrong stream keys from this address: try again in a minute."
	case errors.Is(err, publish.ErrFull), errors.Is(err, publish.ErrClosed):
	default:
		words = "The stream key cannot be checked at the moment."
	}
	_ = w.send(statusMessage("error", code, words))
}

// worded says in other words what the operating system says of a connection.
func worded(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("nothing complete came in time: %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF), err == io.EOF: //nolint:errorlint // The wrapped one is of something else.
		return fmt.Errorf("the connection ended without a goodbye: %w", err)
	default:
		return err
	}
}

// addressOf is a connection's remote address without IPv4-in-IPv6.
func addressOf(conn net.Conn) netip.AddrPort {
	a, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return publish.Unmapped(a.AddrPort())
}
