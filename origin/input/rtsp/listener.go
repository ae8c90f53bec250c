package rtsp

import (
	"bufio"
	"net"
)

// readAhead is what a connection reads at once: a picture of most encoders. gortsplib reads 4 KiB at a time, which is
// four system calls a picture.
const readAhead = 32 << 10

// listener buffers what its connections read.
type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &bufferedConn{Conn: conn, in: bufio.NewReaderSize(conn, readAhead)}, nil
}

// bufferedConn is read by one goroutine.
type bufferedConn struct {
	net.Conn
	in *bufio.Reader
}

// Read implements net.Conn.
func (c *bufferedConn) Read(b []byte) (int, error) { return c.in.Read(b) }
