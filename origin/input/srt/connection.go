package srt

import (
	"context"
	"sync"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/mpegts"
	"podium.tv/podium/origin/input/srt/socket"
)

// connection is what an input that has one connection at a time is asked about. The zero value has none.
type connection struct {
	mutex   sync.Mutex
	conn    *socket.Conn
	demuxer *mpegts.Demuxer
}

// read delivers from conn until its end, and closes it.
func (c *connection) read(ctx context.Context, conn *socket.Conn, t *stream) error {
	c.mutex.Lock()
	c.conn, c.demuxer = conn, &t.demuxer
	c.mutex.Unlock()
	defer func() {
		c.mutex.Lock()
		c.conn, c.demuxer = nil, nil
		c.mutex.Unlock()
		conn.Close()
	}()
	return t.run(ctx, conn.Read)
}

// Network implements input.Meter.
func (c *connection) Network() (input.Network, bool) {
	c.mutex.Lock()
	conn, d := c.conn, c.demuxer
	c.mutex.Unlock()
	if conn == nil {
		return input.Network{}, false
	}
	return network(conn.Peer().String(), conn.Stats(), d), true
}
